package configs_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"restante/configs"
)

// load reads a settings file of that text, with that environment alone.
func load(t *testing.T, text string, env map[string]string) (*configs.Settings, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "restante.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return configs.Load(path, options(env))
}

func options(env map[string]string) configs.Options {
	return configs.Options{
		CheckSecrets: true,
		Env:          func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		CheckSchedule: func(s string) error {
			if strings.Contains(s, "bad") {
				return errors.New("is no schedule")
			}
			return nil
		},
		CheckRecipient: func(s string) error {
			if s == "bad" {
				return errors.New("is none")
			}
			return nil
		},
	}
}

func mustLoad(t *testing.T, text string, env map[string]string) *configs.Settings {
	t.Helper()
	s, err := load(t, text, env)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var ignorePlaces = cmpopts.IgnoreUnexported(configs.Settings{})

func defaults() *configs.Settings {
	return &configs.Settings{
		DataDir: "./restante-data",
		Serve: configs.Serve{
			POP3:      configs.POP3{Address: "127.0.0.1:1110", Plaintext: "loopback"},
			POP3S:     configs.POP3S{Address: "127.0.0.1:1995"},
			TLS:       configs.TLS{ACME: configs.ACME{Hosts: []string{}}},
			Separator: "+", SCRAM: true,
			Idle:     10 * time.Minute,
			Sessions: 16000, PerAddress: 100, PerUser: 16000,
			Trusted: []string{}, Ban: time.Hour, Doors: []configs.Door{},
		},
		Fetch:    configs.Fetch{Concurrency: 4, PerHost: 2},
		Users:    []configs.User{},
		Accounts: []configs.Account{},
		Filter:   configs.Filter{HamCutoff: 0.2, SpamCutoff: 0.9, Spam: "quarantine", Household: true, Rules: []string{}},
		Storage:  configs.Storage{MinFree: 256 << 20},
		Upkeep:   configs.Upkeep{Verify: "30 3 * * 0", Expire: "0 4 * * *"},
		Backup:   configs.Backup{Schedule: "30 2 * * *", Keep: 14, Recipients: []string{}},
		Log:      configs.Log{Level: "info", Format: "text"},

		Retention:       []configs.Retention{},
		RetentionNotice: configs.Period{For: 7 * 24 * time.Hour},
	}
}

func TestLoad_BuiltInFileIsTheDefaults(t *testing.T) {
	for name, text := range map[string]string{
		"empty":          "",
		"comments":       "# nothing\n",
		"bare headings":  "serve:\nusers:\naccounts:\nfilter: {}\n",
		"itself":         string(configs.BuiltIn),
		"document start": "---\ndata_dir: ./restante-data\n",
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(defaults(), mustLoad(t, text, nil), ignorePlaces); d != "" {
				t.Error(d)
			}
		})
	}
	s, err := configs.Load("", options(nil))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(defaults(), s, ignorePlaces); d != "" {
		t.Errorf("without a file: %s", d)
	}
}

func TestLoad_ExamplesInTheBuiltInFileAreTrue(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := string(configs.BuiltIn)
	text = strings.NewReplacer("users: []\n", "", "accounts: []\n", "", "retention: []\n", "").Replace(text)
	text = regexp.MustCompile(`(?m)^# ?(users:|accounts:|retention:|  )`).ReplaceAllString(text, "$1")
	text = regexp.MustCompile(`/run/secrets/\w+`).ReplaceAllString(text, secret)
	s := mustLoad(t, text, nil)
	want := defaults()
	want.Users = []configs.User{{Name: "alice", PasswordFile: secret}}
	want.Accounts = []configs.Account{{
		Name: "alice-isp", User: "alice", Host: "pop.example.net", Port: 995, TLS: "implicit",
		Username: "alice@example.net", PasswordSource: configs.PasswordSource{PasswordFile: secret},
		Schedule: "@every 5m", TLSMin: "1.2", Auth: "auto", Oversize: "skip", Order: "oldest", Only: "all",
	}}
	const day = 24 * time.Hour
	want.Retention = []configs.Retention{
		{Name: "taxes", User: "alice", Mailbox: "invoices", Keep: configs.Period{For: 3660 * day}},
		{Name: "codes", Rule: "LOGIN_CODE", Keep: configs.Period{For: 30 * day}},
		{Name: "junk", Class: "spam", Keep: configs.Period{For: 30 * day}},
	}
	if d := cmp.Diff(want, s, ignorePlaces); d != "" {
		t.Error(d)
	}
	// What the file calls a default is one.
	short := mustLoad(t, "accounts: [{name: alice-isp, user: alice, host: pop.example.net, "+
		"username: alice@example.net, password_file: "+secret+"}]", nil)
	if d := cmp.Diff(want.Accounts, short.Accounts); d != "" {
		t.Error(d)
	}
}

