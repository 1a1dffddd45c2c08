// Package acmetest starts Pebble, the authority that Let's Encrypt tests clients
// with, for tests.
//
// # Why
//
// It refuses what the real one refuses, and now and then a nonce for no reason, as
// the real one may.
package acmetest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"restante/fetch/peertest"
)

// Pebble is one that runs until its test ends. It asks every name at 127.0.0.1.
type Pebble struct {
	Directory string         // URL
	CAFile    string         // PEM of what its own web server is known by
	Roots     *x509.CertPool // the same
	HTTP, TLS string         // addresses where it sends challenges

	t          testing.TB
	management string
}

// Start starts one, or skips the test where it is not installed, which it must be
// in CI.
func Start(t testing.TB) *Pebble {
	t.Helper()
	peertest.Needs(t, "pebble", "pebble-challtestsrv")
	dir := t.TempDir()
	api, management, web, secure, dns := free(t), free(t), free(t), free(t), free(t)
	p := &Pebble{
		Directory: fmt.Sprintf("https://localhost:%d/dir", api), CAFile: filepath.Join(dir, "ca.pem"), Roots: x509.NewCertPool(),
		HTTP: fmt.Sprintf("127.0.0.1:%d", web), TLS: fmt.Sprintf("127.0.0.1:%d", secure),
		t: t, management: fmt.Sprintf("https://localhost:%d", management),
	}
	p.makeCertificate(dir)
	config := filepath.Join(dir, "pebble.json")
	write(t, config, fmt.Appendf(nil, `{"pebble": {"listenAddress": "127.0.0.1:%d", "managementListenAddress": "127.0.0.1:%d",
		"certificate": %q, "privateKey": %q, "httpPort": %d, "tlsPort": %d, "ocspResponderURL": "", "externalAccountBindingRequired": false}}`,
		api, management, p.CAFile, filepath.Join(dir, "key.pem"), web, secure))
	names := fmt.Sprintf("127.0.0.1:%d", dns)
	run(t, "pebble-challtestsrv", "-dns01", names, "-http01", "", "-https01", "", "-tlsalpn01", "", "-management", fmt.Sprintf("127.0.0.1:%d", free(t)), "-defaultIPv6", "")
	run(t, "pebble", "-config", config, "-dnsserver", names)
	p.get(p.Directory)
	return p
}

// Issuers are the roots of the certificates that it gives.
func (p *Pebble) Issuers() *x509.CertPool {
	p.t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(p.IssuersPEM()) {
		p.t.Fatal("Pebble has no root")
	}
	return pool
}

// IssuersPEM is Issuers as PEM.
func (p *Pebble) IssuersPEM() []byte {
	p.t.Helper()
	return p.get(p.management + "/roots/0")
}

// get waits for an answer of Pebble's.
func (p *Pebble) get(url string) []byte {
	p.t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.Roots}}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			p.t.Fatal(err)
		}
		res, err := (&http.Client{Transport: transport}).Do(req)
		if err == nil {
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err == nil && res.StatusCode == http.StatusOK {
				return body
			}
			p.t.Fatalf("%s answers %s, %v", url, res.Status, err)
		}
		select {
		case <-ctx.Done():
			p.t.Fatalf("Pebble does not answer: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// makeCertificate makes one for its web server, which is its own authority.
func (p *Pebble) makeCertificate(dir string) {
	p.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "pebble"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		p.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		p.t.Fatal(err)
	}
	write(p.t, p.CAFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	write(p.t, filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	if c, err = x509.ParseCertificate(der); err != nil {
		p.t.Fatal(err)
	}
	p.Roots.AddCert(c)
}

func run(t testing.TB, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context())) // which ends before what the test cleans up
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1")
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // killed
		log.Close()
		if text, err := os.ReadFile(log.Name()); t.Failed() && err == nil {
			t.Logf("%s:\n%s", name, text[max(0, len(text)-4000):])
		}
	})
}

func write(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// free is a port that nobody has now.
func free(t testing.TB) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}
