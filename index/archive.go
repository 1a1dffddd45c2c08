package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"restante/filter"
	"restante/filter/letter"
	"restante/index/lru"
)

// Store is everything that the archive asks of its rows. *record.DB is one.
type Store interface {
	Records
	Lessons
	Snapshots
	Tallies
	Users
	Keyring
	Survey
	Expiry
	Views
	SavedSearches
	Senders
}

// Options say what an Archive stands on.
type Options struct {
	Blobs  Blobs
	Store  Store
	Eraser Eraser           // of Blobs; nil: what expires leaves its bytes, as long as there is none
	Search Searches         // nil: there are no saved searches
	Log    *slog.Logger     // nil: none
	Now    func() time.Time // nil: time.Now
	// Replayed, if not nil, is told of the messages whose rows New has made anew.
	Replayed func(messages int)
	// ModelOctets bounds the memory of the owners' models that are not in use; 0:
	// 256 MiB. Those unused for longest go first, and come back when asked for.
	ModelOctets int64
	// Household lets a filter that was taught little hear what the other users'
	// were taught.
	Household bool
}

// Archive is where messages are kept. It is safe for concurrent use.
type Archive struct {
	blobs  Blobs
	eraser Eraser
	store  Store
	log    *slog.Logger
	now    func() time.Time

	household bool

	lessonsMost, lessonsOver int // see age
	searches                 Searches

	queue  queue
	models models

	listings  listings
	plains    plains
	senders   senders
	leastDays atomic.Int64
	recent    recent
	wake      chan struct{}
	watchers  watchers

	// commits is held while a group is shelved or buried: a message that was found
	// among the rows is there until its receipt is.
	commits sync.Mutex
	expiry  sync.Mutex // held by the one expiry that runs
}

var _ filter.Shelf = (*Archive)(nil)
var _ filter.Models = (*Archive)(nil)

// New makes an archive and replays what the segments know and the rows do not.
func New(ctx context.Context, o Options) (*Archive, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &Archive{blobs: o.Blobs, eraser: o.Eraser, store: o.Store, log: o.Log, now: o.Now, household: o.Household, lessonsMost: lessonsMost, lessonsOver: lessonsOver, searches: o.Search, wake: make(chan struct{}, 1)}
	a.queue.patience = gatherTime
	a.models.most = cmp.Or(o.ModelOctets, 256<<20)
	n, err := a.replay(ctx, o.Replayed)
	if err != nil {
		return nil, fmt.Errorf("replay the segments: %w", err)
	}
	if err := a.countDays(ctx); err != nil {
		return nil, err
	}
	if n > 0 {
		a.log.Info("rows restored from the segments", "messages", n)
	}
	return a, nil
}

// Wake is signalled after changes, for the one who follows them all; see Next for
// others.
func (a *Archive) Wake() <-chan struct{} { return a.wake }

func (a *Archive) changed() {
	a.watchers.tell()
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// Message gives an owner's message.
func (a *Archive) Message(ctx context.Context, owner string, id int64) (Message, error) {
	return a.store.Message(ctx, owner, id)
}

// Open gives a message's bytes as they were received. Damaged bytes end in
// blob.ErrDamaged.
func (a *Archive) Open(ctx context.Context, owner string, id int64) (io.ReadCloser, error) {
	m, err := a.store.Message(ctx, owner, id)
	if err != nil {
		return nil, err
	}
	return a.blobs.Open(ctx, m.Ref, m.Digest)
}

// Letter opens an owner's message.
func (a *Archive) Letter(ctx context.Context, owner string, id int64) (*letter.Letter, error) {
	if l := a.recent.take(owner, id); l != nil {
		return l, nil
	}
	r, err := a.Open(ctx, owner, id)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	check := &checked{r: r}
	l := letter.Read(check)
	if check.err != nil {
		return nil, fmt.Errorf("message %d: %w", id, check.err)
	}
	return l, nil
}

// checked remembers the error that letter.Read, which takes anything, passes over.
type checked struct {
	r   io.Reader
	err error
}

func (c *checked) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

// Changes gives an owner's changes after a number.
func (a *Archive) Changes(ctx context.Context, owner string, after int64, max int) ([]Change, error) {
	return a.store.Changes(ctx, owner, after, max)
}

// Identity tells one database from another, made anew perhaps.
func (a *Archive) Identity(ctx context.Context) (string, error) { return a.store.Identity(ctx) }

// Heads gives each owner's last change number.
func (a *Archive) Heads(ctx context.Context) (map[string]int64, error) { return a.store.Heads(ctx) }

// recentBytes bounds the letters held for the catalogue, in octets of what they
// hold.
const recentBytes = 12 << 20

// heldBy counts the octets that a letter holds. Attachments are none of them.
func heldBy(l *letter.Letter) int64 {
	n := 1024 + len(l.Text) + len(l.HTML) + len(l.HTMLText) + len(l.Hidden)
	for _, f := range l.Fields {
		n += len(f.Name) + len(f.Value) + 32
	}
	return int64(n + 256*len(l.Parts) + 64*len(l.Links))
}

// recent holds letters just delivered until the catalogue asks for them, so
// that most messages are opened once. It is a help, never a promise.
type recent struct {
	letters lru.Cache[recentKey, *letter.Letter]
}

type recentKey struct {
	owner string
	id    int64
}

func (r *recent) put(owner string, id int64, l *letter.Letter) {
	if l == nil {
		return
	}
	if held := heldBy(l); held <= recentBytes/4 {
		r.letters.Put(recentKey{owner, id}, l, held, recentBytes, nil)
	}
}

// take gives a letter and forgets it; nil: it is not held.
func (r *recent) take(owner string, id int64) *letter.Letter {
	l, _ := r.letters.Take(recentKey{owner, id})
	return l
}
