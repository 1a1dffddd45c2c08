package pop3_test

import (
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

// On a far line each question that waits for the answer to the last one costs as
// much as a hundred messages.
func TestList_AsksAllAtOnceWhereThatMayBe(t *testing.T) {
	for _, c := range []struct {
		faults pop3test.Faults
		uids   []string
		err    error
	}{
		{pop3test.Faults{}, []string{"uid000001", "uid000002"}, nil},
		{pop3test.Faults{CapaAfter: []string{"UIDL"}}, []string{"uid000001", "uid000002"}, nil}, // no PIPELINING any more
		{pop3test.Faults{Refuse: map[string]string{"UIDL": "unknown command"}}, []string{"", ""}, nil},
		{pop3test.Faults{Refuse: map[string]string{"UIDL": "not now"}}, nil, fetch.ErrBusy},
	} {
		srv := pop3test.New(t, pop3test.Options{Messages: letters(2), Faults: c.faults})
		m := open(t, srv)
		items, err := m.List(t.Context())
		var uids []string
		for _, it := range items {
			uids = append(uids, it.UID)
		}
		if !slices.Equal(uids, c.uids) || !errors.Is(err, c.err) {
			t.Errorf("%+v: %q, %v", c.faults, uids, err)
		}
		// Whatever it said, each answer was read.
		if err := m.Quit(t.Context()); err != nil || srv.Quits() != 1 {
			t.Errorf("%+v: quit: %v", c.faults, err)
		}
	}
}

func TestList_ARefusedLISTLeavesTheSessionInStep(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{Messages: letters(2), Faults: pop3test.Faults{Refuse: map[string]string{"LIST": "no"}}})
	m := open(t, srv)
	if items, err := m.List(t.Context()); items != nil || err == nil {
		t.Errorf("%v, %v", items, err)
	}
	if marked, err := m.Delete(t.Context(), []int{1}); len(marked) != 1 || err != nil {
		t.Errorf("marked %v, %v: answers are taken for others", marked, err)
	}
}

// What is lost behind LIST is a strike against pipelining as what is lost behind
// RETR is: the next session asks for one thing at a time.
func TestQuirk34_AListingSentAheadThatStallsIsSentOneByOneNextTime(t *testing.T) {
	o := pop3test.Options{Messages: letters(3), Faults: pop3test.Faults{LosePipelined: true}}
	pipe(t, o, func(t *testing.T, srv *pop3test.Server, _ *pop3.Dialer) {
		kept := &shelf{}
		d := pop3.New(pop3.Options{Connect: srv.Dial, Quirks: kept, Timeouts: pop3.Timeouts{Command: time.Minute}})
		for n, want := range []error{os.ErrDeadlineExceeded, nil} {
			m, err := d.Dial(t.Context(), srv.Account("a"))
			if err != nil {
				t.Fatal(err)
			}
			items, err := m.List(t.Context())
			if !errors.Is(err, want) || want == nil && len(items) != 3 {
				t.Errorf("session %d: %v, %v", n+1, items, err)
			}
			m.Close()
		}
		if got := kept.quirks["no-pipelining@"+srv.Account("a").Address()]; got != 1 {
			t.Errorf("%d strikes", got)
		}
	})
}
