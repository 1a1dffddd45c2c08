package clients

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// curl gets one message a URL: the numbers come from LIST, and so do the sizes
// that the messages must have.
func curl(t testing.TB, p place) {
	login := fmt.Sprintf("user = \"%s:%s\"", p.User, p.Password)
	switch p.Auth {
	case "":
	case "oauthbearer", "xoauth2":
		login = fmt.Sprintf("user = \"%s\"\noauth2-bearer = \"%s\"", p.User, p.Password)
		fallthrough
	default:
		login += "\nlogin-options = \"AUTH=" + strings.ToUpper(p.Auth) + "\""
	}
	common := p.config(t, "curlrc", "%s\nsilent\nshow-error\nfail-early\ncacert = \"%s\"\n%s\n",
		login, p.ca, p.pick("", "ssl-reqd", ""))
	box := p.pick("pop3", "pop3", "pop3s") + "://localhost:" + p.port + "/"
	listing := p.command(t, "curl", "--disable", "--ipv4", "--config", common, box)
	sizes := map[string]string{}
	for line := range bytes.Lines(listing) {
		number, size, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		sizes[string(number)] = string(size)
	}
	if len(sizes) == 0 {
		return
	}
	p.command(t, "curl", "--disable", "--ipv4", "--config", common, box+"[1-"+strconv.Itoa(len(sizes))+"]", "--output", filepath.Join(p.out, "#1"))
	for number, size := range sizes {
		info, err := os.Stat(filepath.Join(p.out, number))
		if err != nil {
			t.Error(err)
		} else if got := strconv.FormatInt(info.Size(), 10); got != size {
			t.Errorf("message %s has %s octets, LIST said %s", number, got, size)
		}
	}
}

// poplibScript also holds STAT, LIST and TOP against what RETR sends.
const poplibScript = `
import json, os, poplib, ssl, sys
o = json.load(open(sys.argv[1]))
poplib._MAXLINE = 1 << 24  # its own limit is 2048
context = ssl.create_default_context(cafile=o["ca"])
if o["mode"] == "tls":
    c = poplib.POP3_SSL("localhost", int(o["port"]), context=context)
else:
    c = poplib.POP3("localhost", int(o["port"]))
if o["mode"] == "stls":
    c.stls(context)
if o["utf8"]:
    c.utf8()
c.user(o["user"])
c.pass_(o["password"])
count, octets = c.stat()
assert octets == sum(int(l.split()[1]) for l in c.list()[1]), "STAT and LIST differ"
uids = dict(l.split() for l in c.uidl()[1])
assert len(set(uids.values())) == count, "UIDL is not unique"
total = 0
for n in range(1, count + 1):
    body = b"".join(l + b"\r\n" for l in c.retr(n)[1])
    assert len(body) == int(c.list(n).split()[2]), "LIST %d is not what was sent" % n
    assert c.top(n, 99999999)[1] == body.split(b"\r\n")[:-1], "TOP %d is not RETR" % n
    total += len(body)
    with open(os.path.join(o["out"], "%d,%s" % (n, uids[b"%d" % n].hex())), "wb") as f:
        f.write(body)
assert total == octets, "STAT is not what was sent"
c.quit()
`

func poplib(t testing.TB, p place) {
	p.command(t, "python3", p.config(t, "fetch.py", "%s", poplibScript), p.options(t))
}

func mpop(t testing.TB, p place) {
	dir := filepath.Join(p.dir, "Maildir")
	for _, sub := range []string{"", "cur", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(p.out, filepath.Join(dir, "new")); err != nil {
		t.Fatal(err)
	}
	auth := cmp.Or(p.Auth, "plain")
	rc := p.config(t, "mpoprc", "account default\nhost localhost\nport %s\nuser %s\npassword \"%s\"\nauth %s\n"+
		"delivery maildir %s\nreceived_header off\nkeep on\nuidls_file %s\ntls %s\ntls_starttls %s\ntls_trust_file %s\n",
		p.port, p.User, p.Password, auth, dir, filepath.Join(p.dir, "uidls"), p.pick("off", "on", "on"), p.pick("off", "on", "off"), p.ca)
	p.command(t, "mpop", "--file="+rc)
}

// fetchmail reads 8,192 octets at a time and puts some of its own behind those
// of a longer line, for one.
func fetchmail(t testing.TB, p place) {
	rc := p.config(t, "fetchmailrc", "set no bouncemail\nset invisible\npoll localhost protocol pop3 port %s auth password timeout 60\n"+
		"  user \"%s\" password \"%s\" is root here\n  %s sslcertck sslcertfile %s\n"+
		"  keep fetchall no rewrite no forcecr\n  mda \"sh %s\"\n",
		p.port, p.User, p.Password, p.pick("sslproto ''", "sslproto 'tls1.2+'", "ssl sslproto 'tls1.2+'"), p.ca, p.collector(t, ""))
	p.command(t, "fetchmail", "--fetchmailrc", rc, "--idfile", filepath.Join(p.dir, "ids"),
		"--pidfile", filepath.Join(p.dir, "pid"), "--nosyslog", "--nodetach")
}

// getmail delivers by a command: it refuses to write a Maildir as root, which is
// who tests run as in containers. Instead of a message's Return-Path it puts its
// own above all fields.
func getmail(t testing.TB, p place) {
	rc := p.config(t, "getmailrc", "[retriever]\ntype = %s\nserver = localhost\nport = %s\nusername = %s\npassword = %s\n%s\n"+
		"[destination]\ntype = MDA_external\npath = /bin/sh\narguments = (\"%s\",)\nallow_root_commands = true\n"+
		"[options]\nread_all = true\ndelete = false\nreceived = false\ndelivered_to = false\n",
		p.pick("SimplePOP3Retriever", "", "SimplePOP3SSLRetriever"), p.port, p.User, p.Password,
		p.pick("", "", "ca_certs = "+p.ca), p.collector(t, settled))
	p.command(t, "getmail", "--getmaildir", p.dir, "--rcfile", rc)
}

// settled makes a delivery last until its parent, getmail, sleeps. getmail 6.18
// misses the end of a child that is over before it waits for it, waits for a
// minute, and gives up.
const settled = `while read -r pid name state rest </proc/$PPID/stat && [ "$state" = R ]; do :; done; `

// collector gives a shell script that puts its input into a file of its own, and
// then does what is to be done after.
func (p place) collector(t testing.TB, after string) string {
	t.Helper()
	return p.config(t, "mda.sh", "cat >\"$(mktemp %s/XXXXXXXXXX)\"; %s\n", p.out, after)
}

// fdm run by root fetches as a user of its package's, who has to get to where it
// puts what it has fetched so far.
func fdm(t testing.TB, p place) {
	if err := errors.Join(os.Chmod(filepath.Dir(p.dir), 0o711), os.Chmod(filepath.Join(p.dir, "tmp"), 0o777)); err != nil {
		t.Fatal(err)
	}
	rc := p.config(t, "fdm.conf", "set maximum-size 100M\nset no-received\nset no-create\nset lock-file \"%s\"\n"+
		"account \"a\" %s server \"localhost\" port %s user \"%s\" pass \"%s\"%s\n"+
		"action \"file\" pipe \"sh %s\"\nmatch all action \"file\"\n",
		filepath.Join(p.dir, "lock"), p.pick("pop3", "pop3", "pop3s"), p.port, p.User, p.Password, p.pick("", " starttls", ""), p.collector(t, ""))
	p.command(t, "fdm", "-k", "-f", rc, "fetch")
}
