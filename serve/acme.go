package serve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// ACMEOptions say how certificates are got from an authority (RFC 8555). Hosts and
// Cache are a must.
type ACMEOptions struct {
	Hosts     []string       // names that certificates are for; the first is for who names none
	Email     string         // that the authority may write to; may be empty
	Directory string         // URL of the authority; empty: Let's Encrypt
	Roots     *x509.CertPool // that know the authority's own certificate; nil: the system's
	Cache     string         // folder of the account's key and the certificates, which is made

	// Fallback is asked where there is no certificate yet, and for other names.
	Fallback func(*tls.ClientHelloInfo) (*tls.Certificate, error)

	Log *slog.Logger // nil: discard
}

// ACME gets certificates and renews them. It is safe for several goroutines. The
// authority must reach one of its challenge servers by the name of each host: HTTP
// on port 80 or TLS on port 443.
type ACME struct {
	o       ACMEOptions
	manager *autocert.Manager

	mu    sync.Mutex // guards the field below
	certs map[string]*tls.Certificate
}

const (
	retry     = 5 * time.Minute // after the first failure; authorities allow five an hour
	mostRetry = 6 * time.Hour
	lookAgain = time.Hour          // for what was renewed
	expiring  = 7 * 24 * time.Hour // it should have been renewed long ago
	askTime   = time.Minute        // for an answer of the authority
)

// NewACME makes an ACME. Whoever does accepts the authority's terms.
func NewACME(o ACMEOptions) *ACME {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &ACME{o: o, certs: make(map[string]*tls.Certificate)}
	a.manager = &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(o.Cache), HostPolicy: autocert.HostWhitelist(o.Hosts...), Email: o.Email,
		Client: &acme.Client{DirectoryURL: o.Directory, UserAgent: "restante"},
	}
	return a
}

// Get gives the certificate of a name, for tls.Config.GetCertificate. It never
// waits for the authority. Whoever cannot do with that certificate, because it is
// ECDSA, gets the fallback.
func (a *ACME) Get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	if name == "" {
		name = a.o.Hosts[0]
	}
	a.mu.Lock()
	cert := a.certs[name]
	a.mu.Unlock()
	if cert == nil || hello.SupportsCertificate(cert) != nil {
		return a.o.Fallback(hello)
	}
	return cert, nil
}

// Run gets the certificates and looks after them until ctx ends. It is called once,
// and the challenge servers must be served meanwhile.
func (a *ACME) Run(ctx context.Context) {
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.TLSClientConfig = &tls.Config{RootCAs: a.o.Roots}
	defer base.CloseIdleConnections()
	a.manager.Client.HTTPClient = &http.Client{Transport: within(ctx, base), Timeout: askTime}
	for wait := retry; ctx.Err() == nil; {
		next := lookAgain
		if !a.obtainAll(ctx) {
			next, wait = wait, min(2*wait, mostRetry)
		} else {
			wait = retry
		}
		t := time.NewTimer(next)
		select {
		case <-ctx.Done():
		case <-t.C:
		}
		t.Stop()
	}
}

// obtainAll tells whether there is a certificate of every host.
func (a *ACME) obtainAll(ctx context.Context) bool {
	all := true
	for _, host := range a.o.Hosts {
		cert, err := a.manager.GetCertificate(asks(host))
		switch {
		case ctx.Err() != nil:
			return false
		case err != nil:
			a.o.Log.Warn("no certificate of the authority", "host", host, "err", err)
			all = false
			continue
		}
		a.keep(host, cert)
	}
	return all
}

// asks is the hello of a client that can do ECDSA.
func asks(host string) *tls.ClientHelloInfo {
	return &tls.ClientHelloInfo{
		ServerName: host, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
		SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256}, SupportedCurves: []tls.CurveID{tls.CurveP256},
	}
}

func (a *ACME) keep(host string, cert *tls.Certificate) {
	a.mu.Lock()
	before := a.certs[host]
	a.certs[host] = cert
	a.mu.Unlock()
	if before == nil || Fingerprint(*before) != Fingerprint(*cert) {
		a.o.Log.Info("serving with a certificate of the authority", "host", host, "fingerprint", Fingerprint(*cert), "until", cert.Leaf.NotAfter)
	}
	if time.Until(cert.Leaf.NotAfter) < expiring {
		a.o.Log.Error("the authority does not renew the certificate", "host", host, "until", cert.Leaf.NotAfter)
	}
}

// HTTP answers HTTP-01 challenges (RFC 8555, 8.3), and nothing else.
func (a *ACME) HTTP() Server {
	answer := a.manager.HTTPHandler(http.NotFoundHandler())
	return &challenges{&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host, _, err := net.SplitHostPort(r.Host); err == nil {
			r.Host = host // the library wants it without a port
		}
		answer.ServeHTTP(w, r)
	})}}
}

// TLS answers TLS-ALPN-01 challenges (RFC 8737) where it is served with implicit
// TLS, and nothing else.
func (a *ACME) TLS() Server {
	return &challenges{&http.Server{Handler: http.NotFoundHandler(), TLSConfig: &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{acme.ALPNProto},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if !slices.Equal(hello.SupportedProtos, []string{acme.ALPNProto}) {
				return nil, errors.New("this is no challenge")
			}
			return a.manager.GetCertificate(hello)
		},
	}}}
}

// challenges answers an authority.
type challenges struct{ http *http.Server }

// Serve answers until Shutdown, or until ctx ends.
func (c *challenges) Serve(ctx context.Context, ln net.Listener, implicitTLS bool) error {
	c.http.ReadTimeout, c.http.WriteTimeout, c.http.MaxHeaderBytes = 10*time.Second, 10*time.Second, 8<<10
	c.http.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug) // strangers knock at these ports
	defer context.AfterFunc(ctx, func() { c.http.Close() })()
	serve := c.http.Serve
	if implicitTLS {
		serve = func(ln net.Listener) error { return c.http.ServeTLS(ln, "", "") }
	}
	if err := serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("answer challenges: %w", err)
	}
	return nil
}

// Shutdown ends it.
func (c *challenges) Shutdown(ctx context.Context) error { return c.http.Shutdown(ctx) }

// within has requests end with ctx: the library's own go on for five minutes.
func within(ctx context.Context, base http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		inner, cancel := context.WithCancel(r.Context())
		stop := context.AfterFunc(ctx, cancel)
		res, err := base.RoundTrip(r.WithContext(inner))
		if err != nil {
			stop()
			cancel()
			return nil, err
		}
		res.Body = closer{res.Body, func() {
			stop()
			cancel()
		}}
		return res, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type closer struct {
	io.ReadCloser
	then func()
}

func (c closer) Close() error {
	defer c.then()
	return c.ReadCloser.Close()
}
