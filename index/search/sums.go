package search

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
)

// ErrDamaged says that a file of an index does not hold what was written to it.
var ErrDamaged = errors.New("damaged")

// sums is what lies beside an index, so that damage shows before Bleve meets it.
// A segment ends in a checksum of itself; it is proved once, and again when the
// file system says that it was written since. The few small files change with
// each batch: their checksums are those of when the index was closed.
type sums struct {
	Closed   bool              `json:"closed"` // nothing was written since
	Small    map[string]uint32 `json:"small,omitempty"`
	Segments map[string]stamp  `json:"segments"` // whole when last looked at
}

// stamp tells whether a file was written since.
type stamp struct {
	Octets  int64 `json:"octets"`
	Changed int64 `json:"changed"` // Unix nanoseconds
}

const sumsName = "sums.json"

var smallFiles = []string{"index_meta.json", filepath.Join("store", "root.bolt")}

func segmentFiles(dir string) ([]string, error) {
	return filepath.Glob(filepath.Join(globSafe.Replace(dir), "store", "*.zap"))
}

func stampOf(path string) (stamp, error) {
	i, err := os.Stat(path)
	if err != nil {
		return stamp{}, err
	}
	return stamp{i.Size(), i.ModTime().UnixNano()}, nil
}

// readSums gives what is noted; nothing where that cannot be read.
func readSums(dir string) (s sums) {
	text, err := os.ReadFile(filepath.Join(dir, sumsName))
	if err != nil || json.Unmarshal(text, &s) != nil {
		return sums{}
	}
	return s
}

// noteSums notes how an index is: closed, or open with segments that are whole.
// What cannot be noted, on a full disk perhaps, must not stay as it was before: it is
// forgotten then, which costs the next opening some proof and is no error.
func noteSums(dir string, closed bool) error {
	path := filepath.Join(dir, sumsName)
	text, err := sumsOf(dir, closed)
	if err == nil {
		err = writeOver(path, text, !closed && readSums(dir).Closed)
	}
	if err == nil {
		return nil
	}
	if gone := ignoreGone(os.Remove(path)); gone != nil {
		return fmt.Errorf("note checksums: %w", errors.Join(err, gone))
	}
	return nil
}

func sumsOf(dir string, closed bool) ([]byte, error) {
	s := sums{Closed: closed, Small: map[string]uint32{}, Segments: map[string]stamp{}}
	all, err := segmentFiles(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range all {
		switch st, err := stampOf(name); {
		case err == nil:
			s.Segments[filepath.Base(name)] = st
		case ignoreGone(err) != nil: // merged into another meanwhile
			return nil, err
		}
	}
	for _, name := range smallFiles {
		if closed {
			if s.Small[name], _, err = sumOf(filepath.Join(dir, name)); err != nil {
				return nil, err
			}
		}
	}
	return json.Marshal(s)
}

// writeOver writes a small file in its place: torn, it says nothing. Lasting, a
// power cut does not bring back what it said before.
func writeOver(path string, text []byte, lasting bool) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if lasting {
		err = errors.Join(err, f.Sync())
	}
	return errors.Join(err, f.Close())
}

// proveAlways is up to how many octets of segments are proved at each opening,
// which takes some hundredths of a second.
const proveAlways = 32 << 20

// prove compares an index that nobody has open with its checksums: an error is
// ErrDamaged, or says why it cannot be known. The segments of an index of up to so
// many octets are proved whether they were before or not.
func prove(dir string, always int64) error {
	was := readSums(dir)
	var names []string
	if was.Closed {
		for name, want := range was.Small {
			got, _, err := sumOf(filepath.Join(dir, name))
			if err != nil || got != want {
				return fmt.Errorf("%w: %s is not as it was closed (%v)", ErrDamaged, name, err)
			}
		}
		for name := range was.Segments {
			names = append(names, filepath.Join(dir, "store", name))
		}
	} else {
		var err error
		if names, err = namedSegments(dir); err != nil {
			return err
		}
	}
	var octets int64
	stamps := make([]stamp, len(names))
	for i, path := range names {
		var err error
		if stamps[i], err = stampOf(path); err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		octets += stamps[i].Octets
	}
	for i, path := range names {
		if octets > always && stamps[i] == was.Segments[filepath.Base(path)] {
			continue
		}
		if err := proveSegment(path); err != nil {
			return err
		}
	}
	return nil
}

// namedSegments gives the segments that an index is made of. After a kill others
// lie beside them that were not written to their end.
func namedSegments(dir string) ([]string, error) {
	s := settings(followingTier)
	s["read_only"] = true // it would begin to merge them
	at, err := bleve.OpenUsing(dir, s)
	if err != nil {
		return nil, err
	}
	r, err := reader(at)
	if err != nil {
		return nil, errors.Join(err, at.Close())
	}
	return pathsOf(r), errors.Join(r.Close(), at.Close())
}

func pathsOf(r *scorch.IndexSnapshot) (paths []string) {
	for _, s := range r.Segments() {
		if p, ok := s.Segment().(interface{ Path() string }); ok { // else it is in memory yet
			paths = append(paths, p.Path())
		}
	}
	return paths
}

// proveSegment compares a segment with the checksum at its end.
func proveSegment(path string) error {
	sum, tail, err := sumOf(path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if tail == nil || sum != binary.BigEndian.Uint32(tail) {
		return fmt.Errorf("%w: the checksum of %s is not that of its octets", ErrDamaged, filepath.Base(path))
	}
	return nil
}

// sumOf gives the CRC-32 of a file; of a segment that of all but its last four
// octets, and those.
func sumOf(path string) (sum uint32, tail []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, nil, err
	}
	defer f.Close()
	i, err := f.Stat()
	if err != nil {
		return 0, nil, err
	}
	h, most := crc32.NewIEEE(), i.Size()
	if filepath.Ext(path) == ".zap" {
		most = max(most-4, 0)
	}
	if _, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{io.LimitReader(f, most)}, make([]byte, 1<<18)); err != nil {
		return 0, nil, err
	}
	if i.Size()-most == 4 {
		tail = make([]byte, 4)
		if _, err := io.ReadFull(f, tail); err != nil {
			return 0, nil, err
		}
	}
	return h.Sum32(), tail, nil
}

// Verify reads every segment of the catalogue and compares it with its checksum.
// A damaged one is an error, and the next pass moves the catalogue aside and fills
// a new one.
func (c *Catalogue) Verify(ctx context.Context) error {
	err := c.use(func(at bleve.Index) (err error) {
		r, err := reader(at) // what it sees is not removed before it is closed
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, r.Close()) }()
		for _, path := range pathsOf(r) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := proveSegment(path); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, ErrDamaged) {
		c.doubt.Store(true)
	}
	if err != nil {
		return fmt.Errorf("verify the catalogue: %w", err)
	}
	return nil
}
