package index

import (
	"context"
	"errors"
	"io"
	"time"

	"restante/fetch"
	"restante/filter"
	"restante/index/blob"
)

// ErrNotFound says that there is no such thing, or that it is not the asking
// owner's: the two are not told apart.
var ErrNotFound = errors.New("not found")

// ErrExists says that a name is taken.
var ErrExists = errors.New("exists already")

// User is a person with mailboxes.
type User struct {
	Name     string
	Password string // argon2id PHC string; empty: cannot log in
	Created  time.Time
}

// Message is a kept message.
type Message struct {
	ID       int64  // number in this database; new after a rebuild
	Owner    string //
	UID      string // its UIDL for POP3 clients: permanent, never reused, 16 characters a-z2-7
	Account  string // where it was taken from first
	Imported bool   // it came by an import: the same message as any with these bytes, whatever their account
	Mailbox  string // where it hangs now
	Digest   blob.Digest
	Ref      blob.Ref
	Size     int64 // octets as received
	Served   int64 // octets as POP3 sends it: CRLF line ends, added headers and tag included
	Plain    int64 // octets as POP3 sends it with its header made ASCII; 0: it is never made so
	Received time.Time
	Class    filter.Class // as judged or as taught since
	Score    float64      // as first judged
	Added    string       // header block put above it when serving
	Tag      string       // put before its subject when serving
	Reasons  []filter.Reason
	Listed   bool // shown in the maildrop; false: deleted by its owner, or for the archive only
	Archive  bool // for the archive only: never listed, wherever it is moved
}

// Serving is as much of a Message as it takes to serve it: to read all of a row
// takes longer than to read the message.
type Serving struct {
	Ref        blob.Ref
	Digest     blob.Digest
	Added, Tag string
}

// Receipt says where a message was taken from.
type Receipt struct {
	Account string
	UID     string // the upstream's UIDL, or sha256-<hex>
	Taken   fetch.Taken
}

// Addition is a message and its receipt on their way into the records.
type Addition struct {
	Message Message // ID is set by Add
	Receipt Receipt
}

// ChangeKind says what happened to a message.
type ChangeKind int8

// The kinds of change. The numbers are stored: they never change.
const (
	Added   ChangeKind = 1
	Altered ChangeKind = 2 // mailbox or class
	Removed ChangeKind = 3
)

// Change is one step in an owner's archive. Numbers grow by one an owner,
// without gaps, in the order of commits.
type Change struct {
	Number  int64
	Kind    ChangeKind
	Message int64 // Message.ID
}

// Move hangs a kept message into a mailbox. One that its owner had deleted is
// listed again where it comes to; one for the archive only is not.
type Move struct {
	Message int64
	Mailbox string
}

// Blobs keeps the bytes. *blob.Log is one, and blobtest its contract.
type Blobs interface {
	// Append puts the records on stable storage, all in one commit, and
	// tells where they lie. On an error none of them is promised.
	Append(ctx context.Context, recs []blob.Record) ([]blob.Ref, error)
	// Open gives the exact bytes of the message of that digest. Other bytes, a
	// whole other message too, end in blob.ErrDamaged; a place that holds nothing
	// is fs.ErrNotExist.
	Open(ctx context.Context, ref blob.Ref, want blob.Digest) (io.ReadCloser, error)
	// Scan calls each for every whole record from a position on, in order.
	Scan(ctx context.Context, from blob.Position, each func(blob.Entry) error) error
	Close() error
}

// Records keeps the rows. One contract suite runs on every engine.
type Records interface {
	// Add puts messages, receipts and change numbers into one commit and moves
	// the position up to which the segments are known. A message whose UID is
	// there already is left as it is (a replay), and so is its receipt; but its
	// Ref follows the same bytes to a later place.
	Add(ctx context.Context, adds []Addition, upTo blob.Position) ([]int64, error)
	// Receipts adds a receipt to a message that is there already. One under the
	// same account and UID is overwritten, because upstreams reuse UIDs; when the
	// same message was first seen stays.
	Receipts(ctx context.Context, message int64, r Receipt) error
	// Holds gives all of an owner's messages with a digest, the oldest first;
	// there is at most one an account.
	Holds(ctx context.Context, owner string, d blob.Digest) ([]Message, error)
	Message(ctx context.Context, owner string, id int64) (Message, error)
	// Servings gives what it takes to serve those of an owner's messages that are
	// there, by ID.
	Servings(ctx context.Context, owner string, ids []int64) (map[int64]Serving, error)
	// HasMailbox tells whether any message, listed or not, hangs in a mailbox.
	HasMailbox(ctx context.Context, owner, mailbox string) (bool, error)
	Changes(ctx context.Context, owner string, after int64, max int) ([]Change, error)
	// Taken gives an account's receipts by UID: those of the owner's messages.
	Taken(ctx context.Context, owner, account string) (map[string]fetch.Taken, error)
}

