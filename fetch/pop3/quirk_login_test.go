package pop3_test

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

// The tests called TestQuirkNN stand for the rows of the table "What the POP3
// client must survive" in the field notes, by number.

func TestQuirk01_GoesOnWithoutCapaAndRemembers(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{Messages: letters(2), TLS: fetch.TLSImplicit, Faults: pop3test.Faults{Drop: map[string]bool{"CAPA": true}}})
	d := pop3.New(pop3.Options{})
	for range 2 {
		m, err := d.Dial(t.Context(), srv.Account("a"))
		if err != nil {
			t.Fatal(err)
		}
		if items := list(t, m); len(items) != 2 || items[0].UID == "" {
			t.Errorf("listed %v", items)
		}
		if err := m.Quit(t.Context()); err != nil {
			t.Error(err)
		}
	}
	endless := pop3test.New(t, pop3test.Options{Messages: letters(2), Faults: pop3test.Faults{Capa: slices.Repeat([]string{"X"}, 5000)}})
	if items := list(t, open(t, endless)); len(items) != 2 {
		t.Errorf("listed %v behind an endless CAPA", items)
	}
	asked := 0
	for _, c := range srv.Commands() {
		if c == "CAPA" {
			asked++
		}
	}
	if asked != 1 || srv.Sessions() != 3 {
		t.Errorf("CAPA was asked %d times in %d sessions, want once in 3", asked, srv.Sessions())
	}
}

func TestQuirk01_SurvivesAHangAtCapa(t *testing.T) {
	pipe(t, pop3test.Options{Messages: letters(2), TLS: fetch.TLSImplicit, Faults: pop3test.Faults{Hang: map[string]bool{"CAPA": true}}}, func(t *testing.T, srv *pop3test.Server, d *pop3.Dialer) {
		for range 2 {
			if err := use(t.Context(), d, srv.Account("a")); err != nil {
				t.Fatal(err)
			}
			srv.Add(letters(1)[0])
		}
		if srv.Sessions() != 3 {
			t.Errorf("%d sessions, want 3: a failed one and two without CAPA", srv.Sessions())
		}
		<-time.After(25 * time.Hour) // on the fake clock
		srv.SetFaults(pop3test.Faults{})
		heard := len(srv.Commands())
		if err := use(t.Context(), d, srv.Account("a")); err != nil || srv.Commands()[heard] != "CAPA" {
			t.Errorf("a day later: %v, heard %q", err, srv.Commands()[heard:])
		}
	})
}

func TestQuirk02_AsksForCapabilitiesAgainBehindTheLogin(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{Messages: letters(70), Faults: pop3test.Faults{Capa: []string{"USER"}, CapaAfter: []string{"UIDL", "PIPELINING"}}})
	m := open(t, srv)
	if got, err := retrieve(t.Context(), m, list(t, m)); err != nil || len(got) != 70 {
		t.Error(len(got), err)
	}
	if got := srv.Commands()[:4]; !slices.Equal(got, []string{"CAPA", "USER user", "PASS ***", "CAPA"}) {
		t.Errorf("heard %q", got)
	}
	never := pop3test.New(t, pop3test.Options{Messages: letters(2), Faults: pop3test.Faults{Capa: []string{"USER"}}})
	if items := list(t, open(t, never)); items[1].UID != "uid000002" {
		t.Errorf("UIDL was not asked where CAPA does not list it: %v", items)
	}
}

func TestQuirk04_NoStepWaitsForEver(t *testing.T) {
	for _, step := range []string{"GREETING", "UTF8", "AUTH", "USER", "PASS", "LIST", "UIDL", "TOP", "RETR", "DELE", "QUIT"} {
		for _, capa := range [][]string{{"UTF8", "SASL PLAIN", "PIPELINING"}, {"UTF8"}} {
			if (step == "AUTH") != (len(capa) > 1) && (step == "AUTH" || step == "USER" || step == "PASS") {
				continue
			}
			o := pop3test.Options{Messages: letters(3), Faults: pop3test.Faults{Capa: capa, Hang: map[string]bool{step: true}}}
			pipe(t, o, func(t *testing.T, srv *pop3test.Server, d *pop3.Dialer) {
				start := time.Now()
				err := use(t.Context(), d, srv.Account("a"))
				if took := time.Since(start); !errors.Is(err, os.ErrDeadlineExceeded) || took > 2*time.Minute {
					t.Errorf("hanging at %s ended after %v with %v", step, took, err)
				}
				if errors.Is(err, fetch.ErrAuth) || len(srv.Deleted()) > 0 {
					t.Errorf("hanging at %s: %v, deleted %q", step, err, srv.Deleted())
				}
			})
		}
	}
}

