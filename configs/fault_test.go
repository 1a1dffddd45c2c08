package configs_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"restante/configs"
)

// faults loads a text that is faulty, and gives the lines about it with the
// file's name taken off.
func faults(t *testing.T, text string, env map[string]string) []string {
	t.Helper()
	_, err := load(t, text, env)
	var fs configs.Faults
	if !errors.As(err, &fs) {
		t.Fatalf("err = %v, want Faults", err)
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(fs) {
		t.Fatalf("%d lines for %d faults:\n%v", len(lines), len(fs), err)
	}
	for i, l := range lines {
		if _, after, ok := strings.Cut(l, "restante.yaml:"); ok {
			lines[i] = after
		}
	}
	return lines
}

const goodAccount = "name: a, user: u, host: h, username: n, password_env: P"

const tokenAccount = "name: a, user: u, host: h, username: n, token_command: T"

func TestLoad_TellsEachFaultWithItsPlace(t *testing.T) {
	for _, tt := range oneFault {
		t.Run(tt.name, func(t *testing.T) {
			got := faults(t, tt.text, nil)
			if !strings.HasPrefix(got[0], tt.want) && !strings.Contains(got[0], " "+tt.want) {
				t.Errorf("got  %s\nwant %s", got[0], tt.want)
			}
		})
	}
}

// oneFault has settings with a fault, and how the first that is told begins.
var oneFault = []struct{ name, text, want string }{
	{"unknown key", "data_dir: x\nserve:\n  pop3:\n    adress: y\n", "4: serve.pop3.adress: is unknown, did you mean address?; allowed: address, plaintext"},
	{"unknown in list", "accounts:\n- { " + goodAccount + " }\n- { name: b, user: u, host: h,\n    keeep: 0, username: n, password_env: P }\n",
		"4: accounts[1].keeep: is unknown, did you mean keep?; allowed: name, user"},
	{"far from all", "colour: red\n", "1: colour: is unknown; allowed: data_dir, storage, serve"},
	{"other case", "Data_Dir: x\n", "1: Data_Dir: is unknown, did you mean data_dir?"},
	{"twice", "data_dir: x\nlog: {}\ndata_dir: y\n", "3: data_dir (again): stands on line 1 already"},
	{"no map", "[]\n", "1: is no map"},
	{"no list", "users: { name: x }\n", "1: users: is no list; allowed: a list"},
	{"list for text", "data_dir: [x]\n", "1: data_dir: is a list or a map; allowed: text"},
	{"number for text", "users: [{ name: 12, password: x }]\n", "1: users[0].name: is not text as it stands; allowed: text; put quotes"},
	{"word for number", "fetch:\n  concurrency: many\n", `2: fetch.concurrency: "many" is not that; allowed: a whole number`},
	{"fraction for number", "fetch: { concurrency: 1.5 }\n", `1: fetch.concurrency: "1.5" is not that; allowed: a whole number`},
	{"no value", "data_dir:\n", "1: data_dir: has no value"},
	{"no unit", "serve: { idle: 600 }\n", `1: serve.idle: "600" is not that; allowed: a time`},
	{"idle too short", "serve: { idle: 9m59s }\n", "1: serve.idle: 9m59s is too short"},
	{"no sessions", "serve: { sessions: 0 }\n", "1: serve.sessions: 0 is out of bounds"},
	{"trusted", "serve: { trusted: [192.168.1.1/24] }\n", `1: serve.trusted[0]: "192.168.1.1/24" is no network`},
	{"certificates for nobody", "serve: { tls: { acme: { http: \":80\" } } }\n", "1: serve.tls.acme.hosts: is empty"},
	{"terms not accepted", "serve: { tls: { acme: { hosts: [a.example], http: \":80\" } } }\n", "1: serve.tls.acme.accept_terms: is false; allowed: true"},
	{"no challenge", "serve: { tls: { acme: { hosts: [a.example], accept_terms: true } } }\n", "1: serve.tls.acme: has no address for challenges; allowed: http or tls"},
	{"certificate for an address", "serve: { tls: { acme: { hosts: [192.0.2.1], accept_terms: true, tls: \":443\" } } }\n", `1: serve.tls.acme.hosts[0]: "192.0.2.1" is no name`},
	{"certificate for all below", "serve: { tls: { acme: { hosts: [\"*.a.example\"], accept_terms: true, tls: \":443\" } } }\n", `1: serve.tls.acme.hosts[0]: "*.a.example" is no name`},
	{"challenges nowhere", "serve: { tls: { acme: { hosts: [a.example], accept_terms: true, http: here } } }\n", `1: serve.tls.acme.http: "here" is no address`},
	{"authority in clear", "serve: { tls: { acme: { hosts: [a.example], accept_terms: true, http: \":80\", directory: \"http://a.example\" } } }\n", "1: serve.tls.acme.directory: lets who listens"},
	{"authority vouched for by nobody", "serve: { tls: { acme: { hosts: [a.example], accept_terms: true, http: \":80\", ca_file: fault_test.go } } }\n", "1: serve.tls.acme.ca_file: fault_test.go holds no certificate"},
	{"ban that is no ban", "serve: { ban: 1m }\n", "1: serve.ban: 1m0s is out of bounds; allowed: 15m to 24h"},
	{"ban for ever", "serve: { ban: 25h }\n", "1: serve.ban: 25h0m0s is out of bounds"},
	{"tokens of nobody", "serve: { tokens: { claim: email } }\n", "1: serve.tokens: has neither issuer nor introspection"},
	{"tokens without a claim", "serve: { tokens: { issuer: \"https://id.example\" } }\n", "1: serve.tokens.claim: is missing"},
	{"tokens for anybody", "serve: { tokens: { issuer: \"https://id.example\", claim: email } }\n", "1: serve.tokens.audience: is missing: without it any token"},
	{"keys and introspection", "serve: { tokens: { introspection: \"https://id.example/i\", keys: \"https://id.example/k\", claim: email } }\n", "1: serve.tokens.keys: is of no use with introspection"},
	{"client without introspection", "serve: { tokens: { issuer: \"https://id.example\", audience: a, claim: email, client_id: c } }\n", "1: serve.tokens.client_id: is of no use without introspection"},
	{"secret of nobody", "serve: { tokens: { introspection: \"https://id.example\", claim: email, client_secret_file: fault_test.go } }\n", "1: serve.tokens.client_secret_file: is the secret of nobody"},
	{"secret file absent", "serve: { tokens: { introspection: \"https://id.example\", claim: email, client_id: c, client_secret_file: /no/secret } }\n", "1: serve.tokens.client_secret_file: the file /no/secret does not exist"},
	{"tokens in clear", "serve: { tokens: { issuer: \"http://id.example\", audience: a, claim: email } }\n", "1: serve.tokens.issuer: lets who listens hear tokens and secrets; allowed: https"},
	{"issuer without a host", "serve: { tokens: { issuer: id.example, audience: a, claim: email } }\n", "1: serve.tokens.issuer: is no URL of a service"},
	{"door without address", "serve: { doors: [{ name: lan }] }\n", "serve.doors[0].address"},
	{"backup that never rings", "backup:\n  schedule: bad\n", `2: backup.schedule: is no schedule; allowed: "@every 5m", or cron's minute hour day month weekday, or never`},
	{"backup of fewer than none", "backup:\n  keep: -1\n", `2: backup.keep: -1 is out of bounds; allowed: 1 to 100000, or 0 for all`},
	{"backup in the house", "data_dir: d\nbackup:\n  to: d/b\n", `3: backup.to: `},
	{"backup among the segments", "storage:\n  blobs: s\nbackup:\n  to: s/../s\n", `lost with it; allowed: a folder elsewhere, on another disk if there is one`},
	{"backup for nobody", "backup:\n  recipients:\n    - bad\n", `3: backup.recipients[0]: is no recipient of age; allowed: a public key that begins with age1`},
	{"keep past all time", "retention: [{ keep: 600y }]\n", `1: retention[0].keep: "600y" is more than a hundred years`},
	{"weeks past all time", "retention: [{ keep: 4294967295w }]\n", `is more than a hundred years`},
	{"key and passphrase", "storage: { key_file: fault_test.go, passphrase_file: fault_test.go }\n", "1: storage: has both key_file and passphrase_file; allowed: one of them, or neither"},
	{"key that is not there", "storage:\n  key_file: /no/key\n", "2: storage.key_file: the file /no/key does not exist"},
	{"upkeep that never rings", "upkeep:\n  verify: bad\n", `2: upkeep.verify: is no schedule; allowed: "@every 5m", or cron's minute hour day month weekday, or never`},
	{"pages without a port", "web: { address: localhost, tls: true }\n", `1: web.address:`},
	{"pages in clear", "web:\n  address: \"0.0.0.0:1180\"\n", `web.tls: is false, and web.address can be reached from other machines: passwords would go there in clear; allowed: true, or`},
	{"monitor without a port", "monitor: { address: localhost }\n", `1: monitor.address:`},
	{"door called pop3", "serve: { doors: [{ name: pop3, address: \":1\" }] }\n", `serve.doors[0].name: "pop3" is the name of another`},
	{"door's TLS", "serve: { doors: [{ name: lan, address: \":1\", tls_min: \"1.4\" }] }\n", "serve.doors[0].tls_min"},
	{"door's proxies", "serve: { doors: [{ name: lan, address: \":1\", proxies: [everybody] }] }\n", "serve.doors[0].proxies[0]"},
	{"separator", "serve: { separator: ab }\n", `1: serve.separator: "ab" is none`},
	{"address", "serve: { pop3: { address: localhost } }\n", `1: serve.pop3.address: "localhost" is no address`},
	{"plaintext", "serve: { pop3: { plaintext: localhost } }\n", "1: serve.pop3.plaintext: \"localhost\" is none of them; allowed: never, loopback, always"},
	{"half a certificate", "serve: { tls: { key_file: /dev/null } }\n", "1: serve.tls: has one of cert_file and key_file"},
	{"cutoffs turned round", "filter:\n  ham_cutoff: 0.95\n", "2: filter.ham_cutoff: ham_cutoff 0.95 and spam_cutoff 0.9 do not fit"},
	{"neither true nor false", "filter:\n  household: yes\n", `2: filter.household: "yes" is not that; allowed: true or false`},
	{"cutoff over one", "filter:\n  spam_cutoff: 1.1\n", "2: filter.spam_cutoff: ham_cutoff 0.2 and spam_cutoff 1.1 do not fit"},
	{"cutoff no number", "filter:\n  spam_cutoff: .nan\n", "2: filter.spam_cutoff: "},
	{"rules absent", "filter: { rules: [/nowhere/x.cf] }\n", "1: filter.rules[0]: the file /nowhere/x.cf does not exist"},
	{"log level", "log: { level: warning }\n", `1: log.level: "warning" is none of them; allowed: debug, info, warn, error`},
	{"concurrency", "fetch: { concurrency: 0 }\n", "1: fetch.concurrency: 0 is out of bounds; allowed: 1 to 256"},
	{"same user twice", "users:\n- { name: a, password: x }\n- { name: a, password: x }\n", `3: users[1].name: "a" is the name of users[0] already`},
	{"separator in a name", "users: [{ name: a+b, password: x }]\n", `1: users[0].name: "a+b" holds the separator "+"`},
	{"user without password", "users:\n- { name: a }\n", "2: users[0]: has no password; allowed: exactly one of password_file, password_hash, password"},
	{"per host", "fetch: { per_host: 257 }\n", "1: fetch.per_host: 257 is out of bounds; allowed: 1 to 256"},
	{"password and token", "accounts: [{ " + goodAccount + ", token_file: /dev/null }]\n", "1: accounts[0]: has 2 of them; allowed: exactly one of password_file, password_env, password_command, password, token_file, token_command"},
	{"two passwords", "accounts: [{ " + goodAccount + ", password: x }]\n", "1: accounts[0]: has 2 of them; allowed: exactly one of"},
	{"password file absent", "users: [{ name: a, password_file: /nowhere/pw }]\n", "1: users[0].password_file: the file /nowhere/pw does not exist"},
	{"hash", "users: [{ name: a, password_hash: \"$1$abc\" }]\n", "1: users[0].password_hash: is no argon2id hash"},
	{"no host", "accounts:\n- name: a\n  user: u\n  username: n\n  password_env: P\n", "2: accounts[0].host: is missing"},
	{"host with port", "accounts: [{ name: a, user: u, host: \"h:995\", username: n, password_env: P }]\n", `accounts[0].host: "h:995" is no host`},
	{"port", "accounts: [{ " + goodAccount + ", port: 70000 }]\n", "accounts[0].port: 70000 is no port"},
	{"port nought", "accounts: [{ " + goodAccount + ", port: 0 }]\n", "accounts[0].port: 0 is no port"},
	{"tls", "accounts: [{ " + goodAccount + ", tls: startls }]\n", `accounts[0].tls: "startls" is none of them, did you mean starttls?`},
	{"fingerprint", "accounts: [{ " + goodAccount + ", fingerprint: \"sha256:12\" }]\n", "accounts[0].fingerprint: \"sha256:12\" is none"},
	{"pin without TLS", "accounts: [{ " + goodAccount + ", tls: none, fingerprint: \"sha256:" + strings.Repeat("ab:", 31) + "AB\" }]\n",
		"accounts[0].fingerprint: is of no use with tls: none"},
	{"auth", "accounts: [{ " + goodAccount + ", auth: scram-sha-255 }]\n", `accounts[0].auth: "scram-sha-255" is none of them, did you mean scram-sha-256?; allowed: auto, scram,`},
	{"token auth with password", "accounts: [{ " + goodAccount + ", auth: xoauth2 }]\n", "accounts[0].auth: xoauth2 wants a token, not a password; allowed: token_file or"},
	{"password auth with token", "accounts: [{ " + tokenAccount + ", auth: plain }]\n", "accounts[0].auth: plain wants a password, not a token; allowed: auto, oauthbearer, xoauth2"},
	{"apop in clear", "accounts: [{ " + goodAccount + ", tls: none, auth: apop }]\n", "accounts[0].auth: apop without TLS lets who listens guess"},
	{"cram-md5 in clear", "accounts: [{ " + goodAccount + ", tls: none, auth: cram-md5 }]\n", "accounts[0].auth: cram-md5 without TLS lets"},
	{"token in clear", "accounts: [{ " + tokenAccount + ", tls: none }]\n", "accounts[0].tls: none lets who listens take the token; allowed: implicit or starttls"},
	{"size of no message", "accounts: [{ " + goodAccount + ", max_size: 1025MiB }]\n", "accounts[0].max_size: 1025MiB is more than is ever taken; allowed: at most 1GiB"},
	{"token file absent", "accounts: [{ name: a, user: u, host: h, username: n, token_file: /nowhere/t }]\n", "accounts[0].token_file: the file /nowhere/t does not exist"},
	{"least TLS", "accounts: [{ " + goodAccount + ", tls_min: \"1.1\" }]\n", `accounts[0].tls_min: "1.1" is none of them, did you mean 1.2?; allowed: 1.2, 1.3`},
	{"least TLS without quotes", "accounts: [{ " + goodAccount + ", tls_min: 1.3 }]\n", "accounts[0].tls_min: is not text as it stands; allowed: text; put quotes"},
	{"least TLS without TLS", "accounts: [{ " + goodAccount + ", tls: none, tls_min: \"1.3\" }]\n", "accounts[0].tls_min: is of no use with tls: none"},
	{"client certificate absent", "accounts: [{ " + goodAccount + ", client_cert_file: /nowhere/c }]\n", "accounts[0].client_cert_file: the file /nowhere/c does not exist"},
	{"mailbox twice", "accounts:\n- { " + goodAccount + " }\n- { name: b, user: u, host: H, username: n, tls: implicit, password_env: Q }\n",
		"3: accounts[1].username: this is the mailbox of accounts[0], and its mail would come twice; allowed: a mailbox once for each user"},
	{"client key alone", "accounts: [{ " + goodAccount + ", client_key_file: /dev/null }]\n", "accounts[0].client_key_file: is the key of no certificate; allowed: client_cert_file beside it"},
	{"proxy of another kind", "accounts: [{ " + goodAccount + ", proxy: \"https://p:1\" }]\n", "accounts[0].proxy: is of another kind; allowed: socks5://host:port or"},
	{"proxy without port", "accounts: [{ " + goodAccount + ", proxy: \"socks5://p\" }]\n", "accounts[0].proxy: has no host and port"},
	{"proxy with path", "accounts: [{ " + goodAccount + ", proxy: \"http://p:1/x\" }]\n", "accounts[0].proxy: goes on behind the port"},
	{"source address", "accounts: [{ " + goodAccount + ", source_address: eth0 }]\n", `accounts[0].source_address: "eth0" is none; allowed: an IP address`},
	{"size without unit", "accounts: [{ " + goodAccount + ", max_size: 50 }]\n", `accounts[0].max_size: "50" has no unit; allowed: 0 for no bound, or a size`},
	{"size negative", "accounts: [{ " + goodAccount + ", round_size: -1MB }]\n", `accounts[0].round_size: "-1MB" is no whole number of MB`},
	{"oversize", "accounts: [{ " + goodAccount + ", oversize: drop }]\n", `accounts[0].oversize: "drop" is none of them; allowed: skip, headers`},
	{"order", "accounts: [{ " + goodAccount + ", order: new }]\n", `accounts[0].order: "new" is none of them`},
	{"only", "accounts: [{ " + goodAccount + ", only: recnt }]\n", `accounts[0].only: "recnt" is none of them, did you mean recent?; allowed: all, recent`},
	{"messages a round", "accounts: [{ " + goodAccount + ", round_messages: -1 }]\n", "accounts[0].round_messages: -1 is out of bounds; allowed: 0 for no bound"},
	{"schedule", "accounts:\n- name: a\n  schedule: bad\n  user: u\n  host: h\n  username: n\n  password_env: P\n", "3: accounts[0].schedule: is no schedule"},
	{"keep without unit", "accounts: [{ " + goodAccount + ", keep: 14 }]\n", `accounts[0].keep: "14" has no unit; allowed: forever, 0`},
	{"keep negative", "accounts: [{ " + goodAccount + ", keep: -1h }]\n", `accounts[0].keep: "-1h" is negative`},
	{"empty item", "users:\n-\n", "2: users[0]: is empty"},
	{"anchor that holds itself", "accounts:\n- &a { <<: [*a, *a, *a] }\n", "2: accounts[0]: is where << has brought in"},
	{"syntax", "data_dir: x\n\tbad: y\n", "2: found"},
	{"second document", "data_dir: x\n---\ndata_dir: y\n", "is one too many"},
}

func TestLoad_LeavesSecretsToWhoReadsThemUnlessAsked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "restante.yaml")
	if err := os.WriteFile(path, []byte("users: [{ name: a, password_file: /nowhere/pw }]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := configs.Load(path, configs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Users[0].ReadPassword(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading it: %v", err)
	}
}