// Ledgers of the records that only some callers need.
type (
	// Lessons keeps what was taught. Its writes survive a power cut once they
	// returned: nothing else knows them.
	Lessons interface {
		// Teach puts lessons of one owner, in order, and what Place does with each
		// one's class and moves into one commit, and sets their numbers.
		Teach(ctx context.Context, ls []*Lesson) error
		// Place gives the owner's messages a class, a mailbox and a change number
		// each, all or none, under the name of a lesson, and notes how they were.
		// ErrNotFound where one is not the owner's.
		Place(ctx context.Context, owner string, c filter.Class, moves []Move, lesson int64) error
		// Move gives the owner's messages a mailbox and a change number each, all or
		// none, and leaves their class. One that hangs there already stays as it is.
		// ErrNotFound where one is not the owner's.
		Move(ctx context.Context, owner string, moves []Move) error
		// Undo puts lessons, the first of which takes one back, into one commit, and
		// with it puts back what that one had placed: each message has its class of
		// before, and hangs where it did unless it was moved on since. A second lesson
		// teaches Again, and what that one had placed counts as its own. Undo tells
		// how many messages went to another mailbox.
		Undo(ctx context.Context, ls []*Lesson) (moved int, err error)
		// Taught gives the last lesson about a message; ErrNotFound when none.
		Taught(ctx context.Context, owner string, d blob.Digest) (Lesson, error)
		// Lessons gives an owner's lessons after a number, in order.
		Lessons(ctx context.Context, owner string, after int64, max int) ([]Lesson, error)
		// Pupils gives the owners who have lessons, by name.
		Pupils(ctx context.Context) ([]string, error)
		// Acts gives an owner's acts of teaching, the last first unless asked otherwise.
		Acts(ctx context.Context, owner string, q ActQuery) ([]Act, error)
	}

	// Snapshots keeps the owners' models. They survive a power cut.
	Snapshots interface {
		// SaveModel replaces the owner's snapshot, which holds every lesson up
		// to the number.
		SaveModel(ctx context.Context, owner string, upTo int64, snapshot []byte) error
		// Model gives the snapshot; nil and 0 when there is none.
		Model(ctx context.Context, owner string) (upTo int64, snapshot []byte, err error)
		// Kept tells what an owner's snapshot and lessons take, in octets.
		Kept(ctx context.Context, owner string) (snapshot, lessons int64, err error)
	}

	// Tallies counts what the filter did, the first day first.
	Tallies interface {
		// Judged counts an owner's messages received since a time, by day, class as
		// first judged, and class now.
		Judged(ctx context.Context, owner string, since time.Time) ([]Tally, error)
		// Corrected counts an owner's messages that are of another class than they
		// were first judged, by the day of the last lesson about them, which was
		// given since a time.
		Corrected(ctx context.Context, owner string, since time.Time) ([]Tally, error)
	}

	// Users keeps the people. Its writes survive a power cut.
	Users interface {
		AddUser(ctx context.Context, u User) error // ErrExists
		SetPassword(ctx context.Context, name, phc string) error
		User(ctx context.Context, name string) (User, error)
		Users(ctx context.Context) ([]User, error)
	}

	// Keyring keeps what logins are proved by that send no password.
	Keyring interface {
		// KeySeed gives random text that is made once, for salts.
		KeySeed(ctx context.Context) (string, error)
		// LoginKeys gives an owner's; everybody's where owner is empty.
		LoginKeys(ctx context.Context, owner string) ([]LoginKeys, error)
		// SetLoginKeys replaces an owner's. It survives a power cut.
		SetLoginKeys(ctx context.Context, owner string, all []LoginKeys) error
		// DropLoginKeys takes out everybody's.
		DropLoginKeys(ctx context.Context) error
	}

	// Survey is what start-up, verify and the catalogue ask.
	Survey interface {
		// Position is how far the segments are known to the rows.
		Position(ctx context.Context) (blob.Position, error)
		// Identity is the database's own, random: one that was made anew has
		// another, and its change numbers mean other changes.
		Identity(ctx context.Context) (string, error)
		// KeptUIDs tells which of an owner's UIDs are those of messages.
		KeptUIDs(ctx context.Context, owner string, uids []string) (map[string]bool, error)
		// Heads gives each owner's last change number.
		Heads(ctx context.Context) (map[string]int64, error)
		// Each calls f for every message of every owner, in order of ID.
		Each(ctx context.Context, f func(Message) error) error
	}
)

// Listing is a line of a maildrop.
type Listing struct {
	ID     int64
	UID    string
	Served int64
}

// Lines is what a view lists, and what the store needs to list it again.
type Lines struct {
	All  []Listing // in the order in which it came there
	Mail []Listing // without what was delivered again
}
