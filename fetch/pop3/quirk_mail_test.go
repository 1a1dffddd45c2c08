package pop3_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

func TestQuirk15_ASizeIsAHint(t *testing.T) {
	want := letters(4)
	for name, line := range map[string]func(n, size int) string{
		"too small": func(n, _ int) string { return fmt.Sprint(n, " 1") },
		"too large": func(n, size int) string { return fmt.Sprint(n, " ", 1000*size) },
		"negative":  size("%d -%d"),
		"none":      func(n, _ int) string { return fmt.Sprintf("%d big", n) },
		"too huge":  func(n, _ int) string { return fmt.Sprint(n, " 99999999999999999999") },
	} {
		srv := pop3test.New(t, pop3test.Options{Messages: want, Faults: pop3test.Faults{ListLine: line}})
		m := open(t, srv)
		items := list(t, m)
		if len(items) != 4 || items[0].Size < -1 {
			t.Errorf("%s: listed %v", name, items)
		}
		got, err := retrieve(t.Context(), m, items)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		sameMail(t, got, want)
	}
}

// listed is how a server with these faults and three messages of 100 octets is read.
func listed(t *testing.T, f pop3test.Faults) string {
	t.Helper()
	msg := []byte(strings.Repeat("x", 98) + "\r\n")
	m := open(t, pop3test.New(t, pop3test.Options{Messages: [][]byte{msg, msg, msg}, Faults: f}))
	var got []string
	for _, it := range list(t, m) {
		got = append(got, fmt.Sprintf("%d %s %d", it.Num, it.UID, it.Size))
	}
	if err := m.Quit(t.Context()); err != nil {
		t.Error("out of step: ", err)
	}
	return strings.Join(got, "; ")
}

// listings compares how servers are read with how they ought to be.
func listings(t *testing.T, tests map[string]struct {
	f    pop3test.Faults
	want string
}) {
	t.Helper()
	for name, tt := range tests {
		if got := listed(t, tt.f); got != tt.want {
			t.Errorf("%s: listed %s, want %s", name, got, tt.want)
		}
	}
}

const decent = "1 uid000001 100; 2 uid000002 100; 3 uid000003 100"

func TestQuirk16_LinesAreSplitTolerantly(t *testing.T) {
	listings(t, map[string]struct {
		f    pop3test.Faults
		want string
	}{
		"decent":                 {pop3test.Faults{}, decent},
		"blanks":                 {pop3test.Faults{UIDLLine: uidl("  %d \t  %s  "), ListLine: size("  %d \t %d ")}, decent},
		"+OK ahead of each line": {pop3test.Faults{UIDLLine: uidl("+OK %d %s"), ListLine: size("+OK %d %d")}, decent},
		"gaps":                   {pop3test.Faults{HideUIDL: func(n int) bool { return n == 2 }, HideList: func(n int) bool { return n == 2 }}, "1 uid000001 100; 3 uid000003 100"},
		"out of order":           {pop3test.Faults{UIDLLine: func(_, n int, _ string) string { return fmt.Sprintf("%d u%d", 4-n, 4-n) }}, "1 u1 100; 2 u2 100; 3 u3 100"},
		"more words":             {pop3test.Faults{ListLine: size("%d %d octets")}, decent},
	})
}

func TestQuirk17_UIDsComeAsTheyAre(t *testing.T) {
	long := strings.Repeat("u", 80)
	listings(t, map[string]struct {
		f    pop3test.Faults
		want string
	}{
		"empty":           {pop3test.Faults{UIDLLine: func(_, n int, _ string) string { return fmt.Sprint(n) }}, "1  100; 2  100; 3  100"},
		"duplicate":       {pop3test.Faults{UIDLLine: func(_, n int, _ string) string { return fmt.Sprintf("%d same", n) }}, "1 same 100; 2 same 100; 3 same 100"},
		"long":            {pop3test.Faults{UIDLLine: func(_, n int, _ string) string { return fmt.Sprintf("%d %s%d", n, long, n) }}, "1 " + long + "1 100; 2 " + long + "2 100; 3 " + long + "3 100"},
		"with a space":    {pop3test.Faults{UIDLLine: uidl("%d <%s at home>")}, "1 <uid000001 at home> 100; 2 <uid000002 at home> 100; 3 <uid000003 at home> 100"},
		"umlaut":          {pop3test.Faults{UIDLLine: uidl("%d ü%s")}, "1 üuid000001 100; 2 üuid000002 100; 3 üuid000003 100"},
		"latin-1 and NUL": {pop3test.Faults{UIDLLine: uidl("%d \xfc\x00%s")}, `1 \xfc\x00uid000001 100; 2 \xfc\x00uid000002 100; 3 \xfc\x00uid000003 100`},
	})
}

func TestQuirk18_WhatOnlyOneListShowsWaitsOrHasNoUID(t *testing.T) {
	listings(t, map[string]struct {
		f    pop3test.Faults
		want string
	}{
		"came between LIST and UIDL": {pop3test.Faults{HideList: func(n int) bool { return n == 3 }}, "1 uid000001 100; 2 uid000002 100"},
		"first only in UIDL":         {pop3test.Faults{HideList: func(n int) bool { return n == 1 }}, "2 uid000002 100; 3 uid000003 100"},
		"only in LIST":               {pop3test.Faults{HideUIDL: func(n int) bool { return n == 3 }}, "1 uid000001 100; 2 uid000002 100; 3  100"},
	})
}

