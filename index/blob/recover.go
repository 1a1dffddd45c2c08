package blob

import (
	"errors"
	"fmt"
	"io"
)

// recover finds the last segment, takes off what is not whole at its end, and
// makes the rest durable: a process that was killed may have written records
// that are whole here, but not on the disk yet. Once they were seen by Scan,
// their upstream copies may go.
func (l *Log) recover(floor Position) error {
	segs, err := l.disk.list()
	if err != nil {
		return err
	}
	if len(segs) == 0 {
		return l.reaches(floor)
	}
	last := segs[len(segs)-1]
	l.next = last + 1
	f, err := l.disk.openWrite(last)
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
	w := newWalker(f, seg, size)
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
	l.tail, l.key = Position{seg, end}, w.key
	switch {
	case records == 0 && size <= birthLen:
		// Died at birth. The empty file stays, so that its number is not
		// given twice.
		l.tail.Offset = 0
		if l.tail.Before(floor) {
			return false, nil // reaches refuses
		}
		return false, f.Truncate(0)
	case records == 0 || !named:
		// Not what we wrote, or damaged where it began.
		return l.leave(size, "segment begins with no whole record")
	case l.tail.Before(floor):
		// A flipped bit, not a crash: these messages were acknowledged.
		return l.leave(size, "segment is damaged at its end")
	case end == size:
		return true, nil
	}
	if err := l.disk.aside(seg, io.NewSectionReader(f, end, size-end)); err != nil {
		return l.leave(size, "unfinished end of segment cannot be moved aside: "+err.Error())
	}
	l.log.Warn("unfinished end of segment cut off", "segment", seg, "offset", end, "octets", size-end)
	return true, f.Truncate(end)
}

// leave leaves every octet of the segment as it is: it does not grow.
func (l *Log) leave(size int64, why string) (bool, error) {
	l.tail.Offset = size
	l.log.Error(why+"; it is left as it is and a new one is begun", "segment", l.tail.Segment, "octets", size)
	return false, nil
}
