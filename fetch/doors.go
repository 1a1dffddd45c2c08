package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// ErrAuth says that an upstream refused the name or the password. It is for a
// person to mend; trying again soon may lock the account at the provider.
var ErrAuth = errors.New("upstream refused the login")

// ErrHungUp is an ErrAuth without a word: the upstream hung up when it had the
// secret. Many do so at a wrong one; but a network may break there too.
var ErrHungUp = fmt.Errorf("%w without a word", ErrAuth)

// ErrUnproven says that an upstream let us in without proving what it should have
// been able to: it may be another one than it seems, and is not to be trusted with
// anything. It is for a person to look at.
var ErrUnproven = errors.New("upstream is not to be trusted")

// ErrBusy says that an upstream asked us to come back later: another session
// holds the maildrop, logins come too fast, or the server is in trouble.
var ErrBusy = errors.New("upstream is busy")

// Item is one line of an upstream's listing.
type Item struct {
	Num  int    // message number, valid in this session only
	UID  string // as UIDL gave it; empty where the upstream gave none
	Size int64  // octets as LIST gave them: a hint, never a proof; -1 where unknown
}

// A Dialer opens a maildrop: dialled, secured, logged in.
// A refused login is ErrAuth, also where it is ErrHungUp, a busy upstream ErrBusy,
// and one that lacks a proof ErrUnproven (all wrapped).
type Dialer interface {
	Dial(ctx context.Context, a Account) (Maildrop, error)
}

// A Maildrop is one session with an upstream. It is used by one goroutine.
type Maildrop interface {
	// List gives what the maildrop holds, in message number order. Lines of
	// the upstream's that make no sense are left out.
	List(ctx context.Context) ([]Item, error)

	// Retrieve asks for the items and calls each, once an item, in their order.
	// Where the upstream refuses one (-ERR), each gets that error and a nil
	// reader, and Retrieve goes on. r gives the message byte for byte, dots
	// unstuffed, line ends as sent, and io.EOF only after the terminating dot:
	// a connection lost earlier is another error. What each leaves unread is
	// read and thrown away. An error of each ends Retrieve with that error. Where
	// the session is lost Retrieve says so, whatever each made of it: it was lost
	// at the last item that each was called for if the octets ended in an error,
	// else at the one behind it.
	Retrieve(ctx context.Context, items []Item, each func(it Item, r io.Reader, err error) error) error

	// Delete marks messages. They are gone only when Quit has returned nil.
	// The answer tells which marks the upstream accepted.
	Delete(ctx context.Context, nums []int) (marked []int, err error)

	// Quit ends the session. Nil means that the upstream answered +OK, which
	// makes the marked deletions final; with any error they are unknown.
	Quit(ctx context.Context) error

	// Close drops the connection without QUIT: nothing is deleted. It may be
	// called at any time, also after Quit, and more than once.
	Close() error
}

// A Prober is a Maildrop that can show headers without the rest (TOP n 0).
type Prober interface {
	// Heads asks for the items' headers and calls each, once an item, in their
	// order. The header is nil where the upstream cannot or refused; each must
	// not keep it. With an error the items that each was not called for are not
	// known, and the session is lost.
	Heads(ctx context.Context, items []Item, each func(it Item, header []byte)) error
}

// A Dated is a Maildrop that knows when its messages were received, as a
// Maildir does and an upstream does not. A zero time means that it does not
// know this one.
type Dated interface {
	Received(it Item) time.Time
}

// A Placed is a Maildrop that knows in which of the owner's mailboxes its
// messages belong, as the folders of a mail program tell. An empty name leaves
// it to the filter.
type Placed interface {
	Mailbox(it Item) string
}

// Taken is what is known of a message taken from an upstream before.
type Taken struct {
	At   time.Time // when it was first seen
	Size int64     // octets as LIST gave them then; -1 where unknown
	Head [8]byte   // HeadSum of its header
}

// A Ledger knows which messages were taken from an account for an owner, by
// UID. What another owner has from the same account is not among them: an
// account may change hands, and nothing may be deleted that its owner has not.
// The map is the caller's to change; nil is an empty one.
type Ledger interface {
	Taken(ctx context.Context, owner, account string) (map[string]Taken, error)
}

// A Sink takes custody of parcels. A nil return means that the parcel is on
// stable storage: only then may the upstream copy be deleted. Deliver is
// called by several goroutines at once, so that many parcels can share one
// commit. The parcel is closed by the caller after Deliver returned.
type Sink interface {
	Deliver(ctx context.Context, p *Parcel) error
}

// A Renamer is a Ledger that can let receipts go by other UIDs, for an upstream
// that gave its mail new ones. It is one commit. A name that no receipt has is
// passed over.
type Renamer interface {
	Rename(ctx context.Context, owner, account string, names map[string]string) error
}

// Notes keep what is known of messages that could not be taken, or are not to
// be. One note a UID.
type Notes interface {
	Notes(ctx context.Context, owner, account string) ([]Note, error)
	// Note sets notes and drops those of some UIDs, durably and in one commit.
	Note(ctx context.Context, owner, account string, set []Note, drop []string) error
}

// Deletions keep what was deleted upstream. A row is there before the upstream
// is asked for anything: no crash leaves a deletion that nobody knows of.
type Deletions interface {
	// Mark notes deletions that are about to be asked for, durably and in one
	// commit. It fills in ID, Message and Digest from the receipts. Where no
	// receipt says that the owner has a message under the UID, it gets no row
	// and the ID 0, and must not be deleted.
	// Rows that the message has give way where it cannot be what they say: it
	// is still there.
	Mark(ctx context.Context, owner, account string, all []Deletion) error
	// Marked gives those of which it is not known what came of them.
	Marked(ctx context.Context, owner, account string) ([]Deletion, error)
	// Settle says what came of some, by ID.
	Settle(ctx context.Context, owner, account string, states map[int64]DeletionState) error
	// Archived gives the numbers of the owner's messages, by UID.
	Archived(ctx context.Context, owner, account string, uids []string) (map[string]int64, error)
}
