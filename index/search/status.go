package search

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2"
)

// Status is how the catalogue does.
type Status struct {
	Messages uint64    // that can be found, of all owners
	Octets   int64     // on disk
	Behind   int64     // changes of the source that it has not seen
	Written  time.Time // when a batch was last written; zero: never
	Aside    []string  // catalogues that were damaged and moved aside
}

const writtenKey = "written" // Unix nanoseconds

// Status tells how the catalogue does.
func (c *Catalogue) Status(ctx context.Context, src Source) (s Status, err error) {
	err = c.use(func(at bleve.Index) error {
		if s.Messages, err = at.DocCount(); err != nil {
			return err
		}
		b, err := at.GetInternal([]byte(writtenKey))
		if err != nil {
			return err
		}
		if len(b) == 8 {
			s.Written = time.Unix(0, int64(binary.BigEndian.Uint64(b)))
		}
		_, s.Behind, err = backlogs(ctx, at, src)
		return err
	})
	if err == nil {
		s.Octets, err = octetsIn(c.dir)
	}
	if err == nil {
		s.Aside, err = c.aside()
	}
	if err != nil {
		return Status{}, fmt.Errorf("catalogue status: %w", err)
	}
	return s, nil
}

// Damaged tells when a damaged catalogue was moved aside last; zero: none is there.
func (c *Catalogue) Damaged() (at time.Time, err error) {
	all, err := c.aside()
	for _, name := range all {
		if t, err := time.Parse(asideTime, strings.TrimPrefix(name, c.dir+asideName)); err == nil && t.After(at) {
			at = t
		}
	}
	return at, err
}

// octetsIn adds up a folder's files. Those that go meanwhile, after a merge, count
// nothing.
func octetsIn(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return ignoreGone(err)
		}
		i, err := d.Info()
		if err == nil {
			n += i.Size()
		}
		return ignoreGone(err)
	})
	return n, err
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// globSafe keeps what stands in the path of a folder from being a pattern.
var globSafe = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`)
