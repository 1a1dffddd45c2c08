package fetch

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// What is noted of an account and not of a message goes by names that no
// upstream can give: a listing has no UID that begins with a blank.
const (
	markFirst = " first listing" // the account's old mail was passed over
	markStorm = " storm"         // the upstream gave its mail new UIDs; they are being looked at
)

// maxTries is how many rounds try to take a message before it is left alone.
const maxTries = 3

// How long a message is left alone that several rounds could not take: twice as
// long each time, since the trouble may have been the upstream's and not the
// message's.
const (
	firstRest = time.Hour
	longRest  = 7 * 24 * time.Hour
)

func restAfter(tries int) time.Duration {
	return min(firstRest<<min(tries-maxTries, 8), longRest)
}

// notebook is an account's notes during a round, and which of them to write.
type notebook struct {
	mu    sync.Mutex // guards the fields below
	all   map[string]Note
	dirty map[string]bool
}

func newNotebook(notes []Note) *notebook {
	b := &notebook{all: make(map[string]Note, len(notes)), dirty: map[string]bool{}}
	for _, n := range notes {
		b.all[n.UID] = n
	}
	return b
}

func (b *notebook) clone() *notebook {
	b.mu.Lock()
	defer b.mu.Unlock()
	return &notebook{all: maps.Clone(b.all), dirty: map[string]bool{}}
}

// get gives the note of a message; one without a UID has none.
func (b *notebook) get(uid string) (Note, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, ok := b.all[uid]
	return n, ok && uid != ""
}

// set sets a note. Since stays while the kind does. One that keeps a message
// upstream gives way to no other: it would be deleted once that is done with.
func (b *notebook) set(n Note) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was, ok := b.all[n.UID]
	if ok && was.Kind == n.Kind {
		n.Since = was.Since
	}
	if ok && was.Kind == NoteKept && n.Kind != NoteKept {
		return
	}
	if n.UID != "" && was != n {
		b.all[n.UID] = n
		b.dirty[n.UID] = true
	}
}

func (b *notebook) drop(uid string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.all[uid]; ok {
		delete(b.all, uid)
		b.dirty[uid] = true
	}
}

// each calls f for each note, in no order.
func (b *notebook) each(f func(Note)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.all {
		f(n)
	}
}

// dropWhere drops the notes that f says.
func (b *notebook) dropWhere(f func(Note) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for uid, n := range b.all {
		if f(n) {
			delete(b.all, uid)
			b.dirty[uid] = true
		}
	}
}

// changes gives what is to be written. What is noted of the account comes last:
// it says that all the rest is noted.
func (b *notebook) changes() (set []Note, drop []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, uid := range slices.Sorted(maps.Keys(b.dirty)) {
		if n, ok := b.all[uid]; ok {
			set = append(set, n)
		} else {
			drop = append(drop, uid)
		}
	}
	slices.SortStableFunc(set, func(a, b Note) int { return cmp.Compare(flag(a.Kind == NoteMark), flag(b.Kind == NoteMark)) })
	return set, drop
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (b *notebook) written() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.dirty)
}

// openNotes reads the account's notes. Without a door for them they last as
// long as the Fetcher.
func (r *round) openNotes(ctx context.Context) error {
	if r.o.Notes == nil {
		r.book = r.bookInMemory(r.a.Name)
		if r.dry {
			r.book = r.book.clone()
		}
		return nil
	}
	notes, err := r.o.Notes.Notes(ctx, r.a.Owner, r.a.Name)
	if err != nil {
		return fmt.Errorf("read the notes: %w", err)
	}
	r.book = newNotebook(notes)
	// What broke sessions is known from the notes, which somebody may have
	// forgotten since.
	for k := range r.bad {
		if k.uid != "" {
			delete(r.bad, k)
		}
	}
	for _, n := range notes {
		switch {
		case n.Kind == NoteBroke:
			r.bad[key{uid: n.UID}] = &stumble{tries: n.Tries, next: n.Next, err: errors.New(n.Why)}
		case n.Kind == NoteLarge && !n.Next.IsZero(): // which LIST had not said
			r.bad[key{uid: n.UID}] = &stumble{tries: n.Tries, next: n.Next, err: errTooLong}
		}
	}
	return nil
}

func (f *Fetcher) bookInMemory(account string) *notebook {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.books[account] == nil {
		f.books[account] = newNotebook(nil)
	}
	return f.books[account]
}

// batch bounds what one commit takes, so that no number of messages makes it
// too long.
const batch = 5000

// saveNotes writes what changed, mostly in one commit.
func (r *round) saveNotes(ctx context.Context) error {
	if r.dry || r.book == nil {
		return nil
	}
	if r.o.Notes != nil {
		set, drop := r.book.changes()
		for len(set)+len(drop) > 0 {
			n, m := min(len(set), batch), min(len(drop), batch)
			if err := r.o.Notes.Note(ctx, r.a.Owner, r.a.Name, set[:n], drop[:m]); err != nil {
				return fmt.Errorf("write the notes: %w", err)
			}
			set, drop = set[n:], drop[m:]
		}
	}
	r.book.written()
	return nil
}

// outcome notes what a delivery changes. The caller holds mu.
func (r *round) outcome(it Item, p *Parcel) {
	if len(r.unsettled) > 0 {
		r.came[p.UID] = p.Digest
		r.came[nameless+hex.EncodeToString(p.Digest[:])] = p.Digest
	}
	if it.UID == "" {
		return
	}
	r.counted++
	r.countedOctets += p.Size
	switch n, _ := r.book.get(it.UID); n.Kind {
	case NoteRefused, NoteBroke, NoteLarge, NoteHeader:
		r.book.drop(it.UID)
	}
}

// isOurName tells whether a receipt is under a name that we gave.
func isOurName(uid string) bool {
	return strings.HasPrefix(uid, " ") || strings.HasPrefix(uid, nameless)
}

// noteFailures counts the rounds in which messages could not be taken. What the
// archive does not take is not the message's fault, but a full disk's or a
// shutdown's; only where a delivery panics is it likely to do so again.
func (r *round) noteFailures() {
	now := r.o.Now()
	for k, f := range r.failed {
		if k.uid == "" || f.err == nil || r.bad[k] != nil || f.ours && !errors.Is(f.err, errPanicked) {
			continue
		}
		n, _ := r.book.get(k.uid)
		if n.Kind != NoteRefused {
			n = Note{UID: k.uid, Kind: NoteRefused, Since: now}
		}
		n.Tries++
		n.Size, n.Why, n.Next = f.size, f.err.Error(), time.Time{}
		if n.Tries >= maxTries {
			n.Next = now.Add(restAfter(n.Tries))
		}
		r.book.set(n)
	}
}
