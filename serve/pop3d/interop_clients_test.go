package pop3d_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pick gives the word for a mode.
func (p place) pick(plain, stls, tls string) string {
	return map[string]string{"plain": plain, "stls": stls, "tls": tls}[p.mode]
}

func runCurl(t *testing.T, p place) []string {
	out := folder(t, p)
	rc := filepath.Join(p.dir, "curlrc")
	write(t, rc, fmt.Sprintf("user = \"%s:engine one\"\nurl = \"%s://localhost:%s/[1-%d]\"\noutput = \"%s/#1\"\nsilent\nshow-error\nfail-early\ncacert = \"%s\"\n%s\n",
		p.user, p.pick("pop3", "pop3", "pop3s"), p.port, interopMessages, out, p.ca, p.pick("", "ssl-reqd", "")))
	command(t, p, "curl", "--disable", "--ipv4", "--config", rc)
	return files(t, out)
}

const poplibScript = `
import os, poplib, ssl, sys
host, port, mode, ca, user, out = sys.argv[1:]
poplib._MAXLINE = 1 << 24  # its own limit is 2048
context = ssl.create_default_context(cafile=ca)
if mode == "tls":
    c = poplib.POP3_SSL(host, int(port), context=context)
else:
    c = poplib.POP3(host, int(port))
if mode == "stls":
    c.stls(context)
c.user(user)
c.pass_("engine one")
count, octets = c.stat()
assert octets == sum(int(l.split()[1]) for l in c.list()[1]), "STAT and LIST differ"
assert len(set(l.split()[1] for l in c.uidl()[1])) == count, "UIDL is not unique"
total = 0
for n in range(1, count + 1):
    body = b"".join(l + b"\r\n" for l in c.retr(n)[1])
    assert len(body) == int(c.list(n).split()[2]), "LIST %d is not what was sent" % n
    assert c.top(n, 99999999)[1] == body.split(b"\r\n")[:-1], "TOP %d is not RETR" % n
    total += len(body)
    with open(os.path.join(out, str(n)), "wb") as f:
        f.write(body)
assert total == octets, "STAT is not what was sent"
c.quit()
`

func runPoplib(t *testing.T, p place) []string {
	out := folder(t, p)
	script := filepath.Join(p.dir, "fetch.py")
	write(t, script, poplibScript)
	command(t, p, "python3", script, "localhost", p.port, p.mode, p.ca, p.user, out)
	return files(t, out)
}

func runMpop(t *testing.T, p place) []string {
	dir := filepath.Join(p.dir, "Maildir")
	for _, sub := range []string{"", "cur", "new", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	rc := filepath.Join(p.dir, "mpoprc")
	write(t, rc, fmt.Sprintf("account default\nhost localhost\nport %s\nuser %s\npassword \"engine one\"\nauth plain\n"+
		"delivery maildir %s\nreceived_header off\nkeep on\nuidls_file %s\ntls %s\ntls_starttls %s\ntls_trust_file %s\n",
		p.port, p.user, dir, filepath.Join(p.dir, "uidls"), p.pick("off", "on", "on"), p.pick("off", "on", "off"), p.ca))
	command(t, p, "mpop", "--file="+rc)
	return files(t, filepath.Join(dir, "new"))
}

func runFetchmail(t *testing.T, p place) []string {
	script, out := collector(t, p)
	rc := filepath.Join(p.dir, "fetchmailrc")
	write(t, rc, fmt.Sprintf("set no bouncemail\nset invisible\npoll localhost protocol pop3 port %s auth password timeout 60\n"+
		"  user %s password \"engine one\" is root here\n  %s sslcertck sslcertfile %s\n"+
		"  keep fetchall no rewrite no forcecr\n  mda \"sh %s\"\n",
		p.port, p.user, p.pick("sslproto ''", "sslproto 'tls1.2+'", "ssl sslproto 'tls1.2+'"), p.ca, script))
	command(t, p, "fetchmail", "--fetchmailrc", rc, "--idfile", filepath.Join(p.dir, "ids"),
		"--pidfile", filepath.Join(p.dir, "pid"), "--nosyslog", "--nodetach")
	return files(t, out)
}

// runGetmail delivers by a command: getmail refuses to write a Maildir as root,
// which is who tests run as in containers. The Return-Path is getmail's own.
func runGetmail(t *testing.T, p place) []string {
	script, out := collector(t, p)
	rc := filepath.Join(p.dir, "getmailrc")
	write(t, rc, fmt.Sprintf("[retriever]\ntype = %s\nserver = localhost\nport = %s\nusername = %s\npassword = engine one\n%s\n"+
		"[destination]\ntype = MDA_external\npath = /bin/sh\narguments = (\"%s\",)\nallow_root_commands = true\n"+
		"[options]\nread_all = true\ndelete = false\nreceived = false\ndelivered_to = false\n",
		p.pick("SimplePOP3Retriever", "", "SimplePOP3SSLRetriever"), p.port, p.user, p.pick("", "", "ca_certs = "+p.ca), script))
	command(t, p, "getmail", "--getmaildir", p.dir, "--rcfile", rc)
	all := files(t, out)
	for i := range all {
		all[i] = strings.TrimPrefix(all[i], "Return-Path: <unknown>\n")
	}
	return all
}
