package search

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/blevesearch/bleve/v2"

	"restante/filter/letter"
	"restante/index"
)

// Source is what the catalogue is made from.
type Source interface {
	// Identity tells the source from another whose change numbers mean other
	// changes, as those of a database do that was made anew.
	Identity(ctx context.Context) (string, error)
	// Heads gives each owner's last change number.
	Heads(ctx context.Context) (map[string]int64, error)
	// Changes gives at most max changes after a number, in order.
	Changes(ctx context.Context, owner string, after int64, max int) ([]index.Change, error)
	// Message gives a row; index.ErrNotFound when it is gone.
	Message(ctx context.Context, owner string, id int64) (index.Message, error)
	// Letter opens a message. index.ErrNotFound when it is gone;
	// blob.ErrDamaged or fs.ErrNotExist when its bytes are lost.
	Letter(ctx context.Context, owner string, id int64) (*letter.Letter, error)
	// Open gives a message's bytes, with Letter's errors.
	Open(ctx context.Context, owner string, id int64) (io.ReadCloser, error)
}

const (
	pollEvery = 3 * time.Second // without a wake
	gatherFor = time.Second     // after a wake, for more to come
	retryMax  = time.Minute
)

// Follow keeps the catalogue up with the source until ctx ends, which is no
// error. It looks when wake is signalled and every few seconds besides. After a
// wake it waits up to a second until a batch is full, because a batch of few
// messages costs about as much as one of many. What goes wrong is logged and
// tried again, at longer and longer intervals.
func (c *Catalogue) Follow(ctx context.Context, src Source, wake <-chan struct{}) error {
	pause := pollEvery
	for {
		err := c.CatchUp(ctx, src, nil)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errClosed):
			return err
		case err != nil:
			pause = min(2*pause, retryMax)
			c.log.Warn("catalogue is behind", "err", err, "retry", pause)
		default:
			pause = pollEvery
		}
		ring := wake
		if err != nil {
			ring = nil // a wake does not shorten the pause after a fault
		}
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-ring:
			gather(ctx, wake, func() (int64, error) { return c.Behind(ctx, src) })
		case <-t.C:
		}
		t.Stop()
	}
}

// gather waits until a batch of changes is waiting, but not for long. It counts
// at each wake. An error ends the wait: the pass that follows meets it too.
func gather(ctx context.Context, wake <-chan struct{}, waiting func() (int64, error)) {
	t := time.NewTimer(gatherFor)
	defer t.Stop()
	for {
		if n, err := waiting(); err != nil || n >= int64(following.messages) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			return
		case <-wake:
		}
	}
}

// CatchUp reads every owner's changes after the checkpoint until none is left.
// Documents and checkpoints are written together, so that whatever happens in
// between, the next pass goes on where this one got. progress, which may be
// nil, is told how many changes are done, of how many.
//
// Where the source is another than before, or an owner's checkpoint lies ahead
// of it, everything is rebuilt.
func (c *Catalogue) CatchUp(ctx context.Context, src Source, progress func(done, total int64)) error {
	err := c.catchUp(ctx, src, progress)
	if errors.Is(err, errAhead) || errors.Is(err, errOther) {
		c.log.Warn("catalogue belongs to another source; rebuilding", "err", err)
		return c.Rebuild(ctx, src, progress)
	}
	return err
}

func (c *Catalogue) catchUp(ctx context.Context, src Source, progress func(done, total int64)) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.doubted() {
		c.doubt.Store(true)
		c.shelve()
	}
	if err := c.mend(); err != nil {
		return err
	}
	err := c.use(func(at bleve.Index) error {
		return c.pass(ctx, at, src, following, progress)
	})
	if errors.Is(err, errTorn) {
		_ = c.blame(err)
		c.shelve()
		return errors.Join(err, c.mend())
	}
	return err
}

// errOther says that the catalogue was made from another source.
var errOther = errors.New("the catalogue is of another source")

// claim notes in an empty index which source it is made from, and refuses one
// that is made from another.
func claim(ctx context.Context, at bleve.Index, src Source) error {
	name, err := src.Identity(ctx)
	if err != nil {
		return fmt.Errorf("read the source's identity: %w", err)
	}
	was, err := at.GetInternal([]byte(sourceKey))
	if err != nil || string(was) == name {
		return err
	}
	if n, err := at.DocCount(); err != nil {
		return err
	} else if n > 0 || was != nil {
		return errOther
	}
	return at.SetInternal([]byte(sourceKey), []byte(name))
}

// errAhead says that the catalogue knows changes that the source does not.
var errAhead = errors.New("the catalogue is ahead of its source")

// backlog is what one owner's feed holds that the index does not.
type backlog struct {
	owner string
	after int64
	head  int64
}

func backlogs(ctx context.Context, at bleve.Index, src Source) ([]backlog, int64, error) {
	heads, err := src.Heads(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("read heads: %w", err)
	}
	var out []backlog
	var total int64
	for _, owner := range slices.Sorted(maps.Keys(heads)) {
		after, err := checkpoint(at, owner)
		if err != nil {
			return nil, 0, fmt.Errorf("read checkpoint: %w", err)
		}
		head := heads[owner]
		if after > head {
			return nil, 0, fmt.Errorf("%w: owner %s, checkpoint %d, last change %d", errAhead, owner, after, head)
		}
		if after < head {
			out = append(out, backlog{owner, after, head})
			total += head - after
		}
	}
	return out, total, nil
}

// Behind counts the changes that the catalogue has not seen yet.
func (c *Catalogue) Behind(ctx context.Context, src Source) (int64, error) {
	var n int64
	err := c.use(func(at bleve.Index) (err error) {
		_, n, err = backlogs(ctx, at, src)
		return err
	})
	return n, err
}
