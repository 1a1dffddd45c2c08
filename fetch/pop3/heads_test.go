package pop3_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

// A change of the policy may make thousands of messages due, each of which is to
// be looked at: a round trip each would take the better part of an hour.
func TestHeads_AreAskedForAheadWhereThatMayBe(t *testing.T) {
	const n, trip = 200, time.Second
	for _, c := range []struct {
		capa  []string
		trips int // at most
	}{
		{[]string{"UIDL", "TOP", "PIPELINING"}, 10},
		{[]string{"UIDL", "TOP"}, n + 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			srv, err := pop3test.Make(pop3test.Options{Messages: letters(n), Faults: pop3test.Faults{Capa: c.capa}})
			if err != nil {
				t.Fatal(err)
			}
			defer srv.Close()
			proxy := pop3test.MakeProxy(pop3test.ProxyOptions{Connect: srv.Dial, Delay: trip})
			defer proxy.Close()
			m, err := pop3.New(pop3.Options{Connect: proxy.Dial}).Dial(t.Context(), srv.Account("a"))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			items := list(t, m)
			start := time.Now()
			var got, want []string
			err = m.(fetch.Prober).Heads(t.Context(), items, func(it fetch.Item, header []byte) {
				got = append(got, fmt.Sprintf("%d %s", it.Num, header))
			})
			took := time.Since(start)
			for _, it := range items {
				h, _ := header(t.Context(), m, it)
				want = append(want, fmt.Sprintf("%d %s", it.Num, h))
			}
			if err != nil || len(got) != n || !slices.Equal(got, want) || took > time.Duration(c.trips)*trip {
				t.Errorf("%s: %d headers in %v, %v", c.capa, len(got), took, err)
			}
		})
	}
}

// What is sent ahead is not to be blamed for a server that breaks at TOP.
func TestHeads_AServerThatBreaksAtTOPKeepsItsPipelining(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{Messages: letters(9), Faults: pop3test.Faults{Drop: map[string]bool{"TOP": true}}})
	kept := &shelf{}
	d := pop3.New(pop3.Options{Quirks: kept})
	m, err := d.Dial(t.Context(), srv.Account("a"))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	asked := 0
	if err := m.(fetch.Prober).Heads(t.Context(), list(t, m), func(fetch.Item, []byte) { asked++ }); err == nil || asked != 0 {
		t.Errorf("%d headers, %v", asked, err)
	}
	at := "@" + srv.Account("a").Address()
	if kept.quirks["no-top"+at] != 1 || kept.quirks["no-pipelining"+at] != 0 {
		t.Errorf("quirks are %v", kept.quirks)
	}
}
