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
accounts: [{ name: a, user: u, host: h, username: n, password: hunter2, keep: 14d, proxy: "http://me:hunter2@proxy.example:3128" }]
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
	tree, err := s.Tree()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(&out, tree)
	out.Write(j)
	out.Write(y)
	for _, leak := range []string{"hunter2", "68756e74657232"} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%s in:\n%s", leak, out.String())
		}
	}
	if !bytes.Contains(y, []byte("password: '***'")) || !bytes.Contains(y, []byte("postgres://restante:***@db/restante")) ||
		!bytes.Contains(y, []byte("http://me:***@proxy.example:3128")) {
		t.Errorf("YAML does not show that there are secrets:\n%s", y)
	}
	if got := tree.(map[string]any)["accounts"].([]any)[0].(map[string]any)["keep"]; got != "14d" {
		t.Errorf("keep = %v in the tree", got)
	}
	if s.Storage.Database.Reveal() != "postgres://restante:hunter2@db/restante?sslmode=disable" {
		t.Error("Reveal does not reveal")
	}
}

func TestURL_BlanksPasswordsOfBothForms(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"data/x.sqlite":                    "data/x.sqlite",
		"postgres://u@h/d":                 "postgres://u@h/d",
		"postgres://u:p@q@h/d":             "postgres://u:***@h/d",
		"postgres://h/d?password=p":        "postgres://h/d?password=***",
		"SOCKS5://u:p@h:1080":              "SOCKS5://u:***@h:1080",
		"host=h password='p \\' q' user=u": "host=h password=*** user=u",
	} {
		if got := configs.URL(in).String(); got != want {
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
  - { name: b, user: u, host: h, tls: none, username: n, password_command: "echo x", keep: 0, schedule: "0 7 * * *", max_size: 50MB, round_size: 1025KiB }
  - { name: c, user: u, host: h, tls_min: "1.3", username: n, auth: oauthbearer, token_file: /dev/null, proxy: "http://p:3128", order: newest }
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

func TestSize_ReadsBackWhatItPrints(t *testing.T) {
	for in, want := range map[string]configs.Size{
		"0": 0, "0MB": 0, "1B": 1, "2kB": 2000, "2KB": 2000, "2KiB": 2048, "100MB": 100_000_000, "50MiB": 50 << 20, "3 GiB": 3 << 30, "1024GiB": 1 << 40,
	} {
		var s configs.Size
		if err := s.UnmarshalText([]byte(in)); err != nil || s != want {
			t.Errorf("%s: %v, %v", in, s, err)
		}
	}
	for _, in := range []string{"", "1", "-1B", "1.5GB", "B", "MiB", "1025GiB", "99999999999999999999B", "1mb", "1TB", "1 0B"} {
		var s configs.Size
		if err := s.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q gave %v", in, s)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := configs.Size(rapid.Int64Range(0, 1<<40).Draw(t, "octets"))
		var got configs.Size
		if err := got.UnmarshalText([]byte(s.String())); err != nil || got != s {
			t.Fatalf("%v: %v, %v", s, got, err)
		}
	})
}

func TestTokenSource_ReadsByTheRulesOfPasswords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("ya29.x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		source      configs.TokenSource
		want, fault string
	}{
		{configs.TokenSource{TokenFile: path}, "ya29.x", ""},
		{configs.TokenSource{TokenCommand: "echo ya29.y; echo more"}, "ya29.y", ""},
		{configs.TokenSource{TokenFile: path + "absent"}, "", "read token: "},
		{configs.TokenSource{TokenCommand: "echo hunter2; echo why >&2; exit 3"}, "", "run token_command: exit status 3: why"},
		{configs.TokenSource{TokenCommand: "true"}, "", "the output of token_command holds none"},
	} {
		got, err := tt.source.Read(t.Context())
		switch {
		case tt.fault == "" && (err != nil || got != tt.want):
			t.Errorf("%v: %q, %v", tt.source, got, err)
		case tt.fault != "" && (err == nil || !strings.Contains(err.Error(), tt.fault) || strings.Contains(err.Error(), "hunter2")):
			t.Errorf("%v: err = %v, want %s", tt.source, err, tt.fault)
		}
	}
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
