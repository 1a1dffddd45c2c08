package pop3_test

import (
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

func TestQuirk03_ForgetsWhatWasSaidAheadOfTLS(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{TLS: fetch.TLSStart})
	list(t, open(t, srv))
	want := []string{"CAPA", "STLS", "CAPA", "AUTH PLAIN", "***", "CAPA", "LIST", "UIDL"}
	if got := srv.Commands(); !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

func TestQuirk03_DropsTheConnectionAtDataAheadOfTheHandshake(t *testing.T) {
	srv, err := dialError(t, pop3test.Options{TLS: fetch.TLSStart, Faults: pop3test.Faults{InjectAfterSTLS: "+OK\r\nSASL PLAIN\r\n.\r\n"}}, nil)
	if err == nil || !strings.Contains(err.Error(), "ahead of the TLS handshake") || secrets(srv) {
		t.Errorf("error %v, heard %q", err, srv.Commands())
	}
}

func TestQuirk04_AHandshakeHasALimit(t *testing.T) {
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

func TestQuirk05_NeverGoesOnWithoutTheTLSAskedFor(t *testing.T) {
	for name, tt := range map[string]struct {
		faults pop3test.Faults
		want   string
	}{
		"not offered":         {pop3test.Faults{Capa: []string{"SASL PLAIN"}, Refuse: map[string]string{"STLS": "no"}}, "does not offer STLS; set tls: implicit or none"},
		"offered and refused": {pop3test.Faults{Capa: []string{"STLS"}, Refuse: map[string]string{"STLS": "out of order"}}, "out of order"},
		"CAPA refused":        {pop3test.Faults{Refuse: map[string]string{"CAPA": "no", "STLS": "no"}}, "does not offer STLS"},
		"CAPA drops":          {pop3test.Faults{Drop: map[string]bool{"CAPA": true}, Refuse: map[string]string{"STLS": "no"}}, "does not offer STLS"},
		"hangs up":            {pop3test.Faults{Drop: map[string]bool{"STLS": true}}, "STLS"},
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

func TestQuirk06_SendsTheNameAndWantsTLS12(t *testing.T) {
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

func TestQuirk39_AFingerprintPinsTheCertificate(t *testing.T) {
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