func TestQuirk09_TakesAnyContinuation(t *testing.T) {
	for _, c := range []string{"+", "+ ", "+OK", "+OK go on", "+ not base64!", "+go on", "+ VXNlcm5hbWU6"} {
		for _, mech := range []string{"SASL PLAIN", "SASL LOGIN"} {
			srv, err := dialError(t, pop3test.Options{Faults: pop3test.Faults{Challenge: c, Capa: []string{mech}}}, nil)
			if err != nil || slices.Contains(srv.Commands(), "PASS ***") {
				t.Errorf("%s, %q: %v, heard %q", mech, c, err, srv.Commands())
			}
		}
	}
}

func TestQuirk10_TriesAnotherMechanismOnlyAheadOfThePassword(t *testing.T) {
	srv, _ := dialError(t, pop3test.Options{Faults: pop3test.Faults{Refuse: map[string]string{"AUTH": "unknown command"}}}, nil)
	want := []string{"CAPA", "AUTH PLAIN", "AUTH LOGIN", "USER user", "PASS ***"}
	if !slices.Equal(srv.Commands(), want) {
		t.Errorf("heard %q, want %q", srv.Commands(), want)
	}
	srv, _ = dialError(t, pop3test.Options{}, func(a *fetch.Account) { a.Password = password("wrong") })
	if want := []string{"CAPA", "AUTH PLAIN", "***"}; !slices.Equal(srv.Commands(), want) {
		t.Errorf("heard %q, want %q", srv.Commands(), want)
	}
	srv, err := dialError(t, pop3test.Options{Faults: pop3test.Faults{BadLogin: "+ eyJzdGF0dXMiOiI0MDAifQ=="}}, func(a *fetch.Account) { a.Password = password("wrong") })
	if last := srv.Commands()[len(srv.Commands())-1]; last != "*" || !errors.Is(err, fetch.ErrAuth) {
		t.Errorf("a further question was answered %q: %v", last, err)
	}
}

func TestQuirk11_AHangUpAfterThePasswordIsARefusal(t *testing.T) {
	for _, capa := range []string{"SASL PLAIN", "SASL LOGIN", "USER"} {
		_, err := dialError(t, pop3test.Options{Faults: pop3test.Faults{Capa: []string{capa}, HangUpOnBadPassword: true}},
			func(a *fetch.Account) { a.Password = password("wrong") })
		if !errors.Is(err, fetch.ErrAuth) || !errors.Is(err, fetch.ErrHungUp) {
			t.Errorf("%s: %v", capa, err)
		}
	}
	_, err := dialError(t, pop3test.Options{Faults: pop3test.Faults{Capa: []string{"USER"}, Drop: map[string]bool{"USER": true}}}, nil)
	if err == nil || errors.Is(err, fetch.ErrAuth) {
		t.Errorf("a hang-up ahead of the password: %v", err)
	}
}

