package blob

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrNoSpace says that the file system has too little room left by the floor
// that Options.MinFree sets. Nothing was written.
var ErrNoSpace = errors.New("too little free space")

const (
	spaceAge    = time.Second // for how long, and
	spaceOctets = 16 << 20    // for how much writing, one answer of the file system holds
)

// space keeps a floor of free octets.
type space struct {
	floor int64
	disk  disk
	now   func() time.Time

	mu    sync.Mutex // guards the fields below
	asked time.Time
	free  int64 // then
	since int64 // octets asked for since
}

// take asks for room for n octets more.
func (s *space) take(n int64) error {
	if s.floor <= 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if age := now.Sub(s.asked); s.asked.IsZero() || age < 0 || age >= spaceAge || s.since > spaceOctets || s.free-s.since-n < s.floor && s.since > 0 {
		free, err := s.disk.free()
		if err != nil {
			return fmt.Errorf("ask for free space: %w", err)
		}
		s.asked, s.free, s.since = now, free, 0
	}
	if s.free-s.since-n < s.floor {
		return fmt.Errorf("%w: %d octets are free, %d are asked for and %d must stay free: "+
			"make room on the file system of the archive, or lower the floor", ErrNoSpace, s.free-s.since, n, s.floor)
	}
	s.since += n
	return nil
}

// Free tells how many octets of the file system may still be written, and how
// many must stay free.
func (l *Log) Free() (free, floor int64, err error) {
	free, err = l.disk.free()
	if err != nil {
		return 0, 0, fmt.Errorf("ask for free space: %w", err)
	}
	return free, l.space.floor, nil
}

// room asks for room for a copy of n octets.
func (l *Log) room(n int64) error { return l.space.take(n) }
