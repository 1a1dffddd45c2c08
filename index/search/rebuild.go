package search

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/blevesearch/bleve/v2"
)

// Where a rebuild keeps its indexes beside the folder of the catalogue.
func (c *Catalogue) fresh() string   { return c.dir + ".new" }
func (c *Catalogue) retired() string { return c.dir + ".old" }

// Rebuild makes the catalogue anew from all that the source has. The old one
// answers until the new one is whole and takes its place; when Rebuild fails or
// is cancelled, the old one stays. Follow waits meanwhile.
func (c *Catalogue) Rebuild(ctx context.Context, src Source, progress func(done, total int64)) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.mend(); err != nil {
		return err
	}
	at, err := c.begin()
	if err != nil {
		return fmt.Errorf("rebuild catalogue: %w", err)
	}
	if err = c.pass(ctx, at, src, rebuilding, progress); err == nil {
		err = c.melt(ctx, at)
	}
	if err != nil {
		err = errors.Join(err, at.Close(), os.RemoveAll(c.fresh()))
		return fmt.Errorf("rebuild catalogue: %w", err)
	}
	if err := at.Close(); err != nil {
		return fmt.Errorf("rebuild catalogue: %w", err)
	}
	if err := c.swap(); err != nil {
		return fmt.Errorf("rebuild catalogue: %w", err)
	}
	return nil
}

// begin makes the new index, and forgets what became of one before.
func (c *Catalogue) begin() (bleve.Index, error) {
	losses.Delete(c.fresh())
	rotten.Delete(c.fresh())
	if err := os.RemoveAll(c.fresh()); err != nil {
		return nil, err
	}
	return create(c.fresh(), rebuildingTier)
}

// swap puts the new index into the place of the old one. Searches wait the few
// milliseconds. A crash between the steps is settled by the next Open.
func (c *Catalogue) swap() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.end(); err != nil {
		c.log.Warn("old catalogue did not close cleanly", "err", err)
	}
	c.doubt.Store(false)
	rotten.Delete(c.dir)
	if err := os.RemoveAll(c.retired()); err != nil {
		return errors.Join(err, c.back())
	}
	if err := os.Rename(c.dir, c.retired()); err != nil {
		return errors.Join(err, c.back())
	}
	if err := os.Rename(c.fresh(), c.dir); err != nil {
		return errors.Join(err, os.Rename(c.retired(), c.dir), c.back())
	}
	if err := c.back(); err != nil {
		return err
	}
	return os.RemoveAll(c.retired())
}

// back opens what is in place now.
func (c *Catalogue) back() (err error) {
	c.at, err = c.open()
	return err
}

// settle tidies up after a rebuild that a crash cut short: without a catalogue
// in place the old one goes back; what is left over goes.
func (c *Catalogue) settle() error {
	if _, err := os.Lstat(c.dir); errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(c.retired(), c.dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return errors.Join(os.RemoveAll(c.fresh()), os.RemoveAll(c.retired()))
}