func TestQuirk13_TellsAWrongPasswordFromABusyServer(t *testing.T) {
	tests := []struct {
		answer string
		want   error // nil: neither
	}{
		{"invalid user or password", fetch.ErrAuth},
		{"[AUTH] too many failures, wait", fetch.ErrAuth}, // the code is surer than the words
		{"your account is locked, call us", fetch.ErrAuth},
		{"you are blocked", fetch.ErrAuth},
		{"", fetch.ErrAuth},
		{"[IN-USE] maildrop busy", fetch.ErrBusy},
		{"[LOGIN-DELAY] minimum time between mail checks", fetch.ErrBusy},
		{"[SYS/TEMP] trouble", fetch.ErrBusy},
		{"sorry [in-use] [IN-USE]", fetch.ErrBusy},
		{"maildrop already locked", fetch.ErrBusy},
		{"Unable to lock maildrop", fetch.ErrBusy},
		{"please wait 30 seconds", fetch.ErrBusy},
		{"Service unavailable", fetch.ErrBusy},
		{"Exceeded the login limit for a 15 minute period", fetch.ErrBusy},
		{"[LIMIT] too many logins, wait 10 minutes", fetch.ErrBusy}, // nobody knows the code
		{"[SYS/TEMP/DISK] trouble", fetch.ErrBusy},
		{"[AUTH/EXPIRED] too old, wait for a new one", fetch.ErrAuth},
		{"[LIMIT] no", fetch.ErrAuth},
		{"[SYS/PERM] mailbox is broken", nil},
		{"[SYS/PERM/QUOTA] wait", nil},
	}
	for _, tt := range tests {
		for _, capa := range [][]string{{"SASL PLAIN"}, {"SASL LOGIN"}, {"USER"}} {
			_, err := dialError(t, pop3test.Options{Faults: pop3test.Faults{Capa: capa, BadLogin: "-ERR " + tt.answer}},
				func(a *fetch.Account) { a.Password = password("hunter2") })
			auth, busy := errors.Is(err, fetch.ErrAuth), errors.Is(err, fetch.ErrBusy)
			if err == nil || auth != (tt.want == fetch.ErrAuth) || busy != (tt.want == fetch.ErrBusy) {
				t.Errorf("%s: %q is %v, want %v", capa, tt.answer, err, tt.want)
			}
		}
	}
}

func TestQuirk13_AGreetingThatRefusesIsBusy(t *testing.T) {
	_, err := dialError(t, pop3test.Options{Faults: pop3test.Faults{Refuse: map[string]string{"GREETING": "too many connections"}}}, nil)
	if !errors.Is(err, fetch.ErrBusy) {
		t.Error(err)
	}
}

func TestQuirk33_AsksForUTF8AheadOfLogin(t *testing.T) {
	for _, refuse := range []string{"", "no"} {
		srv, err := dialError(t, pop3test.Options{Faults: pop3test.Faults{Capa: []string{"UTF8", "SASL PLAIN"}, Refuse: map[string]string{"UTF8": refuse}}}, nil)
		if want := []string{"CAPA", "UTF8", "AUTH PLAIN", "***", "CAPA"}; err != nil || !slices.Equal(srv.Commands(), want) {
			t.Errorf("%v, heard %q, want %q", err, srv.Commands(), want)
		}
	}
}

func TestQuirk35_TakesAnyGreeting(t *testing.T) {
	for _, g := range []string{"<1.2@h> hello", "hello <not a stamp [IN-USE] world", "\xff\x00"} {
		srv := pop3test.New(t, pop3test.Options{Faults: pop3test.Faults{Greeting: g}})
		open(t, srv)
	}
}

func TestQuirk37_SendsNamesAndPasswordsAsTheyAre(t *testing.T) {
	for _, capa := range []string{"SASL PLAIN", "SASL LOGIN", "USER"} {
		srv := pop3test.New(t, pop3test.Options{User: "me@example.org (home)", Password: " two  words ", Faults: pop3test.Faults{Capa: []string{capa}}})
		open(t, srv)
	}
}

// withToken is a server that knows a good token, and an account with one.
func withToken(t *testing.T, f pop3test.Faults, auth fetch.Auth, token string) (*pop3test.Server, error) {
	t.Helper()
	return dialError(t, pop3test.Options{TLS: fetch.TLSImplicit, Token: "ya29.good", Faults: f}, func(a *fetch.Account) {
		a.Auth = auth
		a.Token = func(context.Context) (string, error) { return token, nil }
	})
}

func TestQuirk07_XOAUTH2GoesOnTwoLines(t *testing.T) {
	srv, err := withToken(t, pop3test.Faults{Capa: []string{"SASL XOAUTH2"}}, fetch.AuthAuto, "ya29.good")
	if want := []string{"CAPA", "AUTH XOAUTH2", "***", "CAPA"}; err != nil || !slices.Equal(srv.Commands(), want) {
		t.Errorf("%v, heard %q, want %q", err, srv.Commands(), want)
	}
}

