package pop3_test

import (
	"testing"
	"time"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

func TestLoginDelay_IsWhatCapaSaysAfterLogin(t *testing.T) {
	for _, c := range []struct {
		before, after string
		want          time.Duration
	}{
		{"UIDL", "UIDL", 0},
		{"LOGIN-DELAY 60 USER", "LOGIN-DELAY 720", 12 * time.Minute},
		{"UIDL", "login-delay 5 user", 5 * time.Second},
		{"LOGIN-DELAY 60 USER", "UIDL", 0},
		{"PIPELINING", "LOGIN-DELAY 30", 30 * time.Second},
		{"UIDL", "LOGIN-DELAY", 0},
		{"UIDL", "LOGIN-DELAY -1", 0},
		{"UIDL", "LOGIN-DELAY soon", 0},
		{"UIDL", "LOGIN-DELAY 2000000000", 24 * time.Hour},
		{"UIDL", "LOGIN-DELAY 99999999999999999999", 0},
	} {
		srv := pop3test.New(t, pop3test.Options{Faults: pop3test.Faults{Capa: []string{c.before}, CapaAfter: []string{c.after}}})
		drop, err := pop3.New(pop3.Options{}).Dial(t.Context(), srv.Account("isp"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := drop.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, known := drop.(fetch.Unhurried).LoginDelay(); got != c.want || !known {
			t.Errorf("%q, then %q: LoginDelay = %v, %v, want %v", c.before, c.after, got, known, c.want)
		}
		drop.Close()
	}
}

// A session without CAPA, for a bad line or a bad server, takes back nothing that
// another one was told.
func TestLoginDelay_IsNotKnownWithoutCapa(t *testing.T) {
	for name, f := range map[string]pop3test.Faults{
		"lost":    {Drop: map[string]bool{"CAPA": true}},
		"refused": {Refuse: map[string]string{"CAPA": "what?"}},
	} {
		drop := open(t, pop3test.New(t, pop3test.Options{Faults: f}))
		if got, known := drop.(fetch.Unhurried).LoginDelay(); known || got != 0 {
			t.Errorf("%s: LoginDelay = %v, %v", name, got, known)
		}
	}
}
