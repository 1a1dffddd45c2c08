package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"sync"
	"time"
)

// Sealing is what Seal did.
type Sealing struct {
	Segments int   `json:"segments"` // that were sealed, or sealed anew under the key
	Messages int64 `json:"messages"` // in them
	Before   int64 `json:"before"`   // octets of their files
	After    int64 `json:"after"`
	// Left are segments that could not be sealed: their first frame is damaged,
	// or sealed blocks are that should be sealed anew, or they hold what this
	// version does not know. They stay as they are, and readable as far as they
	// are.
	Left []uint32 `json:"left,omitempty"`
}

// Seal repacks every segment that no longer grows, one after the other: its
// messages are packed together, which makes it two thirds as large, and it never
// changes again but by Erase. References stay what they are. A segment older
// than Options.SegmentAge stops growing first. Where the log has a key, segments
// in clear are sealed anew under it.
//
// A sealed file takes the place of the old one only after all of it was read
// back from under its temporary name and every message compared. An error of one
// segment is told after the others were sealed; ErrNoSpace and that of ctx at
// once. What is damaged in a segment is kept, as it is, in the sealed one.
func (l *Log) Seal(ctx context.Context) (Sealing, error) {
	var done Sealing
	ctx, end, err := l.change(ctx)
	if err != nil {
		return done, fmt.Errorf("seal: %w", err)
	}
	defer end()
	if err := l.retire(false); err != nil {
		return done, fmt.Errorf("seal: %w", err)
	}
	var errs []error
	for _, seg := range l.read.segments() {
		err := l.link(ctx, seg, nil)
		why := ""
		if err == nil {
			why, err = l.wants(seg)
		}
		if err == nil && why != "" {
			err = l.reseal(ctx, seg, why, nil, &done)
		}
		switch {
		case err == nil:
		case errors.Is(err, errLeft), errors.Is(err, ErrDamaged):
			l.log.Error("segment cannot be sealed; it is left as it is", "segment", seg, "err", err)
			done.Left = append(done.Left, seg)
		default:
			errs = append(errs, fmt.Errorf("seal segment %d: %w", seg, err))
		}
		if ctx.Err() != nil || errors.Is(err, ErrNoSpace) {
			break
		}
	}
	return done, errors.Join(errs...)
}

// change makes the caller the only one who changes files that do not grow. The
// context it gives ends when the log is closed.
func (l *Log) change(ctx context.Context) (context.Context, func(), error) {
	l.changing.Lock()
	l.mu.Lock()
	closed := l.closed
	l.mu.Unlock()
	if err := ctx.Err(); err != nil || closed {
		l.changing.Unlock()
		if err == nil {
			err = fs.ErrClosed
		}
		return nil, nil, err
	}
	if err := l.removeStale(); err != nil {
		l.changing.Unlock()
		return nil, nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	l.life.runs(cancel)
	return ctx, func() {
		l.life.runs(nil)
		cancel(nil)
		l.changing.Unlock()
	}, nil
}

// life is what Close ends: at most one change of files at a time.
type life struct {
	mu     sync.Mutex // guards the fields below
	over   bool
	cancel context.CancelCauseFunc // of the change that runs; nil: none
}

// runs notes what ends the change that runs now.
func (l *life) runs(cancel context.CancelCauseFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cancel = cancel
	if l.over && cancel != nil {
		cancel(fs.ErrClosed)
	}
}

// end ends it, and what comes after it. Its context is done once end returns.
func (l *life) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	if l.cancel != nil {
		l.cancel(fs.ErrClosed)
	}
}