func TestLoad_InlineAndBlockMapsAreTheSame(t *testing.T) {
	inline := mustLoad(t, `
serve: { pop3: { address: "", plaintext: never }, pop3s: { address: "0.0.0.0:995" } }
users: [{ name: a, password: "0123" }]
accounts:
  - { name: x, user: a, host: 127.0.0.1, port: 1110, tls: none, username: u, password_env: PW, keep: 0 }
`, nil)
	block := mustLoad(t, `
serve:
  pop3:
    address: ""
    plaintext: never
  pop3s:
    address: 0.0.0.0:995
users:
  - name: a
    password: "0123"
accounts:
  - name: x
    user: a
    host: "127.0.0.1"
    port: 1110
    tls: none
    username: u
    password_env: PW
    keep: "0"
`, nil)
	if d := cmp.Diff(inline, block, ignorePlaces); d != "" {
		t.Error(d)
	}
	want := configs.Account{
		Name: "x", User: "a", Host: "127.0.0.1", Port: 1110, TLS: "none", Username: "u",
		PasswordSource: configs.PasswordSource{PasswordEnv: "PW"}, Schedule: "@every 5m",
		Keep: configs.Keep{Delete: true}, TLSMin: "1.2", Auth: "auto", Oversize: "skip", Order: "oldest", Only: "all",
	}
	if d := cmp.Diff(want, inline.Accounts[0]); d != "" {
		t.Error(d)
	}
	if got := inline.Users[0].Password.Reveal(); got != "0123" {
		t.Errorf("password = %q", got)
	}
}

func TestLoad_ReadsWhatAnAccountCanSay(t *testing.T) {
	s := mustLoad(t, `
accounts:
  - { name: a, user: u, host: h, tls: starttls, tls_min: "1.3", client_cert_file: /dev/null, client_key_file: /dev/null,
      proxy: "socks5://u:p@[::1]:1080", source_address: 192.0.2.1, username: n, auth: xoauth2, token_command: T, max_size: 50 MiB,
      oversize: headers, order: newest, only: recent, round_messages: 500, round_size: 1GB }
`, nil)
	want := []configs.Account{{
		Name: "a", User: "u", Host: "h", Port: 110, TLS: "starttls", TLSMin: "1.3", ClientCertFile: "/dev/null", ClientKeyFile: "/dev/null",
		Proxy: "socks5://u:p@[::1]:1080", SourceAddress: "192.0.2.1", Username: "n", Auth: "xoauth2",
		TokenSource: configs.TokenSource{TokenCommand: "T"}, Schedule: "@every 5m", MaxSize: 50 << 20,
		Oversize: "headers", Order: "newest", Only: "recent", RoundMessages: 500, RoundSize: 1_000_000_000,
	}}
	if d := cmp.Diff(want, s.Accounts); d != "" {
		t.Error(d)
	}
}

func TestLoad_AnchorsShareWhatAccountsHaveInCommon(t *testing.T) {
	s := mustLoad(t, `
accounts:
  - &isp { name: a, user: u, host: pop.example.net, tls: starttls, username: a, password_env: A, keep: 2w }
  - { <<: *isp, name: b, username: b, password_env: B }
`, nil)
	b := s.Accounts[1]
	if b.Name != "b" || b.Host != "pop.example.net" || b.Port != 110 || b.PasswordEnv != "B" ||
		b.Keep.After != 14*24*time.Hour {
		t.Errorf("account = %+v", b)
	}
}

func TestLoad_UsersMayShareAMailbox(t *testing.T) {
	s := mustLoad(t, `
accounts:
  - &isp { name: a, user: ann, host: pop.example.net, username: family, password_env: A }
  - { <<: *isp, name: b, user: bob }
  - { <<: *isp, name: c, username: work }
`, nil)
	if len(s.Accounts) != 3 {
		t.Errorf("accounts = %+v", s.Accounts)
	}
}

