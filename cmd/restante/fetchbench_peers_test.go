//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"restante/fetch/pop3/pop3test/dovecot"
)

// makeMaildir makes a Maildir named mail.
func makeMaildir(r *race, dir string) string {
	box := filepath.Join(dir, "mail")
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(box, sub), 0o700); err != nil {
			r.t.Fatal(err)
		}
	}
	return box
}

// mpopPuller has mpop deliver into a Maildir; it syncs each message. It
// pipelines where the server says that it can.
func mpopPuller(r *race, dir string) *exec.Cmd {
	tls := "tls off"
	if r.tls {
		tls = "tls on\ntls_starttls off\ntls_trust_file " + r.up.CAFile
	}
	rc := filepath.Join(dir, "mpoprc")
	writeFile(r.t, rc, fmt.Sprintf("account isp\nhost 127.0.0.1\nport %d\nuser user\npassword %q\nauth plain\n%s\nkeep off\nuidls_file %s/uidls\ndelivery maildir %s\n",
		r.port(), dovecot.Password, tls, dir, makeMaildir(r, dir)))
	return exec.Command("mpop", "-q", "-C", rc, "isp")
}

// fetchmailRC writes a control file that ends in how mail is delivered.
func fetchmailRC(r *race, dir, delivery string) *exec.Cmd {
	tls := "sslproto ''"
	if r.tls {
		tls = "ssl no sslcertck" // it does not know an address in a certificate for a name
	}
	rc := filepath.Join(dir, "fetchmailrc")
	writeFile(r.t, rc, fmt.Sprintf("set no syslog\npoll 127.0.0.1 protocol POP3 port %d auth password no dns\n  user user password %q %s fetchall nokeep %s\n",
		r.port(), dovecot.Password, tls, delivery))
	cmd := exec.Command("fetchmail", "--silent", "--nosyslog", "--nodetach", "--pidfile", filepath.Join(dir, "pid"), "-f", rc)
	cmd.Env = append(os.Environ(), "FETCHMAILHOME="+dir, "HOME="+dir)
	return cmd
}

// fetchmailBSMTP writes one file, and syncs nothing.
func fetchmailBSMTP(r *race, dir string) *exec.Cmd {
	return fetchmailRC(r, dir, fmt.Sprintf("is alice here bsmtp %q", filepath.Join(dir, "bsmtp")))
}

// fetchmailMDA starts a delivery agent a message: the least there can be that
// syncs.
func fetchmailMDA(r *race, dir string) *exec.Cmd {
	box := makeMaildir(r, dir)
	agent := filepath.Join(dir, "agent")
	writeFile(r.t, agent, strings.ReplaceAll("#!/bin/sh\nset -e\nt=BOX/tmp/$$\ncat >\"$t\"\nsync \"$t\"\nmv \"$t\" BOX/new/$$\n", "BOX", box))
	if err := os.Chmod(agent, 0o700); err != nil {
		r.t.Fatal(err)
	}
	return fetchmailRC(r, dir, fmt.Sprintf("mda %q", agent))
}

// fdmPuller delivers into a Maildir; fdm syncs each message.
func fdmPuller(r *race, dir string) *exec.Cmd {
	kind, verify := "pop3", ""
	if r.tls {
		kind, verify = "pop3s", " no-verify"
	}
	conf := filepath.Join(dir, "fdm.conf")
	writeFile(r.t, conf, fmt.Sprintf("set lock-file %q\nset default-user \"root\"\nset maximum-size 1G\naction \"keep\" maildir %q\naccount \"isp\" %s server \"127.0.0.1\" port %d user \"user\" pass %q%s\nmatch all action \"keep\"\n",
		filepath.Join(dir, "lock"), makeMaildir(r, dir), kind, r.port(), dovecot.Password, verify))
	// Run by root it fetches as a user of its package, who has to write here.
	tmp := filepath.Join(dir, "tmp")
	if err := errors.Join(os.Mkdir(tmp, 0o700), os.Chmod(tmp, 0o777)); err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.Command("fdm", "-q", "-f", conf, "fetch")
	cmd.Env = append(os.Environ(), "HOME="+dir, "TMPDIR="+tmp)
	return cmd
}

// getmailPuller delivers into a Maildir; getmail syncs each message. It does not
// do so as root.
func getmailPuller(r *race, dir string) *exec.Cmd {
	kind, more := "SimplePOP3Retriever", ""
	if r.tls {
		kind, more = "SimplePOP3SSLRetriever", "ca_certs = "+r.up.CAFile+"\n"
	}
	box, owner := makeMaildir(r, dir), ""
	if os.Getuid() == 0 {
		owner = "user = nobody\n"
		for _, d := range []string{box, box + "/cur", box + "/new", box + "/tmp"} {
			if err := os.Chown(d, nobody, nobody); err != nil {
				r.t.Fatal(err)
			}
		}
	}
	writeFile(r.t, filepath.Join(dir, "getmailrc"), fmt.Sprintf("[retriever]\ntype = %s\nserver = 127.0.0.1\nport = %d\nusername = user\npassword = %s\n%s\n[destination]\ntype = Maildir\npath = %s/\n%s\n[options]\ndelete = true\nread_all = true\nverbose = 0\ndelivered_to = false\nreceived = false\n",
		kind, r.port(), dovecot.Password, more, box, owner))
	return exec.Command("getmail", "--getmaildir", dir)
}

// nobody is Debian's user of that name.
const nobody = 65534