// removeStale tries once more to remove what was replaced.
func (l *Log) removeStale() error {
	for len(l.stale) > 0 {
		if err := l.disk.remove(l.stale[0]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		l.stale = l.stale[1:]
		if err := l.disk.sync(); err != nil {
			return err
		}
	}
	return nil
}

// retire ends the growing segment when it is old, or at once where now says so.
// The next commit bears another.
func (l *Log) retire(now bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil || !now && !l.old() {
		return nil
	}
	return l.letGo()
}

// old tells whether the growing segment is of an age to be sealed. It is called
// under the lock.
func (l *Log) old() bool {
	return l.age > 0 && l.born != NoTime && l.tail.Offset > l.birthLen && l.now().Sub(time.Unix(0, l.born)) >= l.age
}

// wants tells why a segment should be sealed; "" where it should not.
func (l *Log) wants(seg uint32) (string, error) {
	l.mu.Lock()
	grows := l.file != nil && l.tail.Segment == seg
	l.mu.Unlock()
	gen, ok := l.read.gen(seg)
	switch {
	case grows || !ok || gen > 0 && l.codec.vault == nil:
		return "", nil
	case gen == 0:
		h, err := l.read.get(seg)
		if err != nil {
			return "", err
		}
		defer l.read.put(h)
		if size, err := h.Size(); err != nil || size == 0 { // died at birth
			return "", err
		}
		return whySealed, nil
	}
	if _, known := l.secret[seg]; known {
		return "", nil
	}
	h, err := l.read.get(seg)
	if err != nil {
		return "", err
	}
	defer l.read.put(h)
	if len(h.sealed.birth.about) > 0 {
		l.secret[seg] = struct{}{}
		return "", nil
	}
	return whyEncrypted, nil
}

// reseal writes the next generation of a segment and puts it in the place of
// the one that is there.
func (l *Log) reseal(ctx context.Context, seg uint32, why string, erase map[Ref]bool, done *Sealing) error {
	h, err := l.read.get(seg)
	if err != nil {
		return err
	}
	defer l.read.put(h)
	before, err := h.Size()
	if err != nil {
		return err
	}
	if err := l.room(before); err != nil {
		return err
	}
	temp := segmentName(seg, h.gen+1) + tempSuffix
	s, link, err := l.writeSealed(ctx, h, temp, erase)
	if err != nil {
		if gone := l.disk.remove(temp); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		return err
	}
	link.why = why
	if n := len(erase); n > 0 {
		link.why = fmt.Sprintf("%s:%d", why, n)
	}
	if err := l.replace(h, temp, link); err != nil {
		return err
	}
	done.Segments++
	done.Messages += s.messages
	done.Before += before
	done.After += link.octets
	return nil
}

// writeSealed writes the file under a temporary name and reads it back.
func (l *Log) writeSealed(ctx context.Context, h *handle, temp string, erase map[Ref]bool) (s *sealer, link link, err error) {
	if err := l.disk.remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, link, err
	}
	f, err := l.disk.create(temp)
	if err != nil {
		return nil, link, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	now := l.now()
	s = &sealer{l: l, f: f, seg: h.seg, erase: erase, now: Nanos(now), account: newAccount()}
	if err := s.birth(h, now); err != nil {
		return s, link, err
	}
	end, err := l.pour(ctx, h, l.durableEnd(h.seg), s)
	if err != nil {
		return s, link, err
	}
	for ref, missing := range erase {
		if missing {
			return s, link, fmt.Errorf("no message at offset %d length %d: %w", ref.Offset, ref.Length, fs.ErrNotExist)
		}
	}
	if err := s.close(ctx, end); err != nil {
		return s, link, err
	}
	link.seg, link.gen, link.octets, link.messages, link.at = h.seg, h.gen+1, s.at, s.messages, now
	link.sum, err = l.proveSealed(ctx, f, s, end)
	return s, link, err
}

// birth writes the first frame. The key of the segment stays what it was.
func (s *sealer) birth(h *handle, now time.Time) error {
	if h.sealed != nil {
		s.key = h.sealed.key
	} else {
		w, err := s.l.walker(h, h.seg, math.MaxInt64)
		if err != nil {
			return err
		}
		s.key = w.key
	}
	return s.write(s.l.codec.newBirth(s.key, h.gen+1, now))
}

func (l *Log) durableEnd(seg uint32) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.durable(seg)
}
