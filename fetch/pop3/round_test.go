package pop3_test

import (
	"bytes"
	"context"
	"io"
	"maps"
	"sync"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

// store is an archive with the memory of one account.
type store struct {
	mu    sync.Mutex
	mail  [][]byte
	taken map[string]fetch.Taken
}

func (s *store) Deliver(_ context.Context, p *fetch.Parcel) error {
	b, err := io.ReadAll(p.Open())
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.mail {
		p.Twin = p.Twin || bytes.Equal(m, b)
	}
	if !p.Twin {
		s.mail = append(s.mail, b)
	}
	s.taken[p.UID] = fetch.Taken{At: p.Received, Size: p.Listed, Head: p.Head}
	return nil
}

func (s *store) Taken(context.Context, string, string) (map[string]fetch.Taken, error) {
	return maps.Clone(s.taken), nil
}

// What a server does at one message costs that message, in one round of a new
// process: the others come in and are deleted.
func TestRound_OneMessageCostsNoOther(t *testing.T) {
	noUIDs := func(f pop3test.Faults) pop3test.Faults {
		f.Capa, f.Refuse = []string{"USER"}, map[string]string{"UIDL": "unknown"}
		return f
	}
	hangsUp := pop3test.Faults{DropRetr: map[int]bool{1: true}}
	breaksOff := pop3test.Faults{CutRetr: map[int]int{1: 20}}
	for _, tt := range []struct {
		name  string
		f     pop3test.Faults
		taken int
	}{
		{"RETR is refused", pop3test.Faults{BadRetr: map[int]string{1: "conversion failed"}}, 4},
		{"RETR hangs up", hangsUp, 4},
		{"RETR breaks off", breaksOff, 4},
		{"RETR hangs up, no UIDL", noUIDs(hangsUp), 4},
		{"RETR breaks off, no UIDL", noUIDs(breaksOff), 4},
		{"UIDL does not show it", pop3test.Faults{HideUIDL: func(n int) bool { return n == 2 }}, 5},
		// The fifth breaks the session, so that the others are known to the next. Once
		// they are deleted it is the first, and comes.
		{"TOP hangs up", pop3test.Faults{DropTop: map[int]bool{1: true}, DropRetr: map[int]bool{5: true}}, 5},
	} {
		for _, pipelining := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				f := tt.f
				if !pipelining && f.Capa == nil {
					f.Capa = []string{"USER", "UIDL"}
				}
				srv := pop3test.New(t, pop3test.Options{Messages: letters(5), Faults: f})
				s := &store{taken: map[string]fetch.Taken{}}
				a := srv.Account("a")
				a.Keep = fetch.Keep{Delete: true}
				o := fetch.Options{Dialer: pop3.New(pop3.Options{}), Ledger: s, Sink: s, Spool: t.TempDir()}
				sum, err := fetch.New(o).Round(t.Context(), a)
				if err != nil || sum.Taken != tt.taken || sum.Deleted != tt.taken || len(sum.Failed) != 5-tt.taken {
					t.Errorf("pipelining %v: %+v, %v", pipelining, sum, err)
				}
				if left := srv.Messages(); len(left) != 5-tt.taken || len(s.mail) != tt.taken {
					t.Errorf("pipelining %v: %d left, %d here", pipelining, len(left), len(s.mail))
				}
			})
		}
	}
}
