package pop3_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

// An account that moves to another provider begins with a clean slate there, and
// finds the old one again where it moves back.
func TestQuirks_AreTheServersAndNotTheAccounts(t *testing.T) {
	kept := &shelf{}
	d := pop3.New(pop3.Options{Quirks: kept})
	bad := pop3test.New(t, pop3test.Options{TLS: fetch.TLSImplicit, Faults: pop3test.Faults{Drop: map[string]bool{"CAPA": true}}})
	good := pop3test.New(t, pop3test.Options{TLS: fetch.TLSImplicit, Faults: pop3test.Faults{Capa: []string{everything}}})
	for _, srv := range []*pop3test.Server{bad, good, bad} {
		m, err := d.Dial(t.Context(), srv.Account("a"))
		if err != nil {
			t.Fatal(err)
		}
		m.Close()
	}
	if got := good.Commands(); got[0] != "CAPA" {
		t.Errorf("the good server heard %q", got)
	}
	if n := bad.Sessions(); n != 3 {
		t.Errorf("%d sessions with the bad server, want 3: its quirk is forgotten", n)
	}
}

// Without TLS a line that breaks at CAPA may be a bad line, and what is behind it
// is the password: one break is not believed.
func TestLogin_ABadLineBringsNoPasswordIntoTheClear(t *testing.T) {
	capa := []string{"SASL SCRAM-SHA-256 PLAIN", "UIDL"}
	pipe(t, pop3test.Options{Faults: pop3test.Faults{Capa: capa, Drop: map[string]bool{"CAPA": true}}}, func(t *testing.T, srv *pop3test.Server, _ *pop3.Dialer) {
		dials := 0
		d := pop3.New(pop3.Options{Connect: func(ctx context.Context, network, address string) (net.Conn, error) {
			if dials++; dials == 2 {
				srv.SetFaults(pop3test.Faults{Capa: capa})
			}
			return srv.Dial(ctx, network, address)
		}})
		for range 2 {
			m, err := d.Dial(t.Context(), srv.Account("a"))
			if err != nil {
				t.Fatal(err)
			}
			m.Close()
			<-time.After(time.Hour)
		}
		if heard := srv.Commands(); slices.ContainsFunc(heard, func(c string) bool { return strings.HasPrefix(c, "PASS") || c == "AUTH PLAIN" }) {
			t.Errorf("heard %q", heard)
		}
	})
}
