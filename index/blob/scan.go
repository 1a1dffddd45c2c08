package blob

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
)

// Scan calls each for every whole record from a position on, in order, up to
// what was durable when it was called. Places that hold no whole record are
// stepped over; when there were any, Scan ends in ErrDamaged, which names
// them, after everything whole was seen. An error of each ends Scan at once,
// and so does a record of a later version than this program knows.
func (l *Log) Scan(ctx context.Context, from Position, each func(Entry) error) error {
	l.mu.Lock()
	tail, closed, ends := l.tail, l.closed, maps.Clone(l.ends)
	l.mu.Unlock()
	if closed {
		return fmt.Errorf("scan: %w", fs.ErrClosed)
	}
	var damage gaps
	for _, seg := range l.read.segments() {
		if seg < from.Segment || seg > tail.Segment {
			continue
		}
		start, end := int64(0), int64(math.MaxInt64)
		if seg == from.Segment {
			start = max(from.Offset, 0)
		}
		if seg == tail.Segment {
			end = tail.Offset
		} else if cut, ok := ends[seg]; ok {
			end = cut
		}
		if err := l.scanSegment(ctx, seg, start, end, &damage, each); err != nil {
			return fmt.Errorf("scan segment %d: %w", seg, err)
		}
	}
	return damage.err()
}

func (l *Log) scanSegment(ctx context.Context, seg uint32, start, end int64, damage *gaps, each func(Entry) error) error {
	h, err := l.read.get(seg)
	if err != nil {
		return err
	}
	defer l.read.put(h)
	if h.sealed != nil {
		return l.scanSealed(ctx, h, start, damage, each)
	}
	w, err := l.walker(h, seg, end)
	if err != nil {
		return err
	}
	w.gaps = damage
	w.off = start
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		rec, ref, err := w.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if rec.kind != kindMessage {
			continue
		}
		// A meta that cannot be unpacked is given as it is: whoever reads it says
		// that it makes no sense, and the message is there all the same.
		e := Entry{Ref: ref, Digest: rec.digest, Size: rec.size, Received: FromNanos(rec.received), Meta: rec.meta}
		if err := each(e); err != nil {
			return err
		}
	}
}
