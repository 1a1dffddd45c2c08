package pop3_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3/pop3test"
)

func TestDial_ShowsTheClientCertificate(t *testing.T) {
	dir := t.TempDir()
	both, err := pop3test.ClientCert(dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(both)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(text, []byte("-----BEGIN PRIVATE KEY"))
	cert, key, junk := filepath.Join(dir, "cert"), filepath.Join(dir, "key"), filepath.Join(dir, "junk")
	for file, part := range map[string][]byte{cert: text[:at], key: text[at:], junk: []byte("junk")} {
		if err := os.WriteFile(file, part, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	any := func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }
	strict := func(c *tls.Config) {
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
	}
	for _, tt := range []struct {
		name      string
		config    func(*tls.Config)
		cert, key string
		want      string // in the error; empty: none
	}{
		{"one file", any, both, "", ""},
		{"two files", any, cert, key, ""},
		{"none", any, "", "", "the server wants to see a certificate of yours; set client_cert_file"},
		{"not his", strict, both, "", "it may be that the server does not take the certificate in client_cert_file"},
		{"junk", any, junk, "", "read the client certificate"},
		{"no key", any, cert, "", "read the client certificate"},
		{"nowhere", any, both, both + "x", "read the client certificate"},
	} {
		for _, mode := range []fetch.TLSMode{fetch.TLSImplicit, fetch.TLSStart} {
			for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
				srv, err := dialError(t, pop3test.Options{TLS: mode, TLSConfig: func(c *tls.Config) {
					tt.config(c)
					c.MaxVersion = version
				}}, func(a *fetch.Account) { a.ClientCert, a.ClientKey = tt.cert, tt.key })
				if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%s, %s, %x: %v does not say %q", tt.name, mode, version, err, tt.want)
				}
				if err != nil && (secrets(srv) || errors.Is(err, fetch.ErrAuth)) {
					t.Errorf("%s, %s: %v, heard %q", tt.name, mode, err, srv.Commands())
				}
			}
		}
	}
}

func TestDial_AsksForTheLeastTLSSet(t *testing.T) {
	for _, tt := range []struct {
		least string
		most  uint16 // the server's
		want  string
	}{
		{"", tls.VersionTLS12, ""},
		{"1.2", tls.VersionTLS12, ""},
		{"1.3", tls.VersionTLS13, ""},
		{"1.3", tls.VersionTLS12, "the server does not speak TLS 1.3 or later, which tls_min asks for"},
		{"", tls.VersionTLS11, "the server does not speak TLS 1.2 or later"},
		{"1.1", tls.VersionTLS13, `tls_min is "1.1"; set it to 1.2 or 1.3`},
	} {
		srv, err := dialError(t, pop3test.Options{TLS: fetch.TLSImplicit, TLSConfig: func(c *tls.Config) {
			c.MinVersion, c.MaxVersion = tls.VersionTLS10, tt.most
		}}, func(a *fetch.Account) { a.MinTLS = tt.least })
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q of %x: %v does not say %q", tt.least, tt.most, err, tt.want)
		}
		if err != nil && secrets(srv) {
			t.Errorf("%q of %x: heard %q", tt.least, tt.most, srv.Commands())
		}
	}
}
