// Package dovecot runs a real Dovecot for tests: POP3 on loopback, plain with
// STLS and with implicit TLS, over Maildirs in a temporary folder.
//
// It promises that no process outlives the test, and that a machine without
// Dovecot skips the test, but fails it where CI=true.
//
// # Why
//
// An upstream of our own making has our own misunderstandings. Dovecot is what
// most providers run. Its configuration is written whole, so that nothing on the
// machine matters. It runs as whoever runs the test; for root, as whom
// Dovecot neither talks to strangers nor opens mail, those parts run as the users
// its package made and as nobody.
// Its folder is short and under the system's temporary one, since a Unix socket's
// path may have no more than some hundred octets.
package dovecot

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template"

	"restante/fetch"
	"restante/fetch/peertest"
)

// Options of a Server.
type Options struct {
	Users []string // names; "user" where empty. The password of each is Password
	Mail  [][]byte // put into the maildrop of each user

	Mechanisms string // what it offers, as auth_mechanisms; "plain login" where empty
	Token      string // an OAuth 2.0 token of the first user; empty: no token is any good
	ClientCert bool   // wants to see a client's certificate, ClientCert
	Tuned      bool   // its processes serve more than one session, and it takes some thousand at once
}

// Password is every user's.
const Password = "correct horse"

// Server is a running Dovecot.
type Server struct {
	Plain  int    // port without TLS, and with STLS
	TLS    int    // port with implicit TLS
	CAFile string // PEM of the certificate, which is its own authority
	// ClientCert is PEM of a certificate, and of its key, that it takes from a client.
	ClientCert string
	Home       string // holds a Maildir for each user
	PID        int    // the process that all others of it descend from
	t          testing.TB
	users      []string
}

// Start runs Dovecot until the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	bin := find(t)
	if len(o.Users) == 0 {
		o.Users = []string{"user"}
	}
	dir, err := os.MkdirTemp("", "dc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &Server{Home: filepath.Join(dir, "home"), CAFile: filepath.Join(dir, "cert.pem"), t: t, users: o.Users}
	if err := writeCert(s.CAFile, filepath.Join(dir, "key.pem")); err != nil {
		t.Fatal(err)
	}
	for _, u := range o.Users {
		s.Deliver(u, o.Mail...)
	}
	ports := freePorts(t, 2)
	s.Plain, s.TLS = ports[0], ports[1]
	if o.ClientCert {
		s.writeClientCert(dir)
	}
	introspection := ""
	if o.Token != "" {
		introspection = introspect(t, o.Users[0], o.Token)
	}
	o.Mechanisms = cmp.Or(o.Mechanisms, "plain login")
	s.run(bin, dir, s.configure(dir, introspection, o))
	return s
}

func find(t testing.TB) string {
	t.Helper()
	for _, bin := range []string{"dovecot", "/usr/sbin/dovecot", "/usr/local/sbin/dovecot"} {
		if path, err := exec.LookPath(bin); err == nil {
			return path
		}
	}
	peertest.Missing(t, "dovecot is not installed: apt-get install dovecot-pop3d")
	return ""
}

// Account gives settings for a user, in the given way of securing.
func (s *Server) Account(name, user string, mode fetch.TLSMode) fetch.Account {
	a := fetch.Account{
		ClientCert: s.ClientCert,
		Name:       name, Owner: "owner", Host: "127.0.0.1", Port: s.Plain, TLS: mode, CAFile: s.CAFile, Username: user,
		Password: func(context.Context) (string, error) { return Password, nil }, Schedule: "@every 1h",
	}
	if mode == fetch.TLSImplicit {
		a.Port = s.TLS
	}
	return a
}

// Maildir is where a user's mail lies.
func (s *Server) Maildir(user string) string { return filepath.Join(s.Home, user, "Maildir") }

