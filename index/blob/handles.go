package blob

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"sync"
)

// handles knows which file a segment is in, and keeps some open for reading. At
// most max stay open, beside those that a reader is using just now.
type handles struct {
	disk  disk
	max   int
	table func(f file, seg uint32) (*table, error) // reads that of a sealed file

	mu     sync.Mutex // guards the fields below
	closed bool
	clock  int64
	gens   map[uint32]uint32 // the generation of each segment
	open   map[uint32]*handle
}

type handle struct {
	file
	seg, gen uint32
	sealed   *table // nil where it grows
	users    int
	used     int64 // clock when it was last asked for
	gone     bool  // replaced: its last user closes it
}

// get opens a segment. Put must follow.
func (s *handles) get(seg uint32) (*handle, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fs.ErrClosed
	}
	h := s.open[seg]
	if h == nil {
		gen, ok := s.gens[seg]
		if !ok {
			return nil, fs.ErrNotExist
		}
		f, err := s.disk.open(segmentName(seg, gen))
		if err != nil {
			return nil, err
		}
		h = &handle{file: f, seg: seg, gen: gen}
		if gen > 0 {
			if h.sealed, err = s.table(f, seg); err != nil {
				return nil, errors.Join(err, f.Close())
			}
		}
		s.open[seg] = h
	}
	s.clock++
	h.used = s.clock
	h.users++
	s.trim(s.max)
	return h, nil
}

func (s *handles) put(h *handle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.users--
	if h.gone && h.users == 0 {
		_ = h.Close()
	}
	if s.closed {
		s.trim(0)
	}
}

// turn makes gen the segment's file. Readers of the one before may finish.
func (s *handles) turn(seg, gen uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gens[seg] = gen
	h := s.open[seg]
	if h == nil {
		return
	}
	delete(s.open, seg)
	h.gone = true
	if h.users == 0 {
		_ = h.Close()
	}
}

// segments gives the numbers of all, in order.
func (s *handles) segments() []uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.gens))
}

// gen gives a segment's generation; false where there is no such segment.
func (s *handles) gen(seg uint32) (uint32, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	gen, ok := s.gens[seg]
	return gen, ok
}

// trim closes idle files, the longest unused first, until keep are left. It
// is called under the lock. A file that was only read has no error to tell.
func (s *handles) trim(keep int) {
	for len(s.open) > keep {
		var oldest uint32
		for seg, h := range s.open {
			if h.users == 0 && (oldest == 0 || h.used < s.open[oldest].used) {
				oldest = seg
			}
		}
		if oldest == 0 {
			return
		}
		_ = s.open[oldest].Close()
		delete(s.open, oldest)
	}
}

// close closes what is idle; the last reader of the others closes them.
func (s *handles) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.trim(0)
}
