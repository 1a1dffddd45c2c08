package fetch_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"restante/fetch"
)

// records keep notes and deletions, as the database does.
type records struct {
	archive *archive

	mu    sync.Mutex // guards the fields below
	notes map[string]fetch.Note
	dels  []fetch.Deletion
	ids   int64           // given to deletions
	fails map[string]bool // methods that fail
	calls map[string]int  // of methods that write
}

func newRecords(a *archive) *records {
	return &records{archive: a, notes: map[string]fetch.Note{}, fails: map[string]bool{}, calls: map[string]int{}}
}

var errRecords = errors.New("the database is away")

// do runs f unless the method fails.
func (r *records) do(method string, f func()) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls[method]++
	if r.fails[method] {
		return errRecords
	}
	f()
	return nil
}

func (r *records) Notes(context.Context, string, string) (out []fetch.Note, err error) {
	return out, r.do("Notes", func() { out = slices.Collect(maps.Values(r.notes)) })
}

func (r *records) Note(_ context.Context, _, _ string, set []fetch.Note, drop []string) error {
	return r.do("Note", func() {
		for _, n := range set {
			r.notes[n.UID] = n
		}
		for _, uid := range drop {
			delete(r.notes, uid)
		}
	})
}

func (r *records) Mark(_ context.Context, owner, _ string, all []fetch.Deletion) error {
	return r.do("Mark", func() {
		r.archive.mu.Lock()
		defer r.archive.mu.Unlock()
		for i := range all {
			if _, here := r.archive.taken[owner][all[i].UID]; !here {
				all[i].ID = 0
				continue
			}
			r.ids++
			all[i].ID, all[i].Message = r.ids, 1000+r.ids
			all[i].Digest = r.archive.digests[owner+all[i].UID]
			all[i].State = fetch.DeletionMarked
			r.dels = slices.DeleteFunc(r.dels, func(d fetch.Deletion) bool {
				named := !strings.HasPrefix(d.UID, "sha256-")
				return d.UID == all[i].UID && d.Digest == all[i].Digest && (d.State == fetch.DeletionUndone || named && d.State != fetch.DeletionMarked)
			})
			r.dels = append(r.dels, all[i])
		}
	})
}

func (r *records) Marked(context.Context, string, string) (out []fetch.Deletion, err error) {
	return out, r.do("Marked", func() {
		for _, d := range r.dels {
			if d.State == fetch.DeletionMarked {
				out = append(out, d)
			}
		}
	})
}

func (r *records) Settle(_ context.Context, _, _ string, states map[int64]fetch.DeletionState) error {
	return r.do("Settle", func() {
		for id, state := range states {
			r.dels[slices.IndexFunc(r.dels, func(d fetch.Deletion) bool { return d.ID == id })].State = state
		}
	})
}

func (r *records) Archived(_ context.Context, owner, _ string, uids []string) (map[string]int64, error) {
	out := map[string]int64{}
	return out, r.do("Archived", func() {
		for _, uid := range uids {
			if _, here := r.archive.taken[owner][uid]; here {
				out[uid] = 7
			}
		}
	})
}

// states says how many rows a UID has of each state.
func (r *records) states(uid string) map[fetch.DeletionState]int {
	out := map[fetch.DeletionState]int{}
	for _, d := range r.dels {
		if d.UID == uid {
			out[d.State]++
		}
	}
	return out
}

// kinds says how many notes there are of each kind.
func (r *records) kinds() map[fetch.NoteKind]int {
	out := map[fetch.NoteKind]int{}
	for _, n := range r.notes {
		out[n.Kind]++
	}
	return out
}

// Rename makes an archive a ledger that knows new UIDs.
func (a *archive) Rename(_ context.Context, owner, _ string, names map[string]string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	moved := map[string]fetch.Taken{}
	for old, name := range names {
		a.digests[owner+name] = a.digests[owner+old]
		moved[name] = a.taken[owner][old]
		delete(a.taken[owner], old)
	}
	maps.Copy(a.taken[owner], moved)
	return nil
}

