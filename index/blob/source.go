package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// errLeft says why a segment cannot be sealed. It stays as it is.
var errLeft = errors.New("segment is left as it is")

// pour gives a segment, whatever form it has, to a sealer. End is where its
// durable octets end.
func (l *Log) pour(ctx context.Context, f *handle, end int64, s *sealer) (int64, error) {
	if f.sealed != nil {
		return f.sealed.end, l.pourSealed(ctx, f, s)
	}
	return l.pourGrowing(ctx, f, end, s)
}

func (l *Log) pourGrowing(ctx context.Context, f *handle, end int64, s *sealer) (int64, error) {
	w, err := l.walker(f, f.seg, end)
	if err != nil {
		return 0, err
	}
	if !w.sure {
		return 0, fmt.Errorf("the first frame of the segment is damaged: %w", errLeft)
	}
	s.key = w.key
	var holes []Ref
	w.onGap = func(r Ref) { holes = append(holes, r) }
	fill := func() error {
		for _, hole := range holes {
			if err := l.pourHole(f, hole, s); err != nil {
				return err
			}
		}
		holes = holes[:0]
		return nil
	}
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		h, ref, err := w.next()
		if err != nil && err != io.EOF {
			return 0, err
		}
		if err := fill(); err != nil {
			return 0, err
		}
		switch {
		case err == io.EOF:
			return w.end, nil
		case h.kind == kindBirth && ref.Offset == 0:
		case h.kind != kindMessage:
			return 0, fmt.Errorf("offset %d: a record of kind %d: %w", ref.Offset, h.kind, errLeft)
		case h.metaErr != nil:
			return 0, fmt.Errorf("offset %d: %w: %w", ref.Offset, h.metaErr, errLeft)
		default:
			if err := l.pourRecord(f, &h, ref, s); err != nil {
				return 0, fmt.Errorf("offset %d: %w", ref.Offset, err)
			}
		}
	}
}

func (l *Log) pourHole(f *handle, hole Ref, s *sealer) error {
	for hole.Length > 0 {
		raw := make([]byte, min(hole.Length, remainsLen))
		if _, err := f.ReadAt(raw, hole.Offset); err != nil {
			return noEnd(err)
		}
		if err := s.remains(hole.Offset, raw); err != nil {
			return err
		}
		hole.Offset, hole.Length = hole.Offset+int64(len(raw)), hole.Length-int64(len(raw))
	}
	return nil
}

func (l *Log) pourRecord(f *handle, h *header, ref Ref, s *sealer) error {
	e := entry{
		kind: entryMessage, newline: h.flags&flagNewline != 0, off: ref.Offset, length: ref.Length,
		digest: h.digest, received: h.received, size: h.size, plain: h.plain, meta: h.meta,
	}
	at, data := place{ref.Segment, ref.Offset}, ref.Offset+h.frame
	if h.plain > maxText || h.data > maxFrame+maxText {
		packed, err := l.codec.vault.reader(io.NewSectionReader(f, data, h.data), h, at)
		if err != nil {
			return err
		}
		return s.large(e, packed)
	}
	if s.gone(&e) {
		return s.message(e, nil)
	}
	raw := grow(l.texts.scratch.Get().(*[]byte), int(h.data))
	defer l.texts.scratch.Put(raw)
	if _, err := f.ReadAt(*raw, data); err != nil {
		return noEnd(err)
	}
	buf := l.texts.scratch.Get().(*[]byte)
	defer l.texts.scratch.Put(buf)
	text, err := l.texts.text((*buf)[:0], h, at, *raw)
	if err != nil {
		return err
	}
	*buf = text
	return s.message(e, text)
}

func (l *Log) pourSealed(ctx context.Context, f *handle, s *sealer) error {
	s.key = f.sealed.key
	var damage gaps
	err := l.blocks(ctx, f, 0, &damage, func(at blockRef, head *unpacked) error {
		if head.b == nil {
			return s.remains(at.start, head.remains)
		}
		if head.b.text > maxText {
			packed, err := l.codec.vault.reader(io.NewSectionReader(f, at.at+at.frame, at.data), &head.h, place{f.seg, at.start})
			if err != nil {
				return err
			}
			return s.large(head.b.entries[0], packed)
		}
		u, err := l.unpackBlock(f, at)
		if err != nil {
			return err
		}
		text := u.text
		for _, e := range u.b.entries {
			n := int64(0)
			if e.kind == entryMessage {
				n = e.plain
			}
			if err := s.message(e, text[:n]); err != nil {
				return err
			}
			text = text[n:]
		}
		return nil
	})
	if err == nil {
		err = damage.err()
	}
	return err
}
