package index

import (
	"context"
	"errors"
	"time"

	"restante/index/blob"
)

// ErrHeld says that a hold was placed since the holds were looked at.
var ErrHeld = errors.New("a hold was placed meanwhile")

// Hold keeps mail from expiring, whatever any rule says.
type Hold struct {
	ID     int64 // grows; set when it is placed
	Owner  string
	Name   string // one of a name for each owner
	Query  string // of the catalogue, in its canonical form; empty: all of the owner's mail
	By     string // who placed it
	Why    string
	Placed time.Time
}

// Mark says that a message was shown as about to expire.
type Mark struct {
	Message int64
	Owner   string
	Rule    string // Retention.String
	Shown   time.Time
}

// Tombstone is what stays of a message that expired.
type Tombstone struct {
	Message  int64 // its number, which receipts name
	Owner    string
	UID      string
	Account  string
	Mailbox  string // where it hung
	Digest   blob.Digest
	Size     int64 // octets
	Received time.Time
	Rule     string // Retention.String
	Shown    time.Time
	Expired  time.Time // when its row went
	Erased   time.Time // when its bytes went; zero: not yet
}

// Burial is what one commit of an expiry takes from an owner.
type Burial struct {
	Owner    string
	Messages []int64
	Rules    []string  // of each
	Shown    time.Time // nothing goes that was shown later
	Head     int64     // the owner's last change when the messages were looked at: what changed since stays
	Hold     int64     // the last of the owner's holds that were heard: where there is a later one nothing goes
	At       time.Time
}

// Buried is what became of a burial.
type Buried struct {
	Gone    []int64 // has tombstones now, in order
	Changed []int64 // of the owner's messages: what had changed since Head
	Head    int64   // the owner's last change now
}

// Place is where bytes lie that no message names any more.
type Place struct {
	Message int64
	Ref     blob.Ref
}

// Expiry keeps what was shown, what is held, and what expired. Its writes survive
// a power cut once they returned.
type Expiry interface {
	// AddHold places a hold and sets its ID; ErrExists where the owner has one of
	// the name. Nothing of the owner's that is not buried yet is, once it returned,
	// by whoever does not know of the hold.
	AddHold(ctx context.Context, h *Hold) error
	// RemoveHold lifts a hold; ErrNotFound where there is none. All marks of the
	// owner go with it: what it held is shown anew.
	RemoveHold(ctx context.Context, owner, name string) error
	// PlacedHolds gives all holds, in order of their numbers.
	PlacedHolds(ctx context.Context) ([]Hold, error)

	// Aged gives at most max messages behind one, in order of ID, that were received
	// at a time or before it. One without a time of receipt is none of them.
	Aged(ctx context.Context, until time.Time, after int64, max int) ([]Message, error)
	// Marks gives the marks of messages behind one, up to another.
	Marks(ctx context.Context, after, upTo int64) ([]Mark, error)
	// SetMarks sets marks, in place of those that the messages had, and drops those
	// of some messages, in one commit.
	SetMarks(ctx context.Context, set []Mark, drop []int64) error

	// Bury takes messages out of the rows, in one commit, and leaves a tombstone, a
	// change and their receipts. Each must be the owner's, be marked under its rule,
	// and be as it was when it was looked at; others stay. ErrHeld where there is a
	// hold that was not heard: nothing goes then.
	Bury(ctx context.Context, b Burial) (Buried, error)
	// Unerased gives at most max places of what was buried, in the order of the
	// segments. One that a message lies at all the same is none of them.
	Unerased(ctx context.Context, max int) ([]Place, error)
	// Erased notes that the bytes at places are gone.
	Erased(ctx context.Context, places []Place, at time.Time) error
	// Tombstones gives at most max of them, the last first.
	Tombstones(ctx context.Context, max int) ([]Tombstone, error)
	// BuriedUIDs tells which of an owner's UIDs are those of tombstones.
	BuriedUIDs(ctx context.Context, owner string, uids []string) (map[string]bool, error)
}
