package blob

import (
	"errors"
	"fmt"
	"io"
)

// recover finds the last segment, cuts off what is not whole at its end, and
// makes the rest durable: a process that was killed may have written records
// that are whole here, but not on the disk yet. Once they were seen by Scan,
// their upstream copies may go.
func (l *Log) recover() error {
	segs, err := l.disk.list()
	if err != nil || len(segs) == 0 {
		return err
	}
	last := segs[len(segs)-1]
	l.next = last + 1
	f, err := l.disk.openWrite(last)
	if err != nil {
		return err
	}
	grows, err := l.mend(f, last)
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

// mend cuts the tail, and tells whether the segment can grow.
func (l *Log) mend(f file, seg uint32) (bool, error) {
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
	l.tail = Position{seg, end}
	switch {
	case records == 0 && size <= birthLen:
		// Died at birth. The empty file stays, so that its number is not
		// given twice.
		return false, f.Truncate(0)
	case records == 0 || !named:
		// Not what we wrote, or damaged where it began: leave every octet.
		l.tail.Offset = size
		l.log.Error("segment begins with no whole record; a new one is begun", "segment", seg, "octets", size)
		return false, nil
	case end < size:
		l.log.Warn("unfinished end of segment cut off", "segment", seg, "offset", end, "octets", size-end)
		if err := f.Truncate(end); err != nil {
			return false, err
		}
	}
	l.key = w.key
	return true, nil
}
