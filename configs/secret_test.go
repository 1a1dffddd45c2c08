package configs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"restante/configs"
)

const secretText = `
storage: { database: "postgres://restante:hunter2@db/restante?sslmode=disable" }
users: [{ name: u, password: hunter2 }]
accounts: [{ name: a, user: u, host: h, username: n, password: hunter2, keep: 14d }]
`

func TestSettings_NeverPrintASecret(t *testing.T) {
	s := mustLoad(t, secretText, nil)
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", *s)
		fmt.Fprintf(&out, verb+"\n", s.Users[0].Password)
		fmt.Fprintf(&out, verb+"\n", s.Accounts)
		fmt.Fprintf(&out, verb+"\n", s.Storage.Database)
	}
	log := slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("x", "settings", s, "password", s.Users[0].Password, "database", s.Storage.Database)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "settings", s, "user", s.Users[0])
	j, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	y, err := s.YAML()
	if err != nil {
		t.Fatal(err)
	}
	out.Write(j)
	out.Write(y)
	for _, leak := range []string{"hunter2", "68756e74657232"} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%s in:\n%s", leak, out.String())
		}
	}
	if !bytes.Contains(y, []byte("password: '***'")) || !bytes.Contains(y, []byte("postgres://restante:***@db/restante")) {
		t.Errorf("YAML does not show that there are secrets:\n%s", y)
	}
	if s.Storage.Database.Reveal() != "postgres://restante:hunter2@db/restante?sslmode=disable" {
		t.Error("Reveal does not reveal")
	}
}

func TestDSN_BlanksPasswordsOfBothForms(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"data/x.sqlite":                    "data/x.sqlite",
		"postgres://u@h/d":                 "postgres://u@h/d",
		"postgres://u:p@q@h/d":             "postgres://u:***@h/d",
		"postgres://h/d?password=p":        "postgres://h/d?password=***",
		"host=h password='p \\' q' user=u": "host=h password=*** user=u",
	} {
		if got := configs.DSN(in).String(); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestYAML_IsASettingsFileOfTheSameSettings(t *testing.T) {
	s := mustLoad(t, `
serve: { idle: 90m, pop3: { address: "" } }
filter: { ham_cutoff: 0 }
accounts:
  - { name: a, user: u, host: "::1", username: n, password_env: P, keep: 14d, fingerprint: "SHA256:`+strings.Repeat("AB", 32)+`" }
  - { name: b, user: u, host: h, tls: none, username: n, password_command: "echo x", keep: 0, schedule: "0 7 * * *" }
`, nil)
	y, err := s.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(s, mustLoad(t, string(y), nil), ignorePlaces); d != "" {
		t.Errorf("%s\nof\n%s", d, y)
	}
}

func TestKeep_ReadsBackWhatItPrints(t *testing.T) {
	for in, want := range map[string]configs.Keep{
		"forever": {}, "0": {Delete: true}, "0s": {Delete: true}, "36h": {Delete: true, After: 36 * time.Hour},
		"14d": {Delete: true, After: 14 * 24 * time.Hour}, "2w": {Delete: true, After: 14 * 24 * time.Hour},
	} {
		var k configs.Keep
		if err := k.UnmarshalText([]byte(in)); err != nil || k != want {
			t.Errorf("%s: %v, %v", in, k, err)
		}
	}
	for _, in := range []string{"", "never", "1", "-1d", "1.5d", "d", "4294967295w", "99999999999w", "-1s", "900000h", "14 d"} {
		var k configs.Keep
		if err := k.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q gave %v", in, k)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		k := configs.Keep{Delete: true, After: time.Duration(rapid.Int64Range(0, int64(100*365*24*time.Hour)).Draw(t, "after"))}
		var got configs.Keep
		if err := got.UnmarshalText([]byte(k.String())); err != nil || got != k {
			t.Fatalf("%v: %v, %v", k, got, err)
		}
	})
}

func TestPasswordSource_ReadsEachKind(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Setenv("TEST_PASSWORD", " from env ")
	t.Setenv("TEST_EMPTY", "")
	tests := []struct {
		name   string
		source configs.PasswordSource
		want   string
		fault  string // part of the error
	}{
		{"inline", configs.PasswordSource{Password: "p w"}, "p w", ""},
		{"file", configs.PasswordSource{PasswordFile: write("a", "pw \n")}, "pw ", ""},
		{"file CRLF", configs.PasswordSource{PasswordFile: write("b", "pw\r\n")}, "pw", ""},
		{"file without line end", configs.PasswordSource{PasswordFile: write("c", "pw")}, "pw", ""},
		{"file of two lines", configs.PasswordSource{PasswordFile: write("d", "hunter2\nx\n")}, "", "more than one line"},
		{"empty file", configs.PasswordSource{PasswordFile: write("e", "\n")}, "", "holds none"},
		{"long file", configs.PasswordSource{PasswordFile: write("f", strings.Repeat("hunter2", 1000))}, "", "more than 4096"},
		{"absent file", configs.PasswordSource{PasswordFile: dir + "/absent"}, "", "absent"},
		{"env", configs.PasswordSource{PasswordEnv: "TEST_PASSWORD"}, " from env ", ""},
		{"env unset", configs.PasswordSource{PasswordEnv: "TEST_UNSET"}, "", "TEST_UNSET"},
		{"env empty", configs.PasswordSource{PasswordEnv: "TEST_EMPTY"}, "", "holds none"},
		{"command", configs.PasswordSource{PasswordCommand: "printf 'pw\\nmore\\n'"}, "pw", ""},
		{"command that fails", configs.PasswordSource{PasswordCommand: "echo hunter2; echo why >&2; exit 3"}, "", "exit status 3: why"},
		{"silent command", configs.PasswordSource{PasswordCommand: "true"}, "", "holds none"},
		{"command without end", configs.PasswordSource{PasswordCommand: "yes hunter2hunter2 | head -c 1000000"}, "hunter2hunter2", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.source.Read(t.Context())
			switch {
			case tt.fault == "" && (err != nil || got != tt.want):
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			case tt.fault != "" && (err == nil || !strings.Contains(err.Error(), tt.fault) || strings.Contains(err.Error(), "hunter2")):
				t.Errorf("err = %v, want %s", err, tt.fault)
			}
		})
	}
}

func TestUser_GivesPasswordOrHash(t *testing.T) {
	const hash = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQxMjM$RdescudvJCsgt3ub+b4dWRWJTmaaJObG"
	s := mustLoad(t, "users: [{ name: a, password: pw }, { name: b, password_hash: '"+hash+"' }]", nil)
	if pw, h, err := s.Users[0].ReadPassword(); pw != "pw" || h != "" || err != nil {
		t.Errorf("password: %q, %q, %v", pw, h, err)
	}
	if pw, h, err := s.Users[1].ReadPassword(); pw != "" || h != hash || err != nil {
		t.Errorf("hash: %q, %q, %v", pw, h, err)
	}
}

func TestRecipes_NameOnlyVariablesThatAreSettings(t *testing.T) {
	known := map[string]bool{}
	for _, name := range configs.EnvNames() {
		known[name] = true
	}
	for _, file := range []string{"restante.service", "Containerfile", "restante.yaml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		names := regexp.MustCompile(`RESTANTE_[A-Z0-9_]+`).FindAllString(string(text), -1)
		if len(names) == 0 {
			t.Errorf("%s names none", file)
		}
		for _, name := range names {
			if !known[name] {
				t.Errorf("%s: %s is no setting", file, name)
			}
		}
	}
}
