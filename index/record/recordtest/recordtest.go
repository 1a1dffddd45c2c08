// Package recordtest is the contract that every engine of the records keeps, and
// the PostgreSQL that it is tried with ([Postgres]).
//
// # Why
//
// One SQL text runs on two engines, which differ where no text shows it: in what
// they lock, how they order, and what they take for equal. So whatever index,
// fetch and serve ask of the records is a promise here, said once in their words,
// and both engines are held to it. Views and owners are besides compared with models
// in memory, over random steps.
package recordtest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"restante/fetch"
	"restante/fetch/schedule"
	"restante/filter"
	"restante/index"
	"restante/index/blob"
)

// DB is everything that the records are asked for.
type DB interface {
	index.Records
	index.Lessons
	index.Snapshots
	index.Tallies
	index.Users
	index.Keyring
	index.Survey
	index.Expiry
	index.Views
	index.SavedSearches
	index.Senders
	index.Sessions
	index.Factors
	index.Tokens
	fetch.Notes
	fetch.Deletions
	fetch.Renamer
	ForgetNotes(ctx context.Context, owner, account string) error
	Deletions(ctx context.Context, owner, account string, max int) ([]fetch.Deletion, error)
	Quirks(ctx context.Context, account string, each func(quirk string, strikes int, last time.Time)) error
	SetQuirk(ctx context.Context, account, quirk string, strikes int, last time.Time) error
	ForgetQuirks(ctx context.Context, account string) error
	schedule.Book
	Close() error
}

// promises are what an engine keeps, by their names; a database of its own is
// given to each.
type promises map[string]func(*testing.T, DB)

// contract is all of them: most stand above what tries them.
var contract = []promises{onAdd, onMessages, onLessons, onUndo, onFetch, onExpiry, onDevices, onViews, onPasses, others}

var others = promises{
	"Move_ListsWhereItComesTo":        move,
	"LoginKeys_OfOneOwnerAreReplaced": loginKeys,
	"Quirks_AreKeptUntilForgotten":    quirks,
	"Searches_AreKeptUntilRemoved":    searches,
	"Senders_AreKeptUntilForgotten":   senders,
	"Views_MatchAModel":               viewsMatch,
	"Owners_NeverSeeOrChangeOthers":   owners,
	"Standings_AreReplaced":           standings,
	"Calls_HearCancelledContext":      cancelled,
}

// Test runs the contract. Each call of open gives an empty database.
func Test(t *testing.T, open func(t *testing.T) DB) {
	for _, part := range contract {
		for name, try := range part {
			t.Run(name, func(t *testing.T) {
				db := open(t)
				try(t, db)
				if err := db.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
		}
	}
}

var ctx = context.Background()

// when has nanoseconds: both engines must keep them.
var when = time.Unix(1_700_000_000, 123456789).UTC()

// Addition makes the n-th message of an owner.
func Addition(owner string, n int) index.Addition {
	account := owner + "-home"
	return index.Addition{
		Message: index.Message{
			Owner: owner, UID: fmt.Sprintf("%s%012d", "abcd", n), Account: account, Mailbox: filter.Inbox,
			Digest: sha256.Sum256(fmt.Appendf(nil, "%s %d", owner, n)),
			Ref:    blob.Ref{Segment: 4_000_000_000, Offset: int64(n) << 33, Length: int64(n) + 1},
			Size:   int64(n), Served: int64(n) + 10, Plain: int64(n%2) * 99, Received: when.Add(time.Duration(n)),
			Class: filter.Ham, Score: 0.125, Added: "X-Restante: ham\r\n", Tag: "",
			Reasons: []filter.Reason{{Name: "bayes", Weight: -1.5, Text: "words of ham"}},
			Listed:  true,
		},
		Receipt: index.Receipt{Account: account, UID: fmt.Sprint("uidl-", n),
			Taken: fetch.Taken{At: when, Size: int64(n), Head: [8]byte{0xff, 1, 2, 3, 4, 5, 6, byte(n)}}},
	}
}

// Own is an owner's own view of a mailbox.
func Own(owner, mailbox string) index.View {
	return index.View{Owner: owner, Boxes: []index.Box{{Name: mailbox}}}
}

func add(t *testing.T, db DB, adds ...index.Addition) []int64 {
	t.Helper()
	ids, err := db.Add(ctx, adds, blob.Position{})
	if err != nil || len(ids) != len(adds) {
		t.Fatalf("Add = %v, %v; want %d ids", ids, err, len(adds))
	}
	return ids
}

func message(t *testing.T, db DB, owner string, id int64) index.Message {
	t.Helper()
	m, err := db.Message(ctx, owner, id)
	if err != nil {
		t.Fatalf("Message(%s, %d): %v", owner, id, err)
	}
	return m
}

func changesOf(t *testing.T, db DB, owner string, after int64) []index.Change {
	t.Helper()
	all, err := db.Changes(ctx, owner, after, 1<<30)
	if err != nil {
		t.Fatalf("Changes: %v", err)
	}
	return all
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func notFound(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, index.ErrNotFound) {
		t.Errorf("%s = %v, want ErrNotFound", what, err)
	}
}

func cancelled(t *testing.T, db DB) {
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := db.Add(gone, []index.Addition{Addition("ada", 1)}, blob.Position{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Add = %v, want context.Canceled", err)
	}
	if _, err := db.List(gone, Own("ada", filter.Inbox)); !errors.Is(err, context.Canceled) {
		t.Errorf("List = %v, want context.Canceled", err)
	}
	if l, err := db.List(ctx, Own("ada", filter.Inbox)); err != nil || len(l) != 0 {
		t.Errorf("List = %v, %v; want nothing", l, err)
	}
}
