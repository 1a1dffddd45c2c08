package index

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Device is a way in with a view of its own: what it deletes, other views go on
// listing.
type Device struct {
	ID        int64 // set by AddDevice; never given again
	Owner     string
	Name      string   // one of a name for each owner
	Secret    [32]byte // stands for its app password
	Mailboxes []string // that it merges; names as Archive.View reads them
	Dele      Dele
	Days      int // for how many days at least it lists mail; 0: for ever
	Shown     int // how many days of the mail of before it lists; 0: none, AllMail: all
	Made      time.Time
}

// AllMail is Device.Shown of a device that lists all mail of before.
const AllMail = -1

// Dele is what DELE means in a view. The archive keeps the message, whichever.
type Dele int8

// The meanings of DELE. The numbers are stored: they never change.
const (
	DeleHide  Dele = 0 // this view lists it no more
	DeleFile  Dele = 1 // it is filed as read: no view lists it, but for those of the archive and of searches
	DeleTrash Dele = 2 // it goes to the mailbox Trash
)

// Trash is the mailbox that DeleteTrash moves mail to. In there DELE hides.
const Trash = "trash"

var deles = []string{"hide", "read", "trash"}

// String gives hide, read or trash.
func (d Dele) String() string { return deles[d] }

// ParseDele reads what String gives.
func ParseDele(s string) (Dele, error) {
	if i := slices.Index(deles, s); i >= 0 {
		return Dele(i), nil
	}
	return 0, fmt.Errorf("%q; allowed: %s", s, strings.Join(deles, ", "))
}

// Bounds of a device.
const (
	maxBoxes = 16      // mailboxes that it merges
	maxDays  = 100_000 // that it lists mail
	maxName  = 128     // octets of a device's name, or of a mailbox's
)

// Check refuses what cannot be kept.
func (d *Device) Check() error {
	err := errors.Join(CheckText("owner", d.Owner), checkName("device", d.Name))
	if d.Owner == "" {
		err = errors.Join(err, errors.New("a device needs an owner"))
	}
	if n := len(d.Mailboxes); n == 0 || n > maxBoxes {
		err = errors.Join(err, fmt.Errorf("%d mailboxes; allowed: 1 to %d", n, maxBoxes))
	}
	for i, name := range d.Mailboxes {
		err = errors.Join(err, checkName("mailbox", name))
		if slices.Contains(d.Mailboxes[:i], name) {
			err = errors.Join(err, fmt.Errorf("mailbox %q is named twice", name))
		}
		if isVirtual(name) {
			err = errors.Join(err, fmt.Errorf("%q is no mailbox whose mail can be merged with others'", name))
		}
	}
	if d.Dele < DeleHide || d.Dele > DeleTrash {
		err = errors.Join(err, fmt.Errorf("%d is no meaning of DELE", d.Dele))
	}
	if d.Days < 0 || d.Days > maxDays || d.Shown < AllMail || d.Shown > maxDays {
		err = errors.Join(err, fmt.Errorf("%d and %d days; allowed: at most %d", d.Days, d.Shown, maxDays))
	}
	return err
}

func checkName(what, s string) error {
	if s == "" || len(s) > maxName || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return fmt.Errorf("%s name %q; allowed: 1 to %d octets without blanks", what, s, maxName)
	}
	return CheckText(what, s)
}

// View is what a session lists. Each message is listed once, however many of
// its boxes it is in.
type View struct {
	Owner  string
	Device int64 // 0: the account's own view
	Boxes  []Box
	Dele   Dele
	Since  time.Time // lists what was received then or later, and what was delivered again; zero: all
}

// Box is a mailbox, or one that is no place of its own but lists mail wherever it
// hangs, and of which DELE only ever hides.
type Box struct {
	Name    string
	Virtual bool
	Span    Span    // of time of receipt; of a virtual one
	Only    []int64 // of a virtual one: these messages in this order; nil: all. Such a box is its view's only one
}

// Span is a time from its first moment up to its last one; the zero Span is all
// times, and no time too.
type Span struct{ From, Until time.Time }

// Redelivery is a message that a view is to list again.
type Redelivery struct {
	Message int64
	UID     string // a new one
}

// Views keeps the devices, and what each view lists. Its writes survive a power
// cut.
type Views interface {
	// AddDevice sets the ID. What the device is not shown at first is hidden from
	// it. ErrExists where the owner has one of that name.
	AddDevice(ctx context.Context, d *Device) error
	// Devices gives an owner's devices by name; of everybody where owner is empty,
	// by owner and name.
	Devices(ctx context.Context, owner string) ([]Device, error)
	// DeviceOf gives the owner's device with a secret; ErrNotFound otherwise.
	DeviceOf(ctx context.Context, owner string, secret [32]byte) (Device, error)
	// RemoveDevice takes out a device and what was kept of its view; ErrNotFound
	// where there is none.
	RemoveDevice(ctx context.Context, owner, name string) error
	// List gives what a view lists, in the order in which it came there.
	List(ctx context.Context, v View) ([]Listing, error)
	// Relist gives what List does, in Lines. Where old is what it gave before, and
	// messages alone, in order of number, may be listed otherwise since, it takes as
	// long as these are many. Nil messages are any; a view with Box.Only knows no
	// others.
	Relist(ctx context.Context, v View, old Lines, messages []int64) (Lines, error)
	// Plain gives Message.Plain of an owner's messages with a number after one, by
	// number, of those that have any.
	Plain(ctx context.Context, owner string, after int64) (map[int64]int64, error)
	// Touched gives an owner's messages that any view may list otherwise since a
	// moment that it gave before.
	Touched(owner string, since int64) Touched
	// Unread gives the numbers of an owner's messages that the account's own view
	// lists, in whatever mailbox, in no order.
	Unread(ctx context.Context, owner string) ([]int64, error)
	// Dismiss does what DELE means in a view, all or none. What was moved to a
	// mailbox outside the view meanwhile stays. ErrNotFound where the device is
	// gone.
	Dismiss(ctx context.Context, v View, ids []int64) error
	// Redeliver lets a view list messages of the owner's again in its first box,
	// and tells how many there were. ErrNotFound where the device is gone.
	Redeliver(ctx context.Context, v View, all []Redelivery, now time.Time) (int, error)
	// Sight notes what a saved search finds, and gives what it has found so far, in
	// the order of first sight. Once the search asks something else it begins anew.
	Sight(ctx context.Context, s Sighting, now time.Time) ([]int64, error)
}

// Touched is what was written since some moment that views may list otherwise.
type Touched struct {
	Now      int64   // this moment
	Last     int64   // the moment when something was written last
	Messages []int64 // in order of number, once each
	Known    bool    // false: it may be any message
	Others   bool    // other processes write too: nothing is ever known
}

// Sighting is what a saved search finds.
type Sighting struct {
	Owner, Name string
	Query       string // what it asks
	Found       []int64
}