func TestLoad_TellsAllFaultsAtOnceInTheirOrder(t *testing.T) {
	got := faults(t, `
log: { level: loud }
accounts:
  - name: a
    user: u
    host: h
    port: many
    username: n
    password: 12
    keep: soon
  - { name: a, user: u, host: h, username: n, password_env: P }
tpyo: 1
`, map[string]string{"RESTANTE_FETCH_CONCURRENCY": "lots", "RESTANTE_SERVE_IDLE": "1s"})
	want := []string{
		"2: log.level: ", "7: accounts[0].port: ", "9: accounts[0].password: ", "10: accounts[0].keep: ",
		"11: accounts[1].name: ", "12: tpyo: ",
		`RESTANTE_FETCH_CONCURRENCY: fetch.concurrency: "lots" is not that`, "RESTANTE_SERVE_IDLE: serve.idle: 1s is too short",
	}
	if len(got) != len(want) {
		t.Fatalf("faults:\n%s", strings.Join(got, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("fault %d = %s, want %s…", i, got[i], want[i])
		}
	}
}

func TestLoad_FaultsNeverShowASecret(t *testing.T) {
	for _, text := range []string{
		"users: [{ name: a, password_hash: hunter2 }]\n",
		"users: [{ name: a, password: [hunter2] }]\n",
		"users: [{ name: a, password: *hunter2 }]\n",
		"accounts: [{ " + goodAccount + ", proxy: \"socks6://u:hunter2@p:1\" }]\n",
		"accounts: [{ " + goodAccount + ", proxy: \"u:hunter2@p:1\" }]\n",
		"accounts: [{ " + goodAccount + ", proxy: \"http://u:hunter2@p\\x00:1\" }]\n",
		"accounts: [{ " + goodAccount + ", proxy: \"http://u:hun/ter2hunter2@p:1\" }]\n",
		"users: [{ name: a, password: hunter2, password_hash: hunter2 }]\n",
	} {
		_, err := load(t, text, nil)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestLoad_MisspeltVariablesAreToldOf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "restante.yaml")
	text := "accounts: [{ name: a, user: u, host: h, username: n, password_env: RESTANTE_ISP }]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o := options(nil)
	o.Environ = func() []string {
		return []string{"RESTANTE_LOG_LEVL=debug", "restante_data_dir=x", "RESTANTE_PORT=tcp://10.0.0.1:110", "RESTANTE_ISP=x", "PATH=/bin", "RESTANTE_DATA_DIR=d"}
	}
	_, err := configs.Load(path, o)
	want := "RESTANTE_LOG_LEVL: is no setting, did you mean RESTANTE_LOG_LEVEL?\nrestante_data_dir: is no setting, did you mean RESTANTE_DATA_DIR?"
	if err == nil || err.Error() != want {
		t.Errorf("err = %v\nwant %s", err, want)
	}
	o.Environ = func() []string { return []string{"RESTANTE_PORT=x", "RESTANTE_ISP=x", "RESTANTE_BACKUP=x"} }
	s, err := configs.Load(path, o)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"RESTANTE_BACKUP", "RESTANTE_PORT"}, s.Strangers()); d != "" {
		t.Error(d)
	}
}

