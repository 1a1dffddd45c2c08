package pop3_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

// dialError is what Dial says to a server with these faults.
func dialError(t *testing.T, o pop3test.Options, change func(*fetch.Account)) (*pop3test.Server, error) {
	t.Helper()
	srv := pop3test.New(t, o)
	a := srv.Account("a")
	if change != nil {
		change(&a)
	}
	m, err := pop3.New(pop3.Options{}).Dial(t.Context(), a)
	if err == nil {
		m.Close()
	}
	return srv, err
}

func TestDial_TellsAWrongPasswordFromABusyServer(t *testing.T) {
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
		{"[SYS/PERM] mailbox is broken", nil},
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

func TestDial_AGreetingThatRefusesIsBusy(t *testing.T) {
	_, err := dialError(t, pop3test.Options{Faults: pop3test.Faults{Refuse: map[string]string{"GREETING": "too many connections"}}}, nil)
	if !errors.Is(err, fetch.ErrBusy) {
		t.Error(err)
	}
}

// Note 11.
func TestDial_AHangUpAfterThePasswordIsARefusal(t *testing.T) {
	for _, capa := range []string{"SASL PLAIN", "SASL LOGIN", "USER"} {
		_, err := dialError(t, pop3test.Options{Faults: pop3test.Faults{Capa: []string{capa}, HangUpOnBadPassword: true}},
			func(a *fetch.Account) { a.Password = password("wrong") })
		if !errors.Is(err, fetch.ErrAuth) {
			t.Errorf("%s: %v", capa, err)
		}
	}
	_, err := dialError(t, pop3test.Options{Faults: pop3test.Faults{Capa: []string{"USER"}, Drop: map[string]bool{"USER": true}}}, nil)
	if err == nil || errors.Is(err, fetch.ErrAuth) {
		t.Errorf("a hang-up ahead of the password: %v", err)
	}
}

// Note 9.
func TestDial_TakesAnyContinuation(t *testing.T) {
	for _, c := range []string{"+", "+ ", "+OK", "+OK go on", "+ not base64!", "+go on", "+ VXNlcm5hbWU6"} {
		for _, mech := range []string{"SASL PLAIN", "SASL LOGIN"} {
			srv, err := dialError(t, pop3test.Options{Faults: pop3test.Faults{Challenge: c, Capa: []string{mech}}}, nil)
			if err != nil || slices.Contains(srv.Commands(), "PASS ***") {
				t.Errorf("%s, %q: %v, heard %q", mech, c, err, srv.Commands())
			}
		}
	}
}

// Note 10: a mechanism that comes to nothing is not the end, a refused password is.
func TestDial_TriesAnotherMechanismOnlyAheadOfThePassword(t *testing.T) {
	srv, _ := dialError(t, pop3test.Options{Faults: pop3test.Faults{Refuse: map[string]string{"AUTH": "unknown command"}}}, nil)
	want := []string{"CAPA", "AUTH PLAIN", "AUTH LOGIN", "USER user", "PASS ***", "CAPA"}
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

// Notes 33 and 2.
func TestDial_AsksForUTF8AheadOfLoginAndForCapabilitiesBehind(t *testing.T) {
	for _, refuse := range []string{"", "no"} {
		srv, err := dialError(t, pop3test.Options{Faults: pop3test.Faults{Capa: []string{"UTF8", "SASL PLAIN"}, Refuse: map[string]string{"UTF8": refuse}}}, nil)
		if want := []string{"CAPA", "UTF8", "AUTH PLAIN", "***", "CAPA"}; err != nil || !slices.Equal(srv.Commands(), want) {
			t.Errorf("%v, heard %q, want %q", err, srv.Commands(), want)
		}
	}
	srv := pop3test.New(t, pop3test.Options{Messages: letters(70), Faults: pop3test.Faults{Capa: []string{"USER"}, CapaAfter: []string{"UIDL", "PIPELINING"}}})
	m := open(t, srv)
	if got, err := retrieve(t.Context(), m, list(t, m)); err != nil || len(got) != 70 {
		t.Error(len(got), err)
	}
}

// Note 1.
func TestDial_GoesOnWithoutCapaAndRemembers(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{Messages: letters(2), Faults: pop3test.Faults{Drop: map[string]bool{"CAPA": true}}})
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

// Notes 16, 17, 18, 19.
func TestList_SurvivesWhatServersWrite(t *testing.T) {
	tests := []struct {
		name string
		f    pop3test.Faults
		want string
	}{
		{"decent", pop3test.Faults{}, "1 uid000001 100; 2 uid000002 100; 3 uid000003 100"},
		{"blanks", pop3test.Faults{UIDLLine: uidl("  %d \t  %s  ")}, "1 uid000001 100; 2 uid000002 100; 3 uid000003 100"},
		{"+OK ahead of each line", pop3test.Faults{UIDLLine: uidl("+OK %d %s"), ListLine: size("+OK %d %d")}, "1 uid000001 100; 2 uid000002 100; 3 uid000003 100"},
		{"empty", pop3test.Faults{UIDLLine: func(_, n int, _ string) string { return fmt.Sprint(n) }}, "1  100; 2  100; 3  100"},
		{"duplicate", pop3test.Faults{UIDLLine: func(_, n int, _ string) string { return fmt.Sprintf("%d same", n) }}, "1 same 100; 2 same 100; 3 same 100"},
		{"long", pop3test.Faults{UIDLLine: func(_, n int, _ string) string { return fmt.Sprintf("%d %s", n, strings.Repeat("u", 80)) }}, "1 " + strings.Repeat("u", 80) + " 100"},
		{"with a space", pop3test.Faults{UIDLLine: uidl("%d <%s at home>")}, "1 <uid000001 at home> 100"},
		{"umlaut", pop3test.Faults{UIDLLine: uidl("%d ü%s")}, "1 üuid000001 100"},
		{"latin-1 and NUL", pop3test.Faults{UIDLLine: uidl("%d \xfc\x00%s")}, `1 \xfc\x00uid000001 100`},
		{"malformed number", pop3test.Faults{UIDLLine: func(_, n int, u string) string { return strings.Replace(fmt.Sprint(n, " ", u), "2", "two", 1) }}, "1 uid000001 100; 2  100; 3 uid000003 100"},
		{"zero, negative and huge numbers", pop3test.Faults{UIDLLine: func(_, n int, u string) string {
			return []string{"0 x", "-1 x", "99999999999999999999 x"}[n-1]
		}}, "1  100; 2  100; 3  100"},
		{"only in LIST", pop3test.Faults{HideUIDL: func(n int) bool { return n == 3 }}, "1 uid000001 100; 2 uid000002 100; 3  100"},
		{"only in UIDL", pop3test.Faults{HideList: func(n int) bool { return n == 1 }}, "2 uid000002 100; 3 uid000003 100"},
		{"out of order", pop3test.Faults{UIDLLine: func(_, n int, _ string) string { return fmt.Sprintf("%d u%d", 4-n, 4-n) }}, "1 u1 100; 2 u2 100; 3 u3 100"},
		{"number twice", pop3test.Faults{UIDLLine: func(_, n int, u string) string { return fmt.Sprintf("%d %s", max(n-1, 1), u) }}, "1 uid000001 100; 2 uid000003 100; 3  100"},
		{"sizes that lie", pop3test.Faults{ListLine: size("%d -%d")}, "1 uid000001 -1"},
		{"sizes that are none", pop3test.Faults{ListLine: func(n, _ int) string { return fmt.Sprintf("%d big", n) }}, "1 uid000001 -1"},
		{"no UIDL", pop3test.Faults{Capa: []string{"TOP"}, Refuse: map[string]string{"UIDL": "unknown"}}, "1  100; 2  100; 3  100"},
	}
	msg := []byte(strings.Repeat("x", 98) + "\r\n")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := pop3test.New(t, pop3test.Options{Messages: [][]byte{msg, msg, msg}, Faults: tt.f})
			m := open(t, srv)
			var got []string
			for _, it := range list(t, m) {
				got = append(got, fmt.Sprintf("%d %s %d", it.Num, it.UID, it.Size))
			}
			if s := strings.Join(got, "; "); !strings.HasPrefix(s, tt.want) || tt.want == "" && s != "" {
				t.Errorf("listed %s, want %s", s, tt.want)
			}
			if err := m.Quit(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func uidl(format string) func(int, int, string) string {
	return func(_, n int, u string) string { return fmt.Sprintf(format, n, u) }
}

func size(format string) func(int, int) string {
	return func(n, s int) string { return fmt.Sprintf(format, n, s) }
}

// Note 21: without it all the mail would look new.
func TestList_ARefusedUIDLThatCapaListsIsPassingTrouble(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{Messages: letters(1), Faults: pop3test.Faults{Refuse: map[string]string{"UIDL": "internal error"}}})
	if _, err := open(t, srv).List(t.Context()); !errors.Is(err, fetch.ErrBusy) {
		t.Errorf("error %v, want ErrBusy", err)
	}
}

// Note 36.
func TestList_OfAHundredThousand(t *testing.T) {
	msg := []byte("x\r\n")
	all := make([][]byte, 100_000)
	for i := range all {
		all[i] = msg
	}
	srv := pop3test.New(t, pop3test.Options{Messages: all})
	items := list(t, open(t, srv))
	if len(items) != 100_000 || items[99_999] != (fetch.Item{Num: 100_000, UID: "uid100000", Size: 3}) {
		t.Errorf("%d items", len(items))
	}
}

// Notes 27 and 28.
func TestQuit_IsNilOnlyWhenAnsweredOK(t *testing.T) {
	for name, f := range map[string]pop3test.Faults{
		"hangs up": {Drop: map[string]bool{"QUIT": true}},
		"refuses":  {Refuse: map[string]string{"QUIT": "some messages were not removed"}},
		"babbles":  {Say: map[string]string{"QUIT": "bye"}},
	} {
		srv := pop3test.New(t, pop3test.Options{Messages: letters(1), Faults: f})
		m := open(t, srv)
		if _, err := m.Delete(t.Context(), []int{1}); err != nil {
			t.Fatal(err)
		}
		if err := m.Quit(t.Context()); err == nil {
			t.Errorf("a server that %s ended the session well", name)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Note 35.
func TestDial_TakesAnyGreeting(t *testing.T) {
	for _, g := range []string{"<1.2@h> hello", "hello <not a stamp [IN-USE] world", "\xff\x00"} {
		srv := pop3test.New(t, pop3test.Options{Faults: pop3test.Faults{Greeting: g}})
		open(t, srv)
	}
}

// Nothing of one session is taken for granted in the next.
func TestList_TakesTheUIDsOfTheSession(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{Messages: letters(2), Faults: pop3test.Faults{
		UIDLLine: func(session, n int, _ string) string { return fmt.Sprintf("%d s%d-%d", n, session, n) },
	}})
	d := pop3.New(pop3.Options{})
	for _, want := range []string{"s1-2", "s2-2"} {
		m, err := d.Dial(t.Context(), srv.Account("a"))
		if err != nil {
			t.Fatal(err)
		}
		if items := list(t, m); items[1].UID != want {
			t.Errorf("UID %q, want %q", items[1].UID, want)
		}
		if err := m.Quit(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// Note 26: what was retrieved must be kept, since it can be gone without DELE.
func TestRetrieve_FromAServerThatDeletesByItself(t *testing.T) {
	want := letters(3)
	srv := pop3test.New(t, pop3test.Options{Messages: want, Faults: pop3test.Faults{DeleteOnRetr: true}})
	m := open(t, srv)
	got, err := retrieve(t.Context(), m, list(t, m)[1:])
	if err != nil {
		t.Fatal(err)
	}
	sameMail(t, got, want[1:])
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	srv.Close()
	if gone := srv.Deleted(); !slices.Equal(gone, []string{"uid000002", "uid000003"}) || srv.Quits() != 0 {
		t.Errorf("gone are %q after %d times QUIT", gone, srv.Quits())
	}
}