func TestLoad_EnvironmentWinsForEveryScalar(t *testing.T) {
	values := map[string]string{
		"data_dir": "/d", "storage.database": "db.sqlite", "storage.blobs": "b", "storage.min_free": "1GiB", "storage.key_file": os.Args[0], "storage.passphrase_file": "",
		"serve.pop3.address": "", "serve.pop3.plaintext": "always", "serve.pop3s.address": "[::1]:0",
		"serve.tls.cert_file": os.Args[0], "serve.tls.key_file": os.Args[0], "serve.separator": "%", "serve.idle": "20m",
		"serve.sessions": "7", "serve.per_address": "6", "serve.per_user": "5", "serve.exclusive": "true", "serve.scram": "false",
		"serve.tls.acme.email": "ada@example.org", "serve.tls.acme.directory": "https://ca.example/dir", "serve.tls.acme.ca_file": "", "serve.tls.acme.accept_terms": "true",
		"serve.tls.acme.http": ":80", "serve.tls.acme.tls": ":443", "serve.ban": "30m",
		"serve.tokens.issuer": "https://id.example", "serve.tokens.keys": "", "serve.tokens.introspection": "http://[::1]/i", "serve.tokens.client_id": "c",
		"serve.tokens.client_secret_file": "/dev/null", "serve.tokens.audience": "a", "serve.tokens.scope": "openid mail", "serve.tokens.claim": "sub", "serve.tokens.domain": "example.org",
		"fetch.concurrency": "9", "fetch.per_host": "3", "filter.ham_cutoff": "0.1", "filter.spam_cutoff": ".8", "filter.spam": "tag", "filter.household": "false",
		"retention_notice": "2w", "upkeep.verify": "never", "upkeep.expire": "@every 2h", "backup.to": "/backups", "backup.schedule": "never", "backup.keep": "3", "monitor.address": ":9", "web.address": ":1", "web.tls": "true",
		"log.level": "debug", "log.format": "json",
	}
	env := map[string]string{}
	for key, name := range configs.EnvNames() {
		value, ok := values[key]
		if !ok {
			t.Errorf("no value for %s", key)
		}
		env[name] = value
	}
	if env["RESTANTE_SERVE_POP3S_ADDRESS"] != "[::1]:0" {
		t.Errorf("names = %v", env)
	}
	want := defaults()
	want.DataDir, want.Storage = "/d", configs.Storage{Database: "db.sqlite", Blobs: "b", MinFree: 1 << 30, KeyFile: os.Args[0]}
	want.Serve = configs.Serve{
		POP3: configs.POP3{Plaintext: "always"}, POP3S: configs.POP3S{Address: "[::1]:0"},
		TLS: configs.TLS{CertFile: os.Args[0], KeyFile: os.Args[0], ACME: configs.ACME{
			Hosts: []string{"a.example"}, AcceptTerms: true, Email: "ada@example.org", Directory: "https://ca.example/dir", HTTP: ":80", TLS: ":443",
		}}, Separator: "%", Idle: 20 * time.Minute,
		Tokens: configs.Tokens{Issuer: "https://id.example", Introspection: "http://[::1]/i", ClientID: "c", ClientSecretFile: "/dev/null",
			Audience: "a", Scope: "openid mail", Claim: "sub", Domain: "example.org"},
		Sessions: 7, PerAddress: 6, PerUser: 5, Exclusive: true, Ban: 30 * time.Minute, Trusted: []string{}, Doors: []configs.Door{},
	}
	want.Fetch = configs.Fetch{Concurrency: 9, PerHost: 3}
	want.Filter.HamCutoff, want.Filter.SpamCutoff, want.Filter.Spam, want.Filter.Household = 0.1, 0.8, "tag", false
	want.Log = configs.Log{Level: "debug", Format: "json"}
	want.Upkeep, want.Monitor.Address = configs.Upkeep{Verify: configs.Never, Expire: "@every 2h"}, ":9"
	want.Web = configs.Web{Address: ":1", TLS: true}
	want.Backup = configs.Backup{To: "/backups", Schedule: configs.Never, Keep: 3, Recipients: []string{}}
	want.RetentionNotice.For = 14 * 24 * time.Hour
	got := mustLoad(t, "data_dir: /from-file\nserve: { idle: 30m, tls: { acme: { hosts: [a.example] } } }\n", env)
	if d := cmp.Diff(want, got, ignorePlaces); d != "" {
		t.Error(d)
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("HOME", dir)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "xdg"))
	_, err := configs.Find("")
	if !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("err = %v", err)
	}
	for _, place := range []string{
		"./restante.yaml", dir + "/xdg/restante/restante.yaml", dir + "/.config/restante/restante.yaml",
		"/etc/restante/restante.yaml", "-c FILE",
	} {
		if !strings.Contains(err.Error(), place) {
			t.Errorf("%q does not name %s", err, place)
		}
	}
	// Put a file in each place, the last one first: each is found before those after it.
	for _, place := range []string{dir + "/.config/restante/restante.yaml", dir + "/xdg/restante/restante.yaml", "./restante.yaml"} {
		if err := os.MkdirAll(filepath.Dir(place), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(place, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := configs.Find(""); err != nil || got != place {
			t.Errorf("Find = %q, %v; want %q", got, err, place)
		}
	}
	if _, err := configs.Find("absent.yaml"); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "absent.yaml") {
		t.Errorf("Find(absent.yaml): %v", err)
	}
}
