package blob

import (
	"context"
	"fmt"
	"io"
)

// Cat writes a segment as the mbox that it is, whatever form it has: in clear,
// quoted as mboxrd. Damaged places are left out; ErrDamaged names them at the
// end.
func (l *Log) Cat(ctx context.Context, segment uint32, w io.Writer) error {
	h, err := l.read.get(segment)
	if err != nil {
		return fmt.Errorf("segment %d: %w", segment, err)
	}
	defer l.read.put(h)
	var damage gaps
	if h.sealed != nil {
		err = l.blocks(ctx, h, 0, &damage, func(at blockRef, u *unpacked) error {
			if u.b == nil {
				damage.add(Ref{segment, at.start, int64(len(u.remains))})
				return nil
			}
			if u.b.text == 0 {
				return nil
			}
			return l.catText(h, &u.h, place{segment, at.start}, at.at+at.frame, w)
		})
	} else {
		err = l.catGrowing(ctx, h, &damage, w)
	}
	if err == nil {
		err = damage.err()
	}
	if err != nil {
		return fmt.Errorf("segment %d: %w", segment, err)
	}
	return nil
}

func (l *Log) catGrowing(ctx context.Context, f *handle, damage *gaps, w io.Writer) error {
	walk, err := l.walker(f, f.seg, l.durableEnd(f.seg))
	if err != nil {
		return err
	}
	walk.gaps = damage
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, ref, err := walk.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if h.kind == kindMessage {
			if err := l.catText(f, &h, place{f.seg, ref.Offset}, ref.Offset+h.frame, w); err != nil {
				return err
			}
		}
	}
}

// catText writes the unpacked data of a record or block.
func (l *Log) catText(f *handle, h *header, at place, off int64, w io.Writer) error {
	packed, err := l.codec.vault.reader(io.NewSectionReader(f, off, h.data), h, at)
	if err != nil {
		return err
	}
	return l.texts.copy(w, packed)
}
