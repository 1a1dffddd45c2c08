package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// recover finds the segments, takes off what is not whole at the end of the
// last, and makes the rest durable: a process that was killed may have written
// records that are whole here, but not on the disk yet. Once they were seen by
// Scan, their upstream copies may go.
func (l *Log) recover(floor Position) error {
	names, err := l.disk.list()
	if err != nil {
		return err
	}
	temps, older := l.register(names)
	segs := slices.Sorted(maps.Keys(l.read.gens))
	if len(segs) == 0 {
		err = l.reaches(floor)
	} else {
		err = l.recoverLast(segs[len(segs)-1], floor)
	}
	if err == nil {
		err = l.openChain(context.Background(), segs, older) // a start is not called off; after a crash one segment is read
	}
	// No number is given twice, also not that of a segment that is gone: rows
	// refer to it.
	for seg := range l.chain.links {
		l.next = max(l.next, seg+1)
	}
	if err == nil {
		err = l.sweep(temps, older)
	}
	if err != nil {
		return errors.Join(err, l.letGo())
	}
	return nil
}

// register notes the segments among the names, of each the highest generation.
// Older are the others, in order, and temps files that were never finished.
func (l *Log) register(names []string) (temps []string, older map[uint32][]uint32) {
	older = map[uint32][]uint32{}
	for _, name := range names {
		seg, gen, ok := segmentOf(name)
		if _, _, temp := segmentOf(strings.TrimSuffix(name, tempSuffix)); !ok && temp {
			temps = append(temps, name)
		}
		if !ok {
			continue
		}
		if old, known := l.read.gens[seg]; known {
			older[seg] = append(older[seg], min(old, gen))
			slices.Sort(older[seg])
			gen = max(old, gen)
		}
		l.read.gens[seg] = gen
	}
	return temps, older
}

// sweep removes what a crash left beside the segments. A file that was replaced
// goes only now that its successor is in the chain.
func (l *Log) sweep(gone []string, older map[uint32][]uint32) error {
	for seg, gens := range older {
		for _, gen := range gens {
			if l.read.gens[seg] > gen && l.chain.links[seg].gen >= l.read.gens[seg] {
				gone = append(gone, segmentName(seg, gen))
			}
		}
	}
	for _, name := range gone {
		err := l.disk.remove(name)
		if err != nil {
			l.stale = append(l.stale, name)
		}
		l.log.Warn("leftover of an interrupted run removed", "file", name, "err", err)
	}
	if len(gone) == 0 {
		return nil
	}
	return l.disk.sync()
}

func (l *Log) recoverLast(last uint32, floor Position) error {
	l.next = last + 1
	if gen := l.read.gens[last]; gen > 0 {
		h, err := l.read.get(last)
		if err != nil {
			return fmt.Errorf("segment %d: %w", last, err)
		}
		defer l.read.put(h)
		l.tail = Position{last, h.sealed.end}
		return l.reaches(floor)
	}
	f, err := l.disk.openWrite(segmentName(last, 0))
	if err != nil {
		return err
	}
	grows, err := l.mend(f, last, floor)
	if err == nil {
		err = l.reaches(floor)
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = l.disk.sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("segment %d: %w", last, err), f.Close())
	}
	if !grows {
		return f.Close()
	}
	l.file = f
	return nil
}

// reaches refuses a log that ends before the floor. To go on would be to put
// new records where the rows believe old ones, and never to replay them.
func (l *Log) reaches(floor Position) error {
	if l.tail.Before(floor) {
		return fmt.Errorf("the database knows mail up to segment %d offset %d, the folder ends at segment %d offset %d: %w",
			floor.Segment, floor.Offset, l.tail.Segment, l.tail.Offset, ErrBehind)
	}
	return nil
}

// mend takes off the tail, and tells whether the segment can grow.
func (l *Log) mend(f file, seg uint32, floor Position) (bool, error) {
	size, err := f.Size()
	if err != nil {
		return false, err
	}
	w := newWalker(f, l.codec, seg, size)
	named := w.sure
	end, records := int64(0), 0
	for {
		_, ref, err := w.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return false, err
		}
		end, records = ref.End().Offset, records+1
	}
	l.tail, l.key, l.born = Position{seg, end}, w.key, w.birth.at
	cut := func() error {
		return l.disk.aside(segmentName(seg, 0)+cutSuffix, io.NewSectionReader(f, end, size-end))
	}
	switch {
	case records == 0 && size <= l.birthLen:
		// Died at birth. The empty file stays, so that its number is not
		// given twice.
		l.tail.Offset = 0
		if l.tail.Before(floor) || size == 0 {
			return false, nil // reaches refuses the former
		}
		if err := cut(); err != nil {
			return l.leave(size, "unfinished birth of segment cannot be moved aside: "+err.Error())
		}
		return false, f.Truncate(0)
	case records == 0 || !named:
		// Not what we wrote, or damaged where it began.
		return l.leave(size, "segment begins with no whole record")
	case l.tail.Before(floor):
		// A flipped bit, not a crash: these messages were acknowledged.
		return l.leave(size, "segment is damaged at its end")
	}
	// A segment holds records of one form only.
	grows := w.birth.at != NoTime && (len(w.birth.about) > 0) == (l.codec.vault != nil)
	if end == size {
		return grows, nil
	}
	if err := cut(); err != nil {
		return l.leave(size, "unfinished end of segment cannot be moved aside: "+err.Error())
	}
	l.log.Warn("unfinished end of segment cut off", "segment", seg, "offset", end, "octets", size-end)
	return grows, f.Truncate(end)
}

// leave leaves every octet of the segment as it is: it does not grow.
func (l *Log) leave(size int64, why string) (bool, error) {
	l.tail.Offset = size
	l.log.Error(why+"; it is left as it is and a new one is begun", "segment", l.tail.Segment, "octets", size)
	return false, nil
}
