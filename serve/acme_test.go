package serve_test

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"restante/serve"
	"restante/serve/acmetest"
)

var errFallback = errors.New("the fallback was asked")

func fallback(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errFallback }

// running serves a challenge of one kind and has an ACME run until the test ends.
// until waits for what its log says.
func running(t *testing.T, p *acmetest.Pebble, o serve.ACMEOptions, overTLS bool) (a *serve.ACME, until func(what string)) {
	t.Helper()
	var log heard
	o.Directory, o.Roots, o.Fallback, o.Log = p.Directory, p.Roots, fallback, slog.New(slog.NewTextHandler(&log, nil))
	a = serve.NewACME(o)
	address, server := p.HTTP, a.HTTP()
	if overTLS {
		address, server = p.TLS, a.TLS()
	}
	g := &serve.Group{}
	if _, err := g.Listen(t.Context(), serve.Door{Name: "acme", Address: address, ImplicitTLS: overTLS}, server); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		if err := g.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	all.Go(func() { a.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		all.Wait()
	})
	return a, func(what string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if !log.await(ctx, what) {
			t.Fatalf("the log has no %q:\n%s", what, log.text.String())
		}
	}
}

// heard is a log that somebody waits for.
type heard struct {
	mu   sync.Mutex // guards the fields below
	text strings.Builder
	more chan struct{} // closed by the next line
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.more != nil {
		close(h.more)
		h.more = nil
	}
	return h.text.Write(b)
}

func (h *heard) await(ctx context.Context, what string) bool {
	for {
		h.mu.Lock()
		ok := strings.Contains(h.text.String(), what)
		if h.more == nil {
			h.more = make(chan struct{})
		}
		more := h.more
		h.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-more:
		}
	}
}

// handshake shakes hands with who serves by get, and gives the client's view.
func handshake(get func(*tls.ClientHelloInfo) (*tls.Certificate, error), client *tls.Config) (tls.ConnectionState, error) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	var server sync.WaitGroup
	defer server.Wait()
	server.Go(func() {
		_ = tls.Server(ours, serve.TLSConfig(get, tls.VersionTLS12)).Handshake() // the client tells
		ours.Close()
	})
	c := tls.Client(theirs, client)
	err := c.Handshake()
	theirs.Close()
	return c.ConnectionState(), err
}

func TestACME_GetsCertificatesByEitherChallenge(t *testing.T) {
	for name, overTLS := range map[string]bool{"HTTP-01": false, "TLS-ALPN-01": true} {
		t.Run(name, func(t *testing.T) {
			p := acmetest.Start(t)
			cache := filepath.Join(t.TempDir(), "acme")
			o := serve.ACMEOptions{Hosts: []string{"mail.example.org", "pop.example.org"}, Email: "ada@example.org", Cache: cache}
			a, until := running(t, p, o, overTLS)
			until("host=mail.example.org fingerprint=sha256:")
			until("host=pop.example.org fingerprint=sha256:")
			for _, host := range []string{"mail.example.org", "POP.example.org"} {
				if _, err := handshake(a.Get, &tls.Config{ServerName: host, RootCAs: p.Issuers()}); err != nil {
					t.Errorf("%s: %v", host, err)
				}
			}
			// Without a name it is the first's; another's is the fallback's.
			state, err := handshake(a.Get, &tls.Config{InsecureSkipVerify: true})
			if err != nil || state.PeerCertificates[0].VerifyHostname("mail.example.org") != nil {
				t.Errorf("without a name: %v", err)
			}
			if _, err := handshake(a.Get, &tls.Config{ServerName: "www.example.org", InsecureSkipVerify: true}); err == nil {
				t.Error("another name has a certificate")
			}
			// A client that cannot do ECDSA gets the fallback's too.
			old := &tls.Config{ServerName: "mail.example.org", InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}}
			if _, err := handshake(a.Get, old); err == nil {
				t.Error("who cannot do ECDSA gets it all the same")
			}
			files, err := os.ReadDir(cache)
			if err != nil || len(files) < 3 {
				t.Fatalf("kept: %v, %v", files, err)
			}
			for _, f := range files {
				if info, err := f.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
					t.Errorf("%s may be read by others: %v, %v", f.Name(), info, err)
				}
			}
			// What is kept is served without asking anybody.
			alone := serve.NewACME(serve.ACMEOptions{Hosts: o.Hosts, Cache: cache, Directory: "https://127.0.0.1:1/dir", Fallback: fallback})
			ctx, cancel := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() { alone.Run(ctx) })
			defer running.Wait()
			defer cancel()
			for end := time.Now().Add(time.Minute); ; {
				if _, err := handshake(alone.Get, &tls.Config{ServerName: "mail.example.org", RootCAs: p.Issuers()}); err == nil {
					break
				} else if time.Now().After(end) {
					t.Fatalf("from the cache: %v", err)
				}
			}
		})
	}
}

func TestACME_FallsBackWhileThereIsNone(t *testing.T) {
	p := acmetest.Start(t)
	o := serve.ACMEOptions{Hosts: []string{"mail.example.org"}, Cache: t.TempDir()}
	p.HTTP = "127.0.0.1:0" // where no challenge comes
	a, until := running(t, p, o, false)
	if _, err := a.Get(&tls.ClientHelloInfo{ServerName: "mail.example.org"}); !errors.Is(err, errFallback) {
		t.Errorf("Get = %v", err)
	}
	until(`level=WARN msg="no certificate of the authority" host=mail.example.org`)
	if _, err := a.Get(&tls.ClientHelloInfo{ServerName: "mail.example.org"}); !errors.Is(err, errFallback) {
		t.Errorf("Get = %v", err)
	}
}

// The ports of challenges are open to the world.
func TestACME_ChallengeDoorsAnswerNothingElse(t *testing.T) {
	a := serve.NewACME(serve.ACMEOptions{Hosts: []string{"mail.example.org"}, Cache: t.TempDir(), Directory: "https://127.0.0.1:1/dir", Fallback: fallback})
	g := &serve.Group{}
	web, err := g.Listen(t.Context(), serve.Door{Name: "http", Address: "127.0.0.1:0"}, a.HTTP())
	if err != nil {
		t.Fatal(err)
	}
	secure, err := g.Listen(t.Context(), serve.Door{Name: "tls", Address: "127.0.0.1:0", ImplicitTLS: true}, a.TLS())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var served sync.WaitGroup
	served.Go(func() {
		if err := g.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	defer served.Wait()
	defer cancel()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	for _, path := range []string{"/", "/.well-known/acme-challenge/", "/.well-known/acme-challenge/../../acme_account+key", "/metrics"} {
		res, err := (&http.Client{Transport: transport}).Get("http://" + web.String() + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	for _, protocols := range [][]string{nil, {"h2"}, {"acme-tls/1"}, {"acme-tls/1", "h2"}} {
		if conn, err := tls.Dial("tcp", secure.String(), &tls.Config{ServerName: "mail.example.org", NextProtos: protocols, InsecureSkipVerify: true}); err == nil {
			conn.Close()
			t.Errorf("%q: a handshake without a challenge", protocols)
		}
	}
}
