package search

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/gofrs/flock"

	"restante/index/search/extract"
	"restante/index/search/segment"
)

// ErrLocked says that another process has the catalogue open.
var ErrLocked = errors.New("the catalogue is in use by another process")

// schema changes with everything that makes an older catalogue unfit: fields,
// analysis, the form of keys. A catalogue of another schema is made anew.
const schema = "6"

// Keys of what the catalogue keeps beside the documents.
const (
	schemaKey     = "schema"
	sourceKey     = "source"      // Source.Identity
	checkpointKey = "checkpoint/" // and the owner: number of the last change seen
)

// Options of a catalogue.
type Options struct {
	Log *slog.Logger // nil discards
	// Unread gives the numbers of an owner's unread messages; nil: nobody knows,
	// and is:unread is an error.
	Unread func(ctx context.Context, owner string) ([]int64, error)
	// Me gives the addresses of an owner, for from:me and to:me; nil: none are known.
	Me func(owner string) []string
}

// Catalogue is the full-text index of all mail. It is derived from the rows and
// the bytes, so that it can be deleted at any time. Its methods may be called
// from several goroutines at once.
type Catalogue struct {
	dir    string
	log    *slog.Logger
	lock   *flock.Flock
	docs   *extract.Extractor
	unread func(ctx context.Context, owner string) ([]int64, error) // Options.Unread
	me     func(owner string) []string                              // Options.Me

	known  sortKeys // of what is asked
	easing easing

	writing sync.Mutex // held by whoever adds documents: a pass or a rebuild

	// doubt says that the index panicked, or gave an error that sound files do not
	// give: the next pass looks through them.
	doubt  atomic.Bool
	sound  atomic.Int64 // when they were last found sound after that, Unix seconds
	mu     sync.RWMutex // guards the fields below; held for reading while at is used
	at     bleve.Index  // nil once closed, and while it cannot be opened
	closed bool
}

// Open opens the catalogue in a folder, or makes an empty one. A catalogue that
// cannot be opened, or is not as it was written, is moved aside, to a name ending
// in .broken-TIME where one of before is removed, and an
// empty one takes its place: Follow fills it again. One that another version of
// the program made is thrown away for it. ErrLocked means that
// another process holds it; nothing is moved then.
func Open(dir string, o Options) (*Catalogue, error) {
	c := &Catalogue{dir: filepath.Clean(dir), log: o.Log, unread: o.Unread, me: o.Me, docs: extract.New(extract.Limits{}), easing: easing{above: easeAbove}}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(filepath.Dir(c.dir), 0o700); err != nil {
		return nil, fmt.Errorf("open catalogue: %w", err)
	}
	// A lock of our own, because Bleve's tells a lock from a torn file badly.
	c.lock = flock.New(c.dir + ".lock")
	switch ok, err := c.lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("open catalogue: %w", err)
	case !ok:
		return nil, fmt.Errorf("open catalogue %s: %w", c.dir, ErrLocked)
	}
	var err error
	if c.at, err = c.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open catalogue: %w", err), c.lock.Close())
	}
	return c, nil
}

// open opens what is there, after tidying up behind a rebuild cut short.
func (c *Catalogue) open() (bleve.Index, error) {
	if err := c.settle(); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(c.dir); errors.Is(err, fs.ErrNotExist) {
		rotten.Delete(c.dir)
		return create(c.dir, followingTier)
	}
	doubted, always := c.doubt.Load(), int64(proveAlways)
	if doubted {
		always = math.MaxInt64
	}
	var at bleve.Index
	err := c.proveRotten()
	if err == nil {
		at, err = reopen(c.dir, always)
	}
	if segment.Lack(err) {
		return at, err
	}
	c.doubt.Store(false)
	rotten.Delete(c.dir)
	if err == nil {
		if doubted {
			c.sound.Store(time.Now().Unix())
			c.log.Error("the files of the catalogue are sound, though it broke: a fault of the program")
		}
		return at, nil
	}
	if errors.Is(err, errSchema) {
		c.log.Info("catalogue is of another version of the program; a new one is filled", "err", err)
		if err := os.RemoveAll(c.dir); err != nil {
			return nil, err
		}
		return create(c.dir, followingTier)
	}
	if err := c.putAside(err); err != nil {
		return nil, err
	}
	return create(c.dir, followingTier)
}

// What is behind the name of a catalogue that was moved aside, and when, in UTC.
const (
	asideName = ".broken-"
	asideTime = "20060102T150405.000"
)

// putAside moves a damaged catalogue out of the way. The last one is kept, for
// whoever wants to know what happened to it.
func (c *Catalogue) putAside(why error) error {
	before, err := c.aside()
	if err != nil {
		return err
	}
	name := c.dir + asideName + time.Now().UTC().Format(asideTime)
	c.log.Error("catalogue is damaged; moved aside, a new one is filled", "err", why, "aside", name)
	for _, old := range before {
		if err := os.RemoveAll(old); err != nil {
			return err
		}
	}
	return os.Rename(c.dir, name)
}

func (c *Catalogue) aside() ([]string, error) {
	return filepath.Glob(globSafe.Replace(c.dir) + asideName + "*")
}

