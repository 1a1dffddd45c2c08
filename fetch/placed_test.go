package fetch_test

import (
	"context"
	"maps"
	"sync"
	"testing"

	"restante/fetch"
)

// placed is a server whose maildrops know the mailboxes of their messages.
type placed struct{ *server }

type placedDrop struct{ fetch.Maildrop }

func (placedDrop) Mailbox(it fetch.Item) string { return map[string]string{"a": "work"}[it.UID] }

func (p placed) Dial(ctx context.Context, a fetch.Account) (fetch.Maildrop, error) {
	d, err := p.server.Dial(ctx, a)
	return placedDrop{d}, err
}

// boxes notes the mailboxes of what it is given.
type boxes struct {
	mu  sync.Mutex // guards got
	got map[string]string
}

func (b *boxes) Deliver(_ context.Context, p *fetch.Parcel) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got[p.UID] = p.Mailbox
	return nil
}

func TestRound_HangsMailWhereItsSourceSaysUnlessTheAccountDoes(t *testing.T) {
	for account, want := range map[string]map[string]string{
		"":         {"a": "work", "b": ""},
		"invoices": {"a": "invoices", "b": "invoices"},
	} {
		b := &boxes{got: map[string]string{}}
		s := placed{&server{mail: []message{{"a", "A: 1\r\n"}, {"b", "A: 2\r\n"}}}}
		f := fetch.New(fetch.Options{Dialer: s, Ledger: nobody{}, Sink: b, Spool: t.TempDir()})
		if _, err := f.Round(t.Context(), fetch.Account{Name: "x", Owner: "ann", Mailbox: account, Import: true}); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(b.got, want) {
			t.Errorf("account's mailbox %q: %v, want %v", account, b.got, want)
		}
	}
}

// nobody knows of no message.
type nobody struct{}

func (nobody) Taken(context.Context, string, string) (map[string]fetch.Taken, error) { return nil, nil }
