package pop3_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

func TestReport_TellsWhatADecentServerShows(t *testing.T) {
	mail := letters(3)
	srv := pop3test.New(t, pop3test.Options{Messages: mail, TLS: fetch.TLSStart})
	r, err := pop3.New(pop3.Options{}).Report(t.Context(), srv.Account("isp"))
	if err != nil {
		t.Fatal(err)
	}
	size := int64(0)
	for _, m := range mail {
		size += int64(len(m))
	}
	if r.Account != "isp" || r.Greeting != "pop3test ready" || r.Login != "PLAIN" || r.Messages != 3 || r.Octets != size || r.RoundTrip <= 0 {
		t.Errorf("report is %+v", r)
	}
	if r.UIDL != pop3.Works || r.TOP != pop3.Works || r.Pipelined != pop3.Works || len(r.Quirks) != 0 {
		t.Errorf("report is %+v", r)
	}
	if !slices.Contains(r.Greeted, "STLS") || slices.Contains(r.Secured, "STLS") || !slices.Contains(r.LoggedIn, "UIDL") {
		t.Errorf("capabilities are %q, %q, %q", r.Greeted, r.Secured, r.LoggedIn)
	}
	if r.TLS == nil || r.TLS.Version != "TLS 1.3" || r.TLS.Subject != "CN=localhost" || r.TLS.Fingerprint != srv.Fingerprint() {
		t.Errorf("TLS is %+v", r.TLS)
	}
	if got := r.TLS.DaysLeft(r.TLS.NotAfter.Add(-47 * time.Hour)); got != 1 {
		t.Errorf("47 hours are %d days", got)
	}
	if slices.ContainsFunc(srv.Commands(), func(c string) bool { return strings.HasPrefix(c, "RETR") || strings.HasPrefix(c, "DELE") }) || srv.Quits() != 1 {
		t.Errorf("heard %q", srv.Commands())
	}
}

func TestReport_SaysInWordsWhatIsOdd(t *testing.T) {
	for _, tt := range []struct {
		name string
		f    pop3test.Faults
		want string
	}{
		{"no CAPA", pop3test.Faults{Refuse: map[string]string{"CAPA": "what?"}}, "it does not know CAPA"},
		{"CAPA drops", pop3test.Faults{Drop: map[string]bool{"CAPA": true}}, "it does not survive CAPA, which is not asked therefore"},
		{"in clear", pop3test.Faults{}, "there is no TLS: who is on the way can read all the mail"},
		{"late capabilities", pop3test.Faults{Capa: []string{"USER"}, CapaAfter: []string{"user", "UIDL", "LOGIN-DELAY 720"}}, "it lists some capabilities after login only: UIDL, LOGIN-DELAY 720"},
		{"login delay", pop3test.Faults{CapaAfter: []string{"LOGIN-DELAY 720"}}, "it wants 720 seconds between two logins"},
		{"expire", pop3test.Faults{CapaAfter: []string{"EXPIRE 30 USER"}}, "it deletes mail by itself: EXPIRE 30 (days)"},
		{"LIST is short", pop3test.Faults{HideList: func(n int) bool { return n == 2 }}, "LIST shows 2 messages, and STAT 3"},
		{"STAT babbles", pop3test.Faults{Say: map[string]string{"STAT": "+OK three letters"}}, `its answer to STAT makes no sense: "three letters"`},
		{"STAT refused", pop3test.Faults{Refuse: map[string]string{"STAT": "no"}}, "it refuses STAT"},
		{"NOOP refused", pop3test.Faults{Refuse: map[string]string{"NOOP": "no"}}, "it refuses NOOP"},
		{"empty UIDs", pop3test.Faults{HideUIDL: func(n int) bool { return n == 2 }}, "1 of 3 messages have no UID, and are known by their contents"},
		{"same UIDs", pop3test.Faults{UIDLLine: func(_, n int, _ string) string { return fmt.Sprint(n, " same") }}, "2 of 3 messages have the UID of another"},
		{"long UIDs", pop3test.Faults{UIDLLine: func(_, n int, u string) string { return fmt.Sprint(n, " ", u, strings.Repeat("x", 90)) }}, "3 of 3 messages have UIDs of more than 70 octets"},
		{"strange UIDs", pop3test.Faults{UIDLLine: uidl("%d \xfc%s")}, "3 of 3 messages have UIDs that are not in visible ASCII"},
		{"TOP twice", pop3test.Faults{TopTwice: true}, "it answers TOP with two lines of +OK"},
		{"TOP whole", pop3test.Faults{TopWhole: true}, "it answers TOP 1 0 with more than the header"},
		{"QUIT refused", pop3test.Faults{Refuse: map[string]string{"QUIT": "no"}}, `it does not answer QUIT with +OK: QUIT: the server said "no"`},
	} {
		srv := pop3test.New(t, pop3test.Options{Messages: letters(3), Faults: tt.f})
		r, err := pop3.New(pop3.Options{}).Report(t.Context(), srv.Account("a"))
		if err != nil || !slices.Contains(r.Quirks, tt.want) {
			t.Errorf("%s: %v, quirks %q, want %q", tt.name, err, r.Quirks, tt.want)
		}
	}
}

