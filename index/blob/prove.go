package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// proveSealed reads the new file through: its table, every block, every
// message's digest, and compares what it holds with what was put in.
func (l *Log) proveSealed(ctx context.Context, f file, s *sealer, end int64) (Digest, error) {
	t, err := readIndex(f)
	if err != nil {
		return Digest{}, fmt.Errorf("read back: %w", err)
	}
	got, err := l.readThrough(ctx, &handle{file: f, seg: s.seg, sealed: t})
	if err != nil {
		return Digest{}, fmt.Errorf("read back: %w", err)
	}
	if !got.equal(&s.account) || t.end != end || t.messages != s.messages || t.erased != s.erased {
		return Digest{}, fmt.Errorf("read back: other messages than the segment had: %w", ErrDamaged)
	}
	return hashFile(ctx, f, s.at)
}

// readThrough reads every message of a sealed file and checks its digest.
func (l *Log) readThrough(ctx context.Context, f *handle) (*account, error) {
	sums := newAccount()
	var damage gaps
	err := l.blocks(ctx, f, 0, &damage, func(at blockRef, head *unpacked) error {
		if head.b == nil {
			sums.texts.Write(head.remains)
			return nil
		}
		for i := range head.b.entries {
			sums.note(&head.b.entries[i])
		}
		return l.readBlock(f, at, head, &sums)
	})
	if err == nil {
		err = damage.err()
	}
	return &sums, err
}

// readBlock reads every message of a block.
func (l *Log) readBlock(f *handle, at blockRef, head *unpacked, sums *account) error {
	if head.b.text > maxText {
		return l.readLarge(f, at, head, sums)
	}
	u, err := l.unpackBlock(f, at)
	if err != nil {
		return err
	}
	sums.texts.Write(u.text)
	return l.checkMessages(u)
}

// checkMessages compares every message of a block with its digest.
func (l *Log) checkMessages(u *unpacked) error {
	text := u.text
	for i := range u.b.entries {
		e := &u.b.entries[i]
		if e.kind != entryMessage {
			continue
		}
		h := e.header(&u.h)
		buf := l.texts.scratch.Get().(*[]byte)
		*buf = append((*buf)[:0], text[:e.plain]...)
		rc, err := l.texts.message(&h, buf, *buf)
		if err != nil {
			return err
		}
		rc.Close()
		text = text[e.plain:]
	}
	return nil
}

// readLarge streams a message to its end, twice: as it is packed, and as it is.
func (l *Log) readLarge(f *handle, at blockRef, head *unpacked, sums *account) error {
	p, off := place{f.seg, at.start}, at.at+at.frame
	packed, err := l.codec.vault.reader(io.NewSectionReader(f, off, at.data), &head.h, p)
	if err != nil {
		return err
	}
	if _, err := io.Copy(sums.texts, packed); err != nil {
		return err
	}
	h := head.b.entries[0].header(&head.h)
	// A use of its own: the stream gives it back, and the file stays open.
	rc, err := l.openStream(&handle{file: f.file, users: 1}, &h, p, off)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, rc)
	return errors.Join(err, rc.Close())
}