func TestQuirk19_AMalformedNumberCostsItsLine(t *testing.T) {
	listings(t, map[string]struct {
		f    pop3test.Faults
		want string
	}{
		"word": {pop3test.Faults{UIDLLine: func(_, n int, u string) string {
			return strings.Replace(fmt.Sprint(n, " ", u), "2", "two", 1)
		}}, "1 uid000001 100; 2  100; 3 uid000003 100"},
		"zero, negative and huge": {pop3test.Faults{UIDLLine: func(_, n int, _ string) string {
			return []string{"0 x", "-1 x", "99999999999999999999 x"}[n-1]
		}}, "1  100; 2  100; 3  100"},
		"twice":   {pop3test.Faults{UIDLLine: func(_, n int, u string) string { return fmt.Sprintf("%d %s", max(n-1, 1), u) }}, "1 uid000001 100; 2 uid000003 100; 3  100"},
		"in LIST": {pop3test.Faults{ListLine: func(n, size int) string { return []string{"one 5", "2 100", " "}[n-1] }}, "2 uid000002 100"},
	})
}

func TestQuirk20_WithoutUIDLNothingHasAUID(t *testing.T) {
	f := pop3test.Faults{Capa: []string{"TOP"}, Refuse: map[string]string{"UIDL": "unknown"}}
	if got := listed(t, f); got != "1  100; 2  100; 3  100" {
		t.Errorf("listed %s", got)
	}
}

func uidl(format string) func(int, int, string) string {
	return func(_, n int, u string) string { return fmt.Sprintf(format, n, u) }
}

func size(format string) func(int, int) string {
	return func(n, s int) string { return fmt.Sprintf(format, n, s) }
}

// Without it all the mail would look new.
func TestQuirk21_ARefusedUIDLThatCapaListsIsPassingTrouble(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{Messages: letters(1), Faults: pop3test.Faults{Refuse: map[string]string{"UIDL": "internal error"}}})
	if _, err := open(t, srv).List(t.Context()); !errors.Is(err, fetch.ErrBusy) {
		t.Errorf("error %v, want ErrBusy", err)
	}
	srv.SetFaults(pop3test.Faults{Refuse: map[string]string{"UIDL": "Unknown command: UIDL"}})
	items, err := open(t, srv).List(t.Context())
	if err != nil || len(items) != 1 || items[0].UID != "" {
		t.Errorf("a server without UIDL: %v, %v; want one message without a UID", items, err)
	}
}

func TestQuirk22_TakesAnyAnswerToTOPAndMailByRETR(t *testing.T) {
	want := letters(3)
	for name, f := range map[string]pop3test.Faults{
		"as asked": {}, "whole message": {TopWhole: true}, "two answers": {TopTwice: true}, "refused": {Refuse: map[string]string{"TOP": "unknown"}},
	} {
		srv := pop3test.New(t, pop3test.Options{Messages: want, Faults: f})
		m := open(t, srv)
		items := list(t, m)
		head, err := header(t.Context(), m, items[1])
		ok := head != nil
		if err != nil || ok != (name != "refused") || ok && string(head) != "Subject: letter 1\r\nMessage-ID: <1@example.org>\r\n\r\n" {
			t.Errorf("%s: %q, %v, %v", name, head, ok, err)
		}
		got, err := retrieve(t.Context(), m, items)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		sameMail(t, got, want)
		retrs := slices.DeleteFunc(srv.Commands(), func(c string) bool { return !strings.HasPrefix(c, "RETR") })
		if !slices.Equal(retrs, []string{"RETR 1", "RETR 2", "RETR 3"}) {
			t.Errorf("%s: heard %q", name, retrs)
		}
	}
}

// No end is no message.
func TestQuirk24_ADotGluedToTheTextIsNoEnd(t *testing.T) {
	pipe(t, pop3test.Options{Messages: letters(2)[1:], Faults: pop3test.Faults{GlueDot: true}}, func(t *testing.T, srv *pop3test.Server, d *pop3.Dialer) {
		if err := use(t.Context(), d, srv.Account("a")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}

func TestQuirk25_EveryOctetComesAsItIs(t *testing.T) {
	var all []byte
	for c := range 256 {
		all = append(all, byte(c))
	}
	want := [][]byte{
		append(bytes.Clone(all), "\r\n"...),
		[]byte("bare\nlf\n.\nand\rcr\r\r\n\x00NUL\r\n"),
		append(bytes.Repeat([]byte("x"), 3<<20), "\r\n"...), // a line of 3 MiB
		append(bytes.Repeat([]byte("\r"), 70_000), "\r\n"...),
		[]byte(".\r\n..\r\n.x\r\n\r\n.\r\n"),
		[]byte("\r\n"),
	}
	for _, capa := range [][]string{{"UIDL", "PIPELINING"}, {"UIDL"}} {
		m := open(t, pop3test.New(t, pop3test.Options{Messages: want, Faults: pop3test.Faults{Capa: capa}}))
		got, err := retrieve(t.Context(), m, list(t, m))
		if err != nil {
			t.Fatal(err)
		}
		sameMail(t, got, want)
		if err := m.Quit(t.Context()); err != nil {
			t.Error("out of step: ", err)
		}
	}
}

// What was retrieved must be kept, since it can be gone without DELE.
func TestQuirk26_FromAServerThatDeletesByItself(t *testing.T) {
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

func TestQuirk27_QuitIsNilOnlyWhenAnsweredOK(t *testing.T) {
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

func TestQuirk28_AQuitThatHangsEnds(t *testing.T) {
	pipe(t, pop3test.Options{Messages: letters(1), Faults: pop3test.Faults{Hang: map[string]bool{"QUIT": true}}}, func(t *testing.T, srv *pop3test.Server, d *pop3.Dialer) {
		if err := use(t.Context(), d, srv.Account("a")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}

func TestQuirk36_ListsAHundredThousand(t *testing.T) {
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