func TestQuirk07_AnswersTheErrorAheadOfTheRefusal(t *testing.T) {
	for auth, amen := range map[fetch.Auth]string{fetch.AuthXOAUTH2: "", fetch.AuthOAuthBearer: "AQ=="} {
		for _, tt := range []struct{ fault, want string }{
			{"", "(status 401, scope https://mail.example.org/)"},
			{`{"status":400}`, "(status 400)"},
			{`no JSON`, "the token was refused: it may have expired"},
			{`{"status":"ya29.stale"}`, "(status ***)"},
		} {
			srv, err := withToken(t, pop3test.Faults{TokenFault: tt.fault}, auth, "ya29.stale")
			if want := []string{"CAPA", "AUTH " + strings.ToUpper(string(auth)), "***", amen}; !slices.Equal(srv.Commands(), want) {
				t.Errorf("%s, %q: heard %q, want %q", auth, tt.fault, srv.Commands(), want)
			}
			if !errors.Is(err, fetch.ErrAuth) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "ya29") {
				t.Errorf("%s, %q: %v does not say %q", auth, tt.fault, err, tt.want)
			}
		}
		_, err := withToken(t, pop3test.Faults{BadLogin: "-ERR Authentication failure: unknown user name or bad password."}, auth, "ya29.stale")
		if !errors.Is(err, fetch.ErrAuth) || !strings.Contains(err.Error(), "the token was refused: it may have expired") {
			t.Errorf("%s without a challenge: %v", auth, err)
		}
	}
}

func TestQuirk08_TokensAreTriedThoughNotListed(t *testing.T) {
	for _, f := range []pop3test.Faults{{Capa: []string{"SASL PLAIN"}}, {Capa: []string{"USER"}}, {Refuse: map[string]string{"CAPA": "what?"}}} {
		for auth, want := range map[fetch.Auth]string{
			fetch.AuthAuto: "AUTH XOAUTH2", fetch.AuthXOAUTH2: "AUTH XOAUTH2", fetch.AuthOAuthBearer: "AUTH OAUTHBEARER",
		} {
			srv, err := withToken(t, f, auth, "ya29.good")
			if err != nil || !slices.Contains(srv.Commands(), want) {
				t.Errorf("%s, %q: %v, heard %q", auth, f.Capa, err, srv.Commands())
			}
		}
	}
}

