package blob

import (
	"io/fs"
	"sync"
)

// handles keeps segments open for reading. At most max stay open, beside those
// that a reader is using just now.
type handles struct {
	disk disk
	max  int

	mu     sync.Mutex // guards the fields below
	closed bool
	clock  int64
	open   map[uint32]*handle
}

type handle struct {
	file
	users int
	used  int64 // clock when it was last asked for
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
		f, err := s.disk.open(seg)
		if err != nil {
			return nil, err
		}
		h = &handle{file: f}
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
	if s.closed {
		s.trim(0)
	}
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
