package serve_test

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"restante/serve"
)

// pair puts a new certificate and its key into a file, as of a certain time.
func pair(t *testing.T, file string, at time.Time) (fingerprint string) {
	t.Helper()
	dir := t.TempDir()
	_, fingerprint, _, err := serve.SelfSigned(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "self-signed.pem"), file); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, at, at); err != nil {
		t.Fatal(err)
	}
	return fingerprint
}

func TestCertificate_IsReadAgainWhenItsFilesChange(t *testing.T) {
	file := filepath.Join(t.TempDir(), "both.pem")
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	first := pair(t, file, at)
	var log bytes.Buffer
	c, err := serve.LoadCertificate(file, file, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	shown := func() string {
		t.Helper()
		cert, err := c.Get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return serve.Fingerprint(*cert)
	}
	if got := shown(); got != first {
		t.Errorf("shows %s, want %s", got, first)
	}
	second := pair(t, file, at.Add(time.Hour))
	if got := shown(); got != second || first == second {
		t.Errorf("after the change it shows %s, want %s", got, second)
	}
	if err := os.WriteFile(file, []byte("half a certif"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if got := shown(); got != second {
			t.Errorf("while the file is broken it shows %s, want %s", got, second)
		}
	}
	if n := strings.Count(log.String(), "cannot be used"); n != 1 {
		t.Errorf("the log was told %d times:\n%s", n, &log)
	}
	third := pair(t, file, at.Add(2*time.Hour))
	if got := shown(); got != third {
		t.Errorf("mended, it shows %s, want %s", got, third)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if got := shown(); got != third {
		t.Errorf("without the file it shows %s, want %s", got, third)
	}
	if _, err := serve.LoadCertificate(file, file, nil); err == nil {
		t.Error("a missing file is no error at the start")
	}
}

func TestTLSConfig_LetsOldDevicesInOnlyWhereToldTo(t *testing.T) {
	cert, _, _, err := serve.SelfSigned(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	get := func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &cert, nil }
	for min, ok := range map[uint16]bool{tls.VersionTLS10: true, tls.VersionTLS12: false} {
		a, b := net.Pipe()
		served := make(chan error, 1)
		go func() {
			err := tls.Server(a, serve.TLSConfig(get, min)).Handshake()
			a.Close()
			served <- err
		}()
		old := tls.Client(b, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10, InsecureSkipVerify: true})
		if err := old.Handshake(); (err == nil) != ok {
			t.Errorf("from version %x on: %v", min, err)
		}
		b.Close()
		<-served
	}
}
