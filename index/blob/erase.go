package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Erase takes messages out of the log: afterwards their bytes are in no file of
// the folder, and every other message has the same reference and bytes. Opening
// one of them is ErrErased then, and Scan passes over it; where it lay, its
// digest and the time stay. One that is erased already is left so. It gives how
// many octets the files have less. Messages that are large or many cost no
// memory; each segment they are in is written anew and proved, as Seal does. The
// growing one is ended first.
//
// What crashes left in .cut files goes, too: it may hold parts of any message,
// and none of it was acknowledged.
//
// A reference to no message is fs.ErrNotExist, and its segment stays as it is;
// so does one that holds damaged blocks. What was done in others is done.
func (l *Log) Erase(ctx context.Context, refs []Ref) (int64, error) {
	ctx, end, err := l.change(ctx)
	if err != nil {
		return 0, fmt.Errorf("erase: %w", err)
	}
	defer end()
	bySegment := map[uint32]map[Ref]bool{}
	for _, ref := range refs {
		if bySegment[ref.Segment] == nil {
			bySegment[ref.Segment] = map[Ref]bool{}
		}
		bySegment[ref.Segment][ref] = true
	}
	var done Sealing
	freed, err := l.removeCut()
	if err != nil {
		return 0, fmt.Errorf("erase: %w", err)
	}
	for _, seg := range slices.Sorted(maps.Keys(bySegment)) {
		if err := l.eraseFrom(ctx, seg, bySegment[seg], &done); err != nil {
			return freed + done.Before - done.After, fmt.Errorf("erase from segment %d: %w", seg, err)
		}
	}
	return freed + done.Before - done.After, nil
}

func (l *Log) eraseFrom(ctx context.Context, seg uint32, refs map[Ref]bool, done *Sealing) error {
	if _, ok := l.read.gen(seg); !ok {
		return fs.ErrNotExist
	}
	l.mu.Lock()
	grows := l.file != nil && l.tail.Segment == seg
	l.mu.Unlock()
	if grows {
		if err := l.retire(true); err != nil {
			return err
		}
	}
	if err := l.erasedAlready(seg, refs); err != nil || len(refs) == 0 {
		return err
	}
	return l.reseal(ctx, seg, whyErased, refs, done)
}

// erasedAlready takes those out of refs of which nothing is left.
func (l *Log) erasedAlready(seg uint32, refs map[Ref]bool) error {
	h, err := l.read.get(seg)
	if err != nil {
		return err
	}
	defer l.read.put(h)
	if h.sealed == nil || h.sealed.erased == 0 {
		return nil
	}
	for ref := range refs {
		_, err := l.openSealed(h, ref, Digest{})
		if errors.Is(err, ErrErased) {
			delete(refs, ref)
		}
	}
	return nil
}

// removeCut removes the .cut files and tells their octets.
func (l *Log) removeCut() (int64, error) {
	names, err := l.disk.list()
	if err != nil {
		return 0, err
	}
	freed := int64(0)
	for _, name := range names {
		if !strings.HasSuffix(name, cutSuffix) {
			continue
		}
		n, err := l.sizeOf(name)
		if err == nil {
			err = l.disk.remove(name)
		}
		if err != nil {
			return freed, err
		}
		freed += n
	}
	if freed > 0 {
		return freed, l.disk.sync()
	}
	return 0, nil
}

func (l *Log) sizeOf(name string) (int64, error) {
	f, err := l.disk.open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.Size()
}
