package index

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"restante/filter"
)

// ArchiveBox is the name under which everything is listed that is kept of an
// owner's, mail for the archive only too. A mailbox of that name cannot be seen.
const ArchiveBox = "archive"

// searchPrefix is in front of the name of a saved search, where a mailbox of its
// name is there too.
const searchPrefix = "search:"

// monthName is the name of a month of the archive, in UTC, of the years whose
// times the rows can hold.
var monthName = regexp.MustCompile(`^(1[7-9]|2[01])[0-9]{2}-(0[1-9]|1[0-2])$`)

// isVirtual tells the names of what is listed like a mailbox and is none.
func isVirtual(name string) bool {
	return name == ArchiveBox || monthName.MatchString(name) || strings.HasPrefix(name, searchPrefix)
}

// Searches answers saved searches.
type Searches interface {
	// Found gives what an owner's saved search finds now; ErrNotFound where there
	// is no such search.
	Found(ctx context.Context, owner, name string) ([]int64, error)
}

// AddDevice keeps a device.
func (a *Archive) AddDevice(ctx context.Context, d *Device) error {
	d.Made = a.now().UTC()
	if err := a.store.AddDevice(ctx, d); err != nil {
		return err
	}
	return a.countDays(ctx)
}

// countDays looks for the device that lists mail for the shortest time.
func (a *Archive) countDays(ctx context.Context) error {
	all, err := a.store.Devices(ctx, "")
	if err != nil {
		return err
	}
	least := 0
	for _, d := range all {
		if d.Days > 0 && (least == 0 || d.Days < least) {
			least = d.Days
		}
	}
	a.leastDays.Store(int64(least))
	return nil
}

// LeastDays is the least number of days for which any device lists mail; 0: all
// do for ever.
func (a *Archive) LeastDays() int { return int(a.leastDays.Load()) }

// Devices gives an owner's devices by name; everybody's where owner is empty.
func (a *Archive) Devices(ctx context.Context, owner string) ([]Device, error) {
	return a.store.Devices(ctx, owner)
}

// DeviceOf gives the owner's device with a secret; ErrNotFound otherwise.
func (a *Archive) DeviceOf(ctx context.Context, owner string, secret [32]byte) (Device, error) {
	return a.store.DeviceOf(ctx, owner, secret)
}

// RemoveDevice takes out a device and its view. The archive keeps all mail.
func (a *Archive) RemoveDevice(ctx context.Context, owner, name string) error {
	if err := a.store.RemoveDevice(ctx, owner, name); err != nil {
		return err
	}
	return a.countDays(ctx)
}

// Unread gives the numbers of an owner's unread messages. No POP3 client says what
// a person has read; what it does say is DELE. So a message is unread for as long
// as the account's own view lists it: nobody has deleted it there, nor filed it as
// read. What one device hides from itself is not read for the others.
func (a *Archive) Unread(ctx context.Context, owner string) ([]int64, error) {
	return a.store.Unread(ctx, owner)
}

// HasMailbox tells whether any message of an owner's hangs in a mailbox.
func (a *Archive) HasMailbox(ctx context.Context, owner, mailbox string) (bool, error) {
	return a.store.HasMailbox(ctx, owner, mailbox)
}

// View gives what a login lists. D is the device; nil: the account's own view.
// Name is empty for what the device merges, or the inbox. Else it is ArchiveBox,
// a month such as 2024-05 of when mail was received (in UTC), search:NAME, a
// mailbox, or the plain name of a saved search of which there is no mailbox.
//
// ErrNotFound where it is none of these: a mistyped name must not look like a
// mailbox that lost its mail. A month needs no mail to be there.
func (a *Archive) View(ctx context.Context, owner, name string, d *Device) (View, error) {
	v := View{Owner: owner}
	if d != nil {
		v.Device, v.Dele = d.ID, d.Dele
	}
	switch {
	case name == "" && d != nil:
		for _, box := range d.Mailboxes {
			v.Boxes = append(v.Boxes, Box{Name: box})
		}
		v.Since = d.since(a.now())
		return v, nil
	case name == "":
		name = filter.Inbox
	}
	box, err := a.box(ctx, owner, name)
	if err == nil && d != nil && !box.Virtual {
		v.Since = d.since(a.now())
	}
	v.Boxes = []Box{box}
	return v, err
}

// since is from when on a device lists mail. It moves once a day: a listing is
// the same all day long.
func (d *Device) since(now time.Time) time.Time {
	if d.Days == 0 {
		return time.Time{}
	}
	return now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -d.Days)
}

func (a *Archive) box(ctx context.Context, owner, name string) (Box, error) {
	switch {
	case name == ArchiveBox:
		return Box{Name: name, Virtual: true}, nil
	case monthName.MatchString(name):
		from, err := time.Parse("2006-01", name)
		return Box{Name: name, Virtual: true, Span: Span{from, from.AddDate(0, 1, 0).Add(-1)}}, err
	case strings.HasPrefix(name, searchPrefix):
		return a.searchBox(ctx, owner, strings.TrimPrefix(name, searchPrefix))
	case name == filter.Inbox || name == filter.Quarantine:
		return Box{Name: name}, nil
	}
	has, err := a.store.HasMailbox(ctx, owner, name)
	if err != nil || has {
		return Box{Name: name}, err
	}
	return a.searchBox(ctx, owner, name)
}

func (a *Archive) searchBox(ctx context.Context, owner, name string) (Box, error) {
	b := Box{Name: searchPrefix + name, Virtual: true, Only: []int64{}}
	if a.searches == nil {
		return b, fmt.Errorf("mailbox or saved search %q: %w", name, ErrNotFound)
	}
	ids, err := a.searches.Found(ctx, owner, name)
	if err != nil {
		return b, fmt.Errorf("mailbox or saved search %q: %w", name, err)
	}
	saved, err := a.store.SavedSearches(ctx, owner)
	if err != nil {
		return b, err
	}
	found := Sighting{Owner: owner, Name: name, Found: ids}
	for _, s := range saved {
		if s.Name == name {
			found.Query = s.Query
		}
	}
	ids, err = a.store.Sight(ctx, found, a.now())
	b.Only = append(b.Only, ids...)
	return b, err
}
