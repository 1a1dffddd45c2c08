package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"restante/serve/acmetest"
)

func TestACME_BothDoorsServeTheAuthoritysCertificate(t *testing.T) {
	t.Parallel()
	p := acmetest.Start(t)
	conf := filepath.Join(t.TempDir(), "restante.yaml")
	writeFile(t, conf, fmt.Sprintf("data_dir: %q\nusers: [ { name: alice, password: secret } ]\n"+
		"serve: { pop3: { address: \"127.0.0.1:0\" }, pop3s: { address: \"127.0.0.1:0\" }, tls: { acme: { hosts: [mail.example.org], "+
		"accept_terms: true, email: ada@example.org, directory: %q, ca_file: %q, http: %q, tls: %q } } }\n", dataDir(conf), p.Directory, p.CAFile, p.HTTP, p.TLS))
	served, clear := startServe(t, conf)
	secure := served.await(`door=pop3s address=(\S+)`)[1]
	served.await(`msg="serving with a certificate of the authority" host=mail.example.org`)

	shake := func(name string, stls bool) error {
		address := secure
		if stls {
			address = clear
		}
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if stls {
			r := bufio.NewReader(conn)
			for _, say := range []string{"", "STLS\r\n"} {
				if _, err := io.WriteString(conn, say); err != nil {
					t.Fatal(err)
				}
				if line, err := r.ReadString('\n'); err != nil || !strings.HasPrefix(line, "+OK") {
					t.Fatalf("%q: %q, %v", say, line, err)
				}
			}
		}
		return tls.Client(conn, &tls.Config{ServerName: name, RootCAs: p.Issuers()}).Handshake()
	}
	for _, stls := range []bool{false, true} {
		if err := shake("mail.example.org", stls); err != nil {
			t.Errorf("STLS %t: %v", stls, err)
		}
		if err := shake("localhost", stls); err == nil || !strings.Contains(err.Error(), "unknown authority") {
			t.Errorf("STLS %t, by another name: %v, want the self-signed certificate", stls, err)
		}
	}
	if err := served.end(syscall.SIGTERM); err != nil {
		t.Errorf("ended with %v:\n%s", err, served.output())
	}
	if kept, err := os.ReadDir(filepath.Join(dataDir(conf), "acme")); err != nil || len(kept) < 2 {
		t.Errorf("kept: %v, %v", kept, err)
	}
}
