package search

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"

	"restante/index/search/segment"
)

// ErrDamaged says that a file of an index does not hold what was written to it.
var ErrDamaged = segment.ErrDamaged

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
			if s.Small[name], err = sumOf(filepath.Join(dir, name)); err != nil {
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
			got, err := sumOf(filepath.Join(dir, name))
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
		if err := segment.ProveFile(path); err != nil {
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

// sumOf gives the CRC-32 of a file.
func sumOf(path string) (uint32, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	h := crc32.NewIEEE()
	_, err = io.Copy(h, f)
	return h.Sum32(), err
}
