package search

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"restante/index/search/segment"
)

// rotten has a segment of an index whose octets are not those of its checksum, by
// folder: a string.
var rotten sync.Map

func noteRot(path string) { rotten.Store(filepath.Dir(filepath.Dir(path)), path) }

// doubted tells whether the index has to be looked through.
func (c *Catalogue) doubted() bool {
	_, rot := rotten.Load(c.dir)
	return rot || c.doubt.Load() || len(lossOf(c.dir)) > 0
}

// proveRotten proves the segment once more that was found damaged, so that nobody
// waits for a proof of all the others.
func (c *Catalogue) proveRotten() error {
	path, ok := rotten.Load(c.dir)
	if !ok {
		return nil
	}
	return segment.ProveFile(path.(string))
}

// innocent are errors of a question, of the rows or of the moment, which sound files
// give, too.
var innocent = []error{
	context.Canceled, context.DeadlineExceeded, ErrBroad, ErrPage, ErrBehind, errRows, errDown, errClosed,
}

// blame has the next pass look through the files after an error that sound ones do
// not give, and gives it back.
func (c *Catalogue) blame(err error) error {
	if err == nil || segment.Lack(err) {
		return err
	}
	for _, other := range innocent {
		if errors.Is(err, other) {
			return err
		}
	}
	c.suspect(err)
	return err
}

// soundFor is how long files that were looked through are not looked through
// again: a question that breaks Bleve, asked over and over, must not keep the
// catalogue busy.
const soundFor = 10 * time.Minute

// suspect has the next pass look through the files.
func (c *Catalogue) suspect(why error) {
	if time.Since(time.Unix(c.sound.Load(), 0)) > soundFor && !c.doubt.Swap(true) {
		c.log.Error("catalogue broke; its files are looked through", "err", why)
	}
}