// fate kills the process at a step: that step fails, ahead of its effect or
// behind it, and so does all that comes later.
type fate struct {
	mu    sync.Mutex // guards the fields below
	at    int        // 0: never
	after bool
	step  int
	dead  bool
}

func (f *fate) do(effect func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return errCut
	}
	f.step++
	if f.step != f.at {
		return effect()
	}
	f.dead = true
	if f.after {
		if err := effect(); err != nil {
			return err
		}
	}
	return errCut
}

// mortal is the world as a process sees it that may die.
type mortal struct {
	*fate
	s *server
	a *archive
	r *records
}

func (m mortal) options(spool string) fetch.Options {
	return fetch.Options{Dialer: m, Ledger: m, Sink: m, Notes: m, Deletions: m, Spool: spool, InFlight: 1}
}

func (m mortal) Dial(ctx context.Context, a fetch.Account) (drop fetch.Maildrop, err error) {
	return drop, m.do(func() error {
		inner, err := m.s.Dial(ctx, a)
		drop = mortalDrop{inner.(*session), m.fate}
		return err
	})
}

func (m mortal) Taken(ctx context.Context, owner, account string) (out map[string]fetch.Taken, err error) {
	return out, m.do(func() (err error) { out, err = m.a.Taken(ctx, owner, account); return err })
}

func (m mortal) Rename(ctx context.Context, owner, account string, names map[string]string) error {
	return m.do(func() error { return m.a.Rename(ctx, owner, account, names) })
}

func (m mortal) Deliver(ctx context.Context, p *fetch.Parcel) error {
	return m.do(func() error { return m.a.Deliver(ctx, p) })
}

func (m mortal) Notes(ctx context.Context, owner, account string) (out []fetch.Note, err error) {
	return out, m.do(func() (err error) { out, err = m.r.Notes(ctx, owner, account); return err })
}

func (m mortal) Note(ctx context.Context, owner, account string, set []fetch.Note, drop []string) error {
	return m.do(func() error { return m.r.Note(ctx, owner, account, set, drop) })
}

func (m mortal) Mark(ctx context.Context, owner, account string, all []fetch.Deletion) error {
	return m.do(func() error { return m.r.Mark(ctx, owner, account, all) })
}

func (m mortal) Marked(ctx context.Context, owner, account string) (out []fetch.Deletion, err error) {
	return out, m.do(func() (err error) { out, err = m.r.Marked(ctx, owner, account); return err })
}

func (m mortal) Settle(ctx context.Context, owner, account string, states map[int64]fetch.DeletionState) error {
	return m.do(func() error { return m.r.Settle(ctx, owner, account, states) })
}

func (m mortal) Archived(ctx context.Context, owner, account string, uids []string) (map[string]int64, error) {
	return m.r.Archived(ctx, owner, account, uids)
}

type mortalDrop struct {
	*session
	*fate
}

func (d mortalDrop) List(ctx context.Context) (out []fetch.Item, err error) {
	return out, d.do(func() (err error) { out, err = d.session.List(ctx); return err })
}

func (d mortalDrop) Retrieve(ctx context.Context, items []fetch.Item, each func(fetch.Item, io.Reader, error) error) error {
	for _, it := range items {
		// A step of its own; what each does has steps too.
		if err := d.do(func() error { return nil }); err != nil {
			return err
		}
		if err := d.session.Retrieve(ctx, []fetch.Item{it}, each); err != nil {
			return err
		}
	}
	return nil
}

func (d mortalDrop) Heads(ctx context.Context, items []fetch.Item, each func(fetch.Item, []byte)) error {
	for i := range items {
		if err := d.do(func() error { return d.session.Heads(ctx, items[i:i+1], each) }); err != nil {
			return err
		}
	}
	return nil
}

func (d mortalDrop) Delete(ctx context.Context, nums []int) (marked []int, err error) {
	return marked, d.do(func() (err error) { marked, err = d.session.Delete(ctx, nums); return err })
}

func (d mortalDrop) Quit(ctx context.Context) error {
	return d.do(func() error { return d.session.Quit(ctx) })
}
