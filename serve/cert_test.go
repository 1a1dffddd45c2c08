package serve_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"restante/serve"
)

func TestSelfSigned_IsMadeOnceAndStays(t *testing.T) {
	dir := t.TempDir()
	_, first, made, err := serve.SelfSigned(dir, []string{"mail.example.net", "192.0.2.1", "localhost"})
	if err != nil || !made {
		t.Fatalf("made %v, %v", made, err)
	}
	cert, second, made, err := serve.SelfSigned(dir, nil)
	if err != nil || made || second != first || serve.Fingerprint(cert) != first {
		t.Errorf("second time: %s, made %v, %v; first was %s", second, made, err, first)
	}
	if !strings.HasPrefix(first, "sha256:") || len(first) != len("sha256:")+64 {
		t.Errorf("fingerprint is %q", first)
	}
	info, err := os.Stat(filepath.Join(dir, "self-signed.pem"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("left behind: %v, %v", files, err)
	}
}

func TestSelfSigned_IsGoodForItsHosts(t *testing.T) {
	cert, _, _, err := serve.SelfSigned(t.TempDir(), []string{"mail.example.net", "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	hosts := []string{"localhost", "127.0.0.1", "::1", "mail.example.net", "192.0.2.1"}
	if name, err := os.Hostname(); err == nil {
		hosts = append(hosts, name)
	}
	for _, h := range hosts {
		if err := leaf.VerifyHostname(h); err != nil {
			t.Errorf("%s: %v", h, err)
		}
	}
	if until := time.Until(leaf.NotAfter); until < 9*365*24*time.Hour {
		t.Errorf("good for %v only", until)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	a, b := net.Pipe()
	go func() {
		srv := tls.Server(a, &tls.Config{Certificates: []tls.Certificate{cert}})
		srv.Write([]byte("x"))
		srv.Close()
	}()
	client := tls.Client(b, &tls.Config{RootCAs: pool, ServerName: "localhost"})
	if got, err := io.ReadAll(client); err != nil || string(got) != "x" {
		t.Errorf("a client that trusts it: %q, %v", got, err)
	}
}

func TestSelfSigned_ManyAtOnceAgreeOnOne(t *testing.T) {
	dir := t.TempDir()
	var (
		all   sync.WaitGroup
		mu    sync.Mutex
		seen  = map[string]bool{}
		makes int
	)
	for range 8 {
		all.Go(func() {
			_, fp, made, err := serve.SelfSigned(dir, nil)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if made {
				makes++
			}
			seen[fp] = true
		})
	}
	all.Wait()
	if len(seen) != 1 || makes != 1 {
		t.Errorf("%d certificates, made %d times", len(seen), makes)
	}
}

func TestSelfSigned_NeverReplacesWhatItCannotRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "self-signed.pem")
	if err := os.WriteFile(path, []byte("half a certif"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, made, err := serve.SelfSigned(dir, nil)
	if err == nil || made || !strings.Contains(err.Error(), path) {
		t.Errorf("made %v, %v", made, err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "half a certif" {
		t.Errorf("the file holds %q, %v", text, err)
	}
	if _, _, _, err := serve.SelfSigned(filepath.Join(dir, "missing"), nil); err == nil {
		t.Error("a missing folder is no error")
	}
}

func TestLoadTLS_NamesTheFileAtFault(t *testing.T) {
	dir := t.TempDir()
	if _, _, _, err := serve.SelfSigned(dir, nil); err != nil {
		t.Fatal(err)
	}
	both := filepath.Join(dir, "self-signed.pem")
	if cert, err := serve.LoadTLS(both, both); err != nil || serve.Fingerprint(cert) == "" {
		t.Errorf("LoadTLS = %v", err)
	}
	for _, files := range [][2]string{{both, ""}, {"", both}, {both, "missing.key"}, {"missing.pem", both}} {
		_, err := serve.LoadTLS(files[0], files[1])
		if err == nil || files[0] != both && files[0] != "" && !strings.Contains(err.Error(), files[0]) {
			t.Errorf("LoadTLS(%q) = %v", files, err)
		}
	}
	if got := serve.Fingerprint(tls.Certificate{}); got != "" {
		t.Errorf("Fingerprint of none = %q", got)
	}
}