func TestQuirk09_TakesPlusOKForAContinuation(t *testing.T) {
	for _, capa := range []string{"SASL SCRAM-SHA-256", "SASL PLAIN", "SASL LOGIN"} {
		var said []string
		srv := pop3test.New(t, pop3test.Options{TLS: fetch.TLSImplicit, Faults: pop3test.Faults{Capa: []string{capa}, PlusOK: true}})
		d := pop3.New(pop3.Options{Trace: func(string) pop3.Tracer {
			return func(_ pop3.Side, line string) { said = append(said, line) }
		}})
		m, err := d.Dial(t.Context(), srv.Account("a"))
		if strings.Contains(capa, "SCRAM") {
			// The challenge is understood; +OK in the place of the server's proof is none.
			if err == nil || !strings.Contains(err.Error(), "without proving") {
				t.Errorf("%s: %v, %q", capa, err, said)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v, %q", capa, err, said)
			continue
		}
		m.Close()
	}
}

func TestQuirk10_CancelsWithAStarAndTriesTheNext(t *testing.T) {
	first := "+ " + base64.StdEncoding.EncodeToString([]byte("e=unknown-user"))
	srv, err := dialError(t, pop3test.Options{TLS: fetch.TLSImplicit, Faults: pop3test.Faults{
		Capa: []string{"SASL SCRAM-SHA-256 PLAIN"}, SCRAMFirst: first,
	}}, nil)
	// The server has gone on to the next command, where * is none.
	if want := []string{"CAPA", "AUTH SCRAM-SHA-256", "***", "*", "AUTH PLAIN", "***", "CAPA"}; err != nil || !slices.Equal(srv.Commands(), want) {
		t.Errorf("%v, heard %q, want %q", err, srv.Commands(), want)
	}
}

func TestQuirk12_APOPOnlyWhenAskedForAndUnderTLS(t *testing.T) {
	const stamped = "ready <1896.697170952@dbc.mtview.ca.us> at last"
	f := pop3test.Faults{Greeting: stamped, Capa: []string{"USER"}}
	for _, auth := range []fetch.Auth{fetch.AuthAuto, fetch.AuthUser} {
		srv, err := dialError(t, pop3test.Options{TLS: fetch.TLSImplicit, Faults: f}, func(a *fetch.Account) { a.Auth = auth })
		if err != nil || slices.Contains(srv.Commands(), "APOP ***") {
			t.Errorf("%s: %v, heard %q", auth, err, srv.Commands())
		}
	}
	apop := func(a *fetch.Account) { a.Auth = fetch.AuthAPOP }
	for _, mode := range []fetch.TLSMode{fetch.TLSImplicit, fetch.TLSStart} {
		srv, err := dialError(t, pop3test.Options{TLS: mode, Faults: f}, apop)
		if err != nil || !slices.Contains(srv.Commands(), "APOP ***") {
			t.Errorf("%s: %v, heard %q", mode, err, srv.Commands())
		}
	}
	srv, err := dialError(t, pop3test.Options{Faults: f}, apop)
	if err == nil || !strings.Contains(err.Error(), "under TLS only") || srv.Sessions() > 0 {
		t.Errorf("without TLS: %v after %d sessions", err, srv.Sessions())
	}
	f.Refuse = map[string]string{"APOP": "not implemented"} // claims it and does not do it
	srv, err = dialError(t, pop3test.Options{TLS: fetch.TLSImplicit, Faults: f}, apop)
	if !errors.Is(err, fetch.ErrAuth) || slices.Contains(srv.Commands(), "PASS ***") {
		t.Errorf("a broken APOP: %v, heard %q", err, srv.Commands())
	}
}

func TestQuirk12_AStampThatIsNoMessageIDIsNotAnswered(t *testing.T) {
	for _, g := range []string{"ready", "<>", "<a@>", "<@b>", "<a b@c>", "<a@b@c>", "<\xff\xfe@b>", "<a@b", "<a\x01@b>", `<"a"@b>`, "<a@[x y]>"} {
		srv, err := dialError(t, pop3test.Options{TLS: fetch.TLSImplicit, Faults: pop3test.Faults{Greeting: g}}, func(a *fetch.Account) { a.Auth = fetch.AuthAPOP })
		if err == nil || !strings.Contains(err.Error(), "no time stamp") || slices.Contains(srv.Commands(), "APOP ***") {
			t.Errorf("%q: %v, heard %q", g, err, srv.Commands())
		}
	}
}

func TestQuirk14_ALoginLimitAsksToComeBackLater(t *testing.T) {
	for _, line := range []string{
		"-ERR Exceeded the login limit for a 15 minute period. Reduce the frequency of requests to the POP3 server.",
		"-ERR [LOGIN-DELAY] minimum time between mail checks is 720 seconds",
		"-ERR logins too often, try again later",
	} {
		srv, err := dialError(t, pop3test.Options{Faults: pop3test.Faults{BadLogin: line}}, func(a *fetch.Account) { a.Password = password("wrong") })
		if !errors.Is(err, fetch.ErrBusy) || errors.Is(err, fetch.ErrAuth) || srv.Sessions() != 1 {
			t.Errorf("%q: %v after %d sessions", line, err, srv.Sessions())
		}
	}
}

func TestQuirk29_AHeldLockIsPassingTrouble(t *testing.T) {
	for _, line := range []string{"-ERR [IN-USE] Do you have another POP session running?", "-ERR maildrop already locked", "-ERR mailbox is in use by another session"} {
		for _, capa := range []string{"USER", "SASL PLAIN", "SASL LOGIN", "SASL SCRAM-SHA-256"} {
			_, err := dialError(t, pop3test.Options{Faults: pop3test.Faults{Capa: []string{capa}, BadLogin: line}}, func(a *fetch.Account) { a.Password = password("wrong") })
			if !errors.Is(err, fetch.ErrBusy) || errors.Is(err, fetch.ErrAuth) {
				t.Errorf("%s, %q: %v", capa, line, err)
			}
		}
	}
}

func TestQuirk30_NeverAsksLAST(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{Messages: letters(2)})
	d := pop3.New(pop3.Options{})
	if err := use(t.Context(), d, srv.Account("a")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Report(t.Context(), srv.Account("a")); err != nil {
		t.Fatal(err)
	}
	if len(srv.Commands()) < 15 || slices.ContainsFunc(srv.Commands(), func(c string) bool { return strings.HasPrefix(strings.ToUpper(c), "LAST") }) {
		t.Errorf("heard %q", srv.Commands())
	}
}
