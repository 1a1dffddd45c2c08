package search

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/blevesearch/bleve/v2"
	"golang.org/x/time/rate"

	"restante/index/search/segment"
)

// Verify reads every segment of the catalogue and compares it with its checksum, so
// many octets a second, 0 as fast as the disk gives them. Questions are answered and
// mail is added meanwhile, and what they have in memory stays there: what Verify
// reads does not. It ends with ctx at once.
//
// A damaged segment is ErrDamaged, and the next pass moves the catalogue aside and
// fills a new one.
func (c *Catalogue) Verify(ctx context.Context, pace int) error {
	if err := c.verify(ctx, pace); err != nil {
		return fmt.Errorf("verify the catalogue: %w", err)
	}
	return nil
}

func (c *Catalogue) verify(ctx context.Context, pace int) error {
	limit := rate.NewLimiter(rate.Inf, segment.Piece)
	if pace > 0 {
		limit.SetLimit(rate.Limit(pace))
		limit.AllowN(time.Now(), segment.Piece) // the first piece waits, too
	}
	var all []string
	err := c.use(func(at bleve.Index) (err error) {
		all, err = segmentsOf(at)
		return err
	})
	for _, path := range all {
		if err == nil {
			err = c.verifySegment(path, func(octets int) error { return limit.WaitN(ctx, octets) })
		}
	}
	return err
}

// verifySegment holds nothing up while it reads: a file that was removed meanwhile
// can be read to its end.
func (c *Catalogue) verifySegment(path string, wait func(octets int) error) error {
	var of bleve.Index
	var f *os.File
	err := c.use(func(at bleve.Index) error {
		all, err := segmentsOf(at)
		if err != nil || !slices.Contains(all, path) { // merged into another
			return err
		}
		of = at
		f, err = os.Open(path)
		return err
	})
	if f != nil {
		defer f.Close()
		var i os.FileInfo
		if i, err = f.Stat(); err == nil {
			err = segment.Prove(filepath.Base(path), quietly(f), i.Size(), wait)
		}
	} else if err != nil && of != nil && !segment.Lack(err) {
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if errors.Is(err, ErrDamaged) {
		c.found(of, path)
	}
	return err
}

// found has the next pass move the catalogue aside, unless another is in its place.
func (c *Catalogue) found(of bleve.Index, path string) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.at == of {
		noteRot(path)
	}
}

// segmentsOf gives the files of the segments of an index.
func segmentsOf(at bleve.Index) ([]string, error) {
	r, err := reader(at)
	if err != nil {
		return nil, err
	}
	return pathsOf(r), r.Close()
}
