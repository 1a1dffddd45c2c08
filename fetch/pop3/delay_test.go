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
		if got := drop.(fetch.Unhurried).LoginDelay(); got != c.want {
			t.Errorf("%q, then %q: LoginDelay = %v, want %v", c.before, c.after, got, c.want)
		}
		drop.Close()
	}
}
