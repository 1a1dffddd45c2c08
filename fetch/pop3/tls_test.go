package pop3_test

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

// secrets says whether the server heard anything of a login.
func secrets(srv *pop3test.Server) bool {
	return slices.ContainsFunc(srv.Commands(), func(c string) bool {
		return strings.HasPrefix(c, "USER") || strings.HasPrefix(c, "AUTH") || strings.Contains(c, "***")
	})
}

func TestDial_SaysWhatToDoAboutACertificate(t *testing.T) {
	junk := filepath.Join(t.TempDir(), "junk.pem")
	if err := os.WriteFile(junk, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	other := "sha256:" + strings.Repeat("ab", 32)
	tests := []struct {
		name   string
		change func(a *fetch.Account)
		want   []string // in the error; "SEEN" is the certificate's fingerprint
	}{
		{"unknown authority", func(a *fetch.Account) { a.Fingerprint = "" }, []string{"unknown authority", "set fingerprint: SEEN", "ca_file"}},
		{"another pin", func(a *fetch.Account) { a.Fingerprint = other }, []string{"SEEN", other}},
		{"no fingerprint", func(a *fetch.Account) { a.Fingerprint = "sha256:12" }, []string{"64 hex digits"}},
		{"md5", func(a *fetch.Account) { a.Fingerprint = "md5:" + strings.Repeat("ab", 32) }, []string{"64 hex digits"}},
		{"authority without certificate", func(a *fetch.Account) { a.CAFile = junk }, []string{"holds no PEM certificate"}},
		{"no authority", func(a *fetch.Account) { a.CAFile = junk + "x" }, []string{"authority's certificate"}},
	}
	for _, mode := range []fetch.TLSMode{fetch.TLSImplicit, fetch.TLSStart} {
		for _, tt := range tests {
			srv, err := dialError(t, pop3test.Options{TLS: mode}, tt.change)
			for _, want := range tt.want {
				want = strings.ReplaceAll(want, "SEEN", srv.Fingerprint())
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s, %s: %v does not say %q", mode, tt.name, err, want)
				}
			}
			if secrets(srv) {
				t.Errorf("%s, %s: the server heard %q", mode, tt.name, srv.Commands())
			}
		}
	}
}

// Note 39.
func TestDial_AFingerprintPinsTheCertificate(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{TLS: fetch.TLSImplicit})
	a := srv.Account("a")
	hex := strings.TrimPrefix(a.Fingerprint, "sha256:")
	a.Fingerprint = "SHA256:" + strings.ToUpper(hex[:2]+":"+hex[2:])
	m, err := pop3.New(pop3.Options{}).Dial(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Quit(t.Context()); err != nil {
		t.Error(err)
	}
}

// Notes 3 and 5: never in clear where TLS is asked for.
func TestDial_NeverGoesOnWithoutTheTLSAskedFor(t *testing.T) {
	for name, tt := range map[string]struct {
		faults pop3test.Faults
		want   string
	}{
		"not offered":         {pop3test.Faults{Capa: []string{"SASL PLAIN"}, Refuse: map[string]string{"STLS": "no"}}, "does not offer STLS; set tls: implicit or none"},
		"offered and refused": {pop3test.Faults{Capa: []string{"STLS"}, Refuse: map[string]string{"STLS": "out of order"}}, "out of order"},
		"CAPA refused":        {pop3test.Faults{Refuse: map[string]string{"CAPA": "no", "STLS": "no"}}, "does not offer STLS"},
		"CAPA drops":          {pop3test.Faults{Drop: map[string]bool{"CAPA": true}, Refuse: map[string]string{"STLS": "no"}}, "does not offer STLS"},
		"hangs up":            {pop3test.Faults{Drop: map[string]bool{"STLS": true}}, "STLS"},
		"data ahead of TLS":   {pop3test.Faults{InjectAfterSTLS: "+OK\r\nSASL PLAIN\r\n.\r\n"}, "ahead of the TLS handshake"},
	} {
		srv, err := dialError(t, pop3test.Options{TLS: fetch.TLSStart, Faults: tt.faults}, nil)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v does not say %q", name, err, tt.want)
		}
		if errors.Is(err, fetch.ErrAuth) || secrets(srv) {
			t.Errorf("%s: the server heard %q, the error is %v", name, srv.Commands(), err)
		}
	}
}

func TestDial_ForgetsWhatWasSaidAheadOfTLS(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{TLS: fetch.TLSStart})
	open(t, srv)
	want := []string{"CAPA", "STLS", "CAPA", "AUTH PLAIN", "***", "CAPA"}
	if got := srv.Commands(); !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

// Note 4, and a plain server where TLS is expected.
func TestDial_AHandshakeHasALimit(t *testing.T) {
	for mode, f := range map[fetch.TLSMode]pop3test.Faults{
		fetch.TLSStart:    {Capa: []string{"STLS"}, Say: map[string]string{"STLS": "+OK go on"}},
		fetch.TLSImplicit: {},
	} {
		srv := pop3test.New(t, pop3test.Options{Faults: f})
		a := srv.Account("a")
		a.TLS = mode
		var limit pop3.Timeouts
		if mode == fetch.TLSStart { // the other one is told by the first answer
			limit.Dial = 200 * time.Millisecond
		}
		d := pop3.New(pop3.Options{Timeouts: limit})
		_, err := d.Dial(t.Context(), a)
		if err == nil || secrets(srv) {
			t.Errorf("%s: %v, heard %q", mode, err, srv.Commands())
		}
		if mode == fetch.TLSImplicit && !strings.Contains(err.Error(), "does not speak TLS here") {
			t.Errorf("%s: %v gives no hint", mode, err)
		}
	}
}

// Note 6: SNI. And nothing below TLS 1.2.
func TestDial_SendsTheNameAndWantsTLS12(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	hello := make(chan *tls.ClientHelloInfo, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		tls.Server(c, &tls.Config{GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			hello <- h
			return nil, errors.New("seen enough")
		}}).Handshake()
	}()
	d := pop3.New(pop3.Options{Connect: pipeTo(l.Addr().String())})
	_, err = d.Dial(t.Context(), fetch.Account{Name: "a", Host: "pop.example.org", Port: 995, TLS: fetch.TLSImplicit, Username: "u", Password: password("p")})
	if err == nil {
		t.Error("dialled a server that refused")
	}
	<-done
	select {
	case h := <-hello:
		if h.ServerName != "pop.example.org" || slices.Min(h.SupportedVersions) < tls.VersionTLS12 {
			t.Errorf("asked for %q with versions %x", h.ServerName, h.SupportedVersions)
		}
	default:
		t.Error("no TLS hello: ", err)
	}
}