func TestReport_TellsWhatWorksFromWhatIsListed(t *testing.T) {
	for _, tt := range []struct {
		f                     pop3test.Faults
		uidl, top, pipelining pop3.Ability
	}{
		{pop3test.Faults{Capa: []string{"USER"}}, pop3.Unlisted, pop3.Unlisted, pop3.Missing},
		{pop3test.Faults{Refuse: map[string]string{"UIDL": "no", "TOP": "no"}}, pop3.Broken, pop3.Broken, pop3.Works},
		{pop3test.Faults{Capa: []string{"USER"}, Refuse: map[string]string{"UIDL": "no", "TOP": "no"}}, pop3.Missing, pop3.Missing, pop3.Missing},
	} {
		srv := pop3test.New(t, pop3test.Options{Messages: letters(1), Faults: tt.f})
		r, err := pop3.New(pop3.Options{}).Report(t.Context(), srv.Account("a"))
		if err != nil || r.UIDL != tt.uidl || r.TOP != tt.top || r.Pipelined != tt.pipelining {
			t.Errorf("%+v: %v, %s, %s, %s", tt.f, err, r.UIDL, r.TOP, r.Pipelined)
		}
	}
	r, err := pop3.New(pop3.Options{}).Report(t.Context(), pop3test.New(t, pop3test.Options{}).Account("a"))
	if err != nil || r.UIDL != pop3.Works || r.TOP != pop3.Untried {
		t.Errorf("of an empty maildrop: %v, %+v", err, r)
	}
	synctest.Test(t, func(t *testing.T) {
		srv, err := pop3test.Make(pop3test.Options{Messages: letters(1), Faults: pop3test.Faults{LosePipelined: true}})
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Close()
		r, err := pop3.New(pop3.Options{Connect: srv.Dial}).Report(t.Context(), srv.Account("a"))
		if err != nil || r.Pipelined != pop3.Broken || len(r.Quirks) != 2 {
			t.Errorf("where pipelined commands are lost: %v, %+v", err, r)
		}
	})
}

func TestReport_GivesWhatItLearntBesideAnError(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{TLS: fetch.TLSImplicit, Faults: pop3test.Faults{Drop: map[string]bool{"UIDL": true}}})
	a := srv.Account("a")
	r, err := pop3.New(pop3.Options{}).Report(t.Context(), a)
	if err == nil || r.Greeting == "" || r.TLS == nil || r.Login != "PLAIN" || r.LoggedIn == nil || r.RoundTrip == 0 || r.UIDL != pop3.Untried {
		t.Errorf("after UIDL: %v, %+v", err, r)
	}
	a.Password = password("wrong")
	r, err = pop3.New(pop3.Options{}).Report(t.Context(), a)
	if err == nil || r.Greeted == nil || r.Login != "" || r.LoggedIn != nil {
		t.Errorf("after a wrong password: %v, %+v", err, r)
	}
	a.Port = 1
	if r, err = pop3.New(pop3.Options{}).Report(t.Context(), a); err == nil || r.Address != "127.0.0.1:1" {
		t.Errorf("of nobody: %v, %+v", err, r)
	}
}

func TestReport_SaysWhenACertificateEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, err := pop3test.Make(pop3test.Options{TLS: fetch.TLSImplicit})
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Close()
		d := pop3.New(pop3.Options{Connect: srv.Dial})
		for _, tt := range []struct {
			at   time.Time // on the fake clock, which starts in 2000; the end is 2099-01-01
			want []string
		}{
			{time.Date(2098, 12, 17, 0, 0, 0, 0, time.UTC), nil},
			{time.Date(2098, 12, 28, 12, 0, 0, 0, time.UTC), []string{"its certificate is good for 3 more days only"}},
			{time.Date(2099, 1, 1, 1, 0, 0, 0, time.UTC), []string{"its certificate ended on 2099-01-01"}},
		} {
			<-time.After(time.Until(tt.at))
			r, err := d.Report(t.Context(), srv.Account("a"))
			if err != nil || !slices.Equal(r.Quirks, tt.want) {
				t.Errorf("%s: %v, %q, want %q", tt.at, err, r.Quirks, tt.want)
			}
		}
	})
}
