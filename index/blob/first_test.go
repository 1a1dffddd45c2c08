package blob

import (
	"bytes"
	"hash/crc32"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"

	"restante/fetch/mbox/mboxrd"
)

// putFirst appends a frame of version 1, as the first release wrote it.
func putFirst(dst []byte, kind byte, k key, r *Record, text []byte, newline bool) []byte {
	var data, meta []byte
	h := make([]byte, fixedLen1)
	le.PutUint32(h, frameMagic)
	copy(h[8:], ownMagic)
	copy(h[12:], k[:])
	h[20], h[21] = 1, kind
	if r != nil {
		if newline {
			h[22] = flagNewline
		}
		enc, _ := zstd.NewWriter(nil)
		data, meta = enc.EncodeAll(text, nil), r.Meta
		copy(h[24:], r.Digest[:])
		le.PutUint64(h[56:], uint64(r.Size))
		le.PutUint64(h[64:], uint64(Nanos(r.Received)))
		le.PutUint64(h[72:], uint64(len(text)))
	}
	le.PutUint64(h[80:], uint64(len(data)))
	le.PutUint32(h[88:], crc32.Checksum(data, castagnoli))
	le.PutUint32(h[92:], uint32(len(meta)))
	h = append(h, meta...)
	le.PutUint32(h[4:], uint32(len(h)+crcLen-8))
	h = le.AppendUint32(h, crc32.Checksum(h, castagnoli))
	return slices.Concat(dst, h, data)
}

// firstVersion makes a folder as the first release left it.
func firstVersion(msgs ...[]byte) (*memDisk, kept) {
	k := kept{}
	sum := key{1, 2, 3, 4, 5, 6, 7, 8}
	b := putFirst(nil, kindBirth, sum, nil, nil, false)
	for _, msg := range msgs {
		r := rec(msg)
		newline := !bytes.HasSuffix(msg, []byte("\n"))
		text := mboxrd.Quote(appendFrom(nil, "", Nanos(r.Received)), msg)
		text = append(text, "\n\n"[:map[bool]int{false: 1, true: 2}[newline]]...)
		off := int64(len(b))
		b = putFirst(b, kindMessage, sum, &r, text, newline)
		k[Ref{1, off, int64(len(b)) - off}] = r.Digest
	}
	return withBytes(b), k
}

func TestOpen_ReadsTheFirstVersionAndSealsIt(t *testing.T) {
	for form, o := range forms {
		d, k := firstVersion([]byte("one\n"), []byte("From two"), nil, noise(5000), large)
		was := slices.Clone(d.files[one].now)
		l := mustOpen(t, d, o)
		k.check(t, l, false)
		if err := k.put(l, []byte("of this version")); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(d.files[one].now, was) {
			t.Errorf("%s: the old segment was written to", form)
		}
		text := catted(t, l, 1)
		seal(t, l)
		k.check(t, l, false)
		k.check(t, mustOpen(t, d, o), false)
		sound(t, l, form)
		if !bytes.Equal(catted(t, l, 1), text) {
			t.Errorf("%s: the text is another after sealing", form)
		}
	}
}

func TestOpen_CutsATornTailOfTheFirstVersion(t *testing.T) {
	d, k := firstVersion([]byte("one\n"), noise(200))
	whole := d.files[one].now
	for ref := range k {
		if ref.Length < 250 {
			continue
		}
		delete(k, ref)
		for n := ref.Offset; n < ref.End().Offset; n++ {
			d := withBytes(whole[:n])
			l := mustOpen(t, d, Options{})
			k.check(t, l, false)
			if got := int64(len(d.files[one].now)); got != ref.Offset {
				t.Fatalf("torn at %d: cut to %d, want %d", n, got, ref.Offset)
			}
		}
	}
}

// A record says the same of every version.
func FuzzParse(f *testing.F) {
	d, _ := firstVersion([]byte("one\n"))
	f.Add(d.files[one].now)
	d, _, _ = segment(f, []byte("two\n"))
	f.Add(d.files[one].now)
	l := mustOpen(f, d, Options{})
	seal(f, l)
	f.Add(d.files["000001-1.mbox.zst"].now)
	f.Fuzz(func(t *testing.T, b []byte) {
		for at := 0; len(b)-at >= minFrame; at++ {
			n, ok := frameLen(b[at:])
			if !ok || n > len(b)-at {
				continue
			}
			frame := slices.Clone(b[at : at+n])
			le.PutUint32(frame[n-crcLen:], crc32.Checksum(frame[:n-crcLen], castagnoli))
			h, err := parse(frame)
			if err != nil {
				continue
			}
			if h.frame != int64(n) || h.data < 0 {
				t.Errorf("frame of %d octets: %d, data %d", n, h.frame, h.data)
			}
			_ = l.codec.message(&h, place{})
			if h.size < 0 || h.plain < 0 {
				t.Errorf("size %d, text %d", h.size, h.plain)
			}
			_, _ = h.born()
			if blk, err := l.codec.parseBlock(h.start, h.payload); err == nil && len(blk.entries) > blockEntries {
				t.Errorf("%d entries", len(blk.entries))
			}
		}
	})
}

// FuzzSealed lets anything stand in a sealed segment: no panic, and references
// within it.
func FuzzSealed(f *testing.F) {
	const name = "000001-1.mbox.zst"
	d, l, _ := segment(f, []byte("first\n"), noise(100))
	seal(f, l)
	f.Add(d.files[name].now)
	f.Add(d.files[name].now[:len(d.files[name].now)-endLen])
	f.Fuzz(func(t *testing.T, b []byte) {
		d := newMemDisk()
		d.files[name] = &memFile{now: slices.Clone(b)}
		l, err := open(d, Options{})
		if err != nil {
			return
		}
		last := int64(0)
		_ = l.Scan(ctx, Position{}, func(e Entry) error {
			if e.Ref.Offset < last || len(e.Meta) > maxBlockMeta {
				t.Errorf("entry %v after %d", e.Ref, last)
			}
			last = e.Ref.End().Offset
			if r, err := l.Open(ctx, e.Ref, e.Digest); err == nil {
				r.Close()
			}
			return nil
		})
		if r, err := l.Verify(ctx, true, nil); err == nil && r.Messages > 0 && last == 0 {
			t.Errorf("Verify sees %d messages, Scan none", r.Messages)
		}
	})
}