// errSchema says that a catalogue is sound and of another schema.
var errSchema = errors.New("another schema")

// create makes an empty index.
func create(dir string, tier int) (bleve.Index, error) {
	m := bleve.NewIndexMapping()
	m.DefaultMapping.Enabled = false // documents come analyzed
	at, err := bleve.NewUsing(dir, m, bleve.Config.DefaultIndexType, bleve.Config.DefaultKVStore, settings(tier))
	if err != nil {
		return nil, fmt.Errorf("create: %w", err)
	}
	if err := at.SetInternal([]byte(schemaKey), []byte(schema)); err != nil {
		return nil, errors.Join(fmt.Errorf("create: %w", err), at.Close())
	}
	return at, nil
}

// reopen opens an index that is as it was written, see prove.
func reopen(dir string, always int64) (at bleve.Index, err error) {
	err = safely(func() error {
		if err := prove(dir, always); err != nil {
			return err
		}
		if err := noteSums(dir, false); err != nil {
			return err
		}
		if at, err = bleve.OpenUsing(dir, settings(followingTier)); err != nil {
			return err
		}
		got, err := at.GetInternal([]byte(schemaKey))
		if err == nil && string(got) != schema {
			err = fmt.Errorf("%w: %q, want %q", errSchema, got, schema)
		}
		if err != nil {
			return errors.Join(err, at.Close())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return at, nil
}

// settings are Bleve's. unsafe_batch stays off: it is no faster here, and it
// loses documents that were reported as written when the process is killed.
func settings(tier int) map[string]any {
	return map[string]any{
		"bolt_timeout":           "1s",
		"eventCallbackName":      onEvent,
		"asyncErrorCallbackName": onLoss,
		// Bleve takes segments of less than 2,000 documents for equal and merges
		// until few are left, over and over while batches come in. Counted from a
		// batch on, with 20 a tier, a pass of batches of 200 took two thirds of the
		// CPU; a search looked into some 30 segments instead of 10.
		"scorchMergePlanOptions": map[string]any{
			"FloorSegmentSize":   following.messages,
			"MaxSegmentsPerTier": tier,
		},
	}
}

// How many segments of a size there are before they are merged. A rebuild merges
// once, at its end.
const (
	followingTier  = 20
	rebuildingTier = meltOnce
)

// Close closes the catalogue. A pass under way must have ended before.
func (c *Catalogue) Close() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	var err error
	if c.at != nil {
		err = c.end()
	}
	return errors.Join(err, c.lock.Close())
}

// end closes the index, and notes how it was left.
func (c *Catalogue) end() error {
	at := c.at
	c.at = nil
	lost := c.doubted()
	err := safely(func() error {
		if !lost {
			return at.Close()
		}
		// A batch that waits for a goroutine which is no more holds the lock that
		// Close wants.
		inner, err := at.Advanced()
		if err != nil {
			return err
		}
		return inner.Close()
	})
	losses.Delete(c.dir)
	if err != nil || lost {
		return errors.Join(err, ignoreGone(os.Remove(filepath.Join(c.dir, sumsName))))
	}
	return noteSums(c.dir, true)
}

// compile turns a question into one for the index, see compiler.compile.
func (c *Catalogue) compile(ctx context.Context, owner string, q *Query) asked {
	var of compiler
	if c.unread != nil {
		of.list = func() ([]int64, error) { return c.unread(ctx, owner) }
	}
	if c.me != nil {
		for _, address := range c.me(owner) {
			of.me = append(of.me, keyword(address))
		}
	}
	return of.compile(owner, q)
}

// errClosed says that a method was called after Close.
var errClosed = errors.New("the catalogue is closed")

// errDown says that a write failed, and that the index could not be opened
// again since.
var errDown = errors.New("the catalogue is out of order; it is tried again")

// shelve puts an index away that a failed write has spoilt in memory.
func (c *Catalogue) shelve() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at == nil {
		return
	}
	if err := c.end(); err != nil {
		c.log.Warn("catalogue did not close cleanly", "err", err)
	}
}

// mend opens an index again that was put away, as far as it is on disk.
func (c *Catalogue) mend() (err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return errClosed
	case c.at != nil:
		return nil
	}
	if c.at, err = c.open(); err != nil {
		return fmt.Errorf("open the catalogue again: %w", err)
	}
	return nil
}

// use calls f with the index, which stays open meanwhile.
func (c *Catalogue) use(f func(bleve.Index) error) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	switch {
	case c.closed:
		return errClosed
	case c.at == nil:
		return errDown
	}
	err := safely(func() error { return f(c.at) })
	if errors.Is(err, errBroke) {
		c.suspect(err)
	}
	return err
}

// checkpoint is the number of the owner's last change in the index; 0 is none.
func checkpoint(at bleve.Index, owner string) (int64, error) {
	v, err := at.GetInternal([]byte(checkpointKey + owner))
	if err != nil || len(v) != 8 {
		return 0, err
	}
	return int64(binary.BigEndian.Uint64(v)), nil
}

func encodeNumber(n int64) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(n))
}