// Deliver puts mail into a user's maildrop; it is listed in this order.
func (s *Server) Deliver(user string, mail ...[]byte) {
	s.t.Helper()
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(s.Maildir(user), sub), 0o700); err != nil {
			s.t.Fatal(err)
		}
	}
	have := len(s.Remaining(user))
	for i, m := range mail {
		name := fmt.Sprintf("%010d.M%06dP1.test", 1_000_000_000+have+i, i)
		if err := os.WriteFile(filepath.Join(s.Maildir(user), "new", name), m, 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	if os.Getuid() != 0 {
		return
	}
	err := filepath.WalkDir(filepath.Join(s.Home, user), func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, nobody, nobody))
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// nobody owns the mail where root runs the test: Dovecot never opens mail as root.
const nobody = 65534

// Remaining gives what is still in a user's Maildir, in the order it was
// delivered. A running session moves files while they are read; then they are
// looked for again.
func (s *Server) Remaining(user string) [][]byte {
	s.t.Helper()
	for range 1000 {
		mail, err := s.remaining(user)
		if err == nil {
			return mail
		}
		if !errors.Is(err, fs.ErrNotExist) {
			s.t.Fatal(err)
		}
	}
	s.t.Fatal("the Maildir changes faster than it can be read")
	return nil
}

func (s *Server) remaining(user string) ([][]byte, error) {
	var files []string
	for _, sub := range []string{"new", "cur"} { // as files move: none is missed
		found, err := filepath.Glob(filepath.Join(s.Maildir(user), sub, "*.test*"))
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	slices.SortFunc(files, func(a, b string) int { return strings.Compare(filepath.Base(a), filepath.Base(b)) })
	var mail [][]byte
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		mail = append(mail, b)
	}
	return mail, nil
}

var config = template.Must(template.New("").Parse(`
protocols = pop3
listen = 127.0.0.1
base_dir = {{.Dir}}/run
state_dir = {{.Dir}}/state
log_path = {{.Dir}}/log
ssl = yes
ssl_cert = <{{.Dir}}/cert.pem
ssl_key = <{{.Dir}}/key.pem
disable_plaintext_auth = no
auth_mechanisms = {{.Mechanisms}}
{{if .ClientCert -}}
ssl_ca = <{{.Dir}}/client.pem
ssl_require_crl = no
ssl_verify_client_cert = yes
auth_ssl_require_client_cert = yes
{{end -}}
auth_failure_delay = 0
default_internal_user = {{.User}}
default_internal_group = {{.Group}}
default_login_user = {{.Login}}
default_client_limit = {{if .Tuned}}5000{{else}}1000{{end}}
first_valid_uid = 0
first_valid_gid = 0
mail_location = maildir:{{.Dir}}/home/%u/Maildir
mail_max_userip_connections = {{if .Tuned}}5000{{else}}100{{end}}
mail_privileged_group =
maildir_copy_with_hardlinks = no
{{if .Introspection -}}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {{.Dir}}/oauth2.conf
}
{{end -}}
passdb {
  driver = passwd-file
  args = scheme=PLAIN {{.Dir}}/users
}
userdb {
  driver = static
  args = uid={{.UID}} gid={{.GID}} home={{.Dir}}/home/%u
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  client_limit = 1000
}
service pop3 {
{{- if .Tuned}}
  service_count = 0
  process_limit = 5000
{{- end}}
}
service pop3-login {
  chroot =
{{- if .Tuned}}
  service_count = 0
  process_min_avail = 2
{{- end}}
  inet_listener pop3 {
    port = {{.Plain}}
  }
  inet_listener pop3s {
    port = {{.TLS}}
    ssl = yes
  }
}
`))

// configure writes the configuration and gives its path.
func (s *Server) configure(dir, introspection string, o Options) string {
	s.t.Helper()
	me, err := user.Current()
	if err != nil {
		s.t.Fatal(err)
	}
	group, err := user.LookupGroupId(me.Gid)
	if err != nil {
		s.t.Fatal(err)
	}
	internal, login := me.Username, me.Username
	if me.Uid == "0" { // Dovecot refuses to run these as root, and brings their users
		internal, login = "dovecot", "dovenull"
		group.Name = "dovecot"
		me.Uid, me.Gid = strconv.Itoa(nobody), strconv.Itoa(nobody)
		if err := errors.Join(os.Chmod(dir, 0o711), os.Chmod(s.Home, 0o711)); err != nil {
			s.t.Fatal(err)
		}
	}
	var conf, users bytes.Buffer
	err = config.Execute(&conf, map[string]any{
		"Dir": dir, "User": internal, "Login": login, "Group": group.Name, "UID": me.Uid, "GID": me.Gid,
		"Plain": s.Plain, "TLS": s.TLS, "Mechanisms": o.Mechanisms, "Tuned": o.Tuned, "Introspection": introspection, "ClientCert": s.ClientCert,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, u := range s.users {
		fmt.Fprintf(&users, "%s:{PLAIN}%s\n", u, Password)
	}
	oauth2 := "introspection_mode = get\nintrospection_url = " + introspection + "\nforce_introspection = yes\nusername_attribute = username\n"
	for name, b := range map[string][]byte{"dovecot.conf": conf.Bytes(), "users": users.Bytes(), "oauth2.conf": []byte(oauth2)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	return filepath.Join(dir, "dovecot.conf")
}

// freePorts finds ports that nobody listens on. Another process may take one
// before Dovecot does; then Start says so.
func freePorts(t testing.TB, n int) (ports []int) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}