func TestLoad_FileThatCannotBeReadIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "absent.yaml")
	if _, err := configs.Load(path, options(nil)); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("err = %v", err)
	}
	if _, err := load(t, "# "+strings.Repeat("x", 1<<20), nil); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("long file: %v", err)
	}
}

func TestCheckUsers_NamesAccountsOfNobody(t *testing.T) {
	s := mustLoad(t, `
users: [{ name: here, password: x }]
accounts:
  - { name: a, user: here, host: h, username: n, password_env: P }
  - { name: b, user: stored, host: h, username: n, password_env: P }
  - { name: c, user: nobody, host: h, username: n, password_env: P }
`, nil)
	err := s.CheckUsers(func(name string) bool { return name == "stored" })
	if err == nil || !strings.Contains(err.Error(), `restante.yaml:6: accounts[2].user: nobody is called "nobody"`) ||
		strings.Contains(err.Error(), "\n") {
		t.Errorf("err = %v", err)
	}
	if err := s.CheckUsers(func(string) bool { return true }); err != nil {
		t.Errorf("all known: %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(string(configs.BuiltIn))
	f.Add("accounts: [&a { <<: *a, <<: [*a, *a] }]\n")
	f.Add("users: &u\n- *u\n- { name: a, password: x }\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := load(t, text, nil)
		if err != nil {
			return
		}
		if _, err := s.YAML(); err != nil {
			t.Error(err)
		}
	})
}

func TestKeep_NoNumberOverflows(t *testing.T) {
	for _, unit := range []string{"d", "w", "y"} {
		for n := uint64(1); n < 1<<32; n += n/2 + 1 {
			var k configs.Keep
			var p configs.Period
			text := []byte(fmt.Sprint(n, unit))
			if err := k.UnmarshalText(text); err == nil && (k.After < 24*time.Hour || k.After > 100*366*24*time.Hour) {
				t.Errorf("keep %s is %v", text, k.After)
			}
			if err := p.UnmarshalText(text); err == nil && (p.For < 24*time.Hour || p.For > 100*366*24*time.Hour) {
				t.Errorf("retention of %s is %v", text, p.For)
			}
		}
	}
}
