package blob

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
)

// sealer writes a sealed file.
type sealer struct {
	l     *Log
	f     file
	seg   uint32
	key   key
	erase map[Ref]bool // false once it was met
	now   int64        // when they are erased

	at       int64
	blocks   []blockRef
	entries  []entry // of the block that is being filled,
	text     []byte  // and its text
	metas    int
	entryBuf []byte
	messages int64
	erased   int64
	account
}

// account sums what a segment holds, so that two forms of it can be compared.
type account struct {
	entries hash.Hash // all that is known of the messages
	texts   hash.Hash // mbox text; of streamed messages as they are packed
}

func newAccount() account { return account{sha256.New(), sha256.New()} }

func (a *account) note(e *entry) { a.entries.Write(e.append(nil, 0)) }

func (a *account) equal(b *account) bool {
	return Digest(a.entries.Sum(nil)) == Digest(b.entries.Sum(nil)) && Digest(a.texts.Sum(nil)) == Digest(b.texts.Sum(nil))
}

func (s *sealer) write(b []byte) error {
	n, err := s.f.WriteAt(b, s.at)
	s.at += int64(n)
	return err
}

// gone makes an entry that is to be erased a tombstone.
func (s *sealer) gone(e *entry) bool {
	ref := e.ref(s.seg)
	if _, ok := s.erase[ref]; !ok {
		return false
	}
	s.erase[ref] = false
	if e.kind == entryMessage {
		*e = entry{kind: entryErased, off: e.off, length: e.length, digest: e.digest, received: s.now}
	}
	return true
}

// message adds a message whose text is held whole, or a tombstone.
func (s *sealer) message(e entry, text []byte) error {
	if s.gone(&e) || e.kind == entryErased {
		text = nil
	}
	if n := len(s.entries); n > 0 && (len(s.text)+len(text) > blockText || s.metas+len(e.meta) > blockMeta || n == blockEntries) {
		if err := s.flush(); err != nil {
			return err
		}
	}
	e.meta = append([]byte(nil), e.meta...)
	s.entries, s.text, s.metas = append(s.entries, e), append(s.text, text...), s.metas+len(e.meta)
	s.note(&e)
	s.texts.Write(text)
	s.count(&e)
	return nil
}

func (s *sealer) count(e *entry) {
	if e.kind == entryErased {
		s.erased++
	} else {
		s.messages++
	}
}

// flush writes the block that is being filled.
func (s *sealer) flush() error {
	if len(s.entries) == 0 {
		return nil
	}
	payload, h, at := s.head()
	var data []byte
	if len(s.text) > 0 {
		data = s.l.codec.pack.EncodeAll(s.text, nil)
	}
	data = s.l.codec.close(&h, at, data)
	if len(s.text) == 0 {
		data, h.data, h.dataCRC = nil, 0, 0
	}
	frame := s.l.codec.frame(nil, &h, at, payload, false)
	if len(frame) > maxFrame {
		return fmt.Errorf("block of %d entries: %d octets of frame", len(s.entries), len(frame))
	}
	s.blocks = append(s.blocks, blockRef{start: h.start, at: s.at, frame: int64(len(frame)), data: h.data})
	if err := s.write(append(frame, data...)); err != nil {
		return err
	}
	s.entries, s.text, s.metas = s.entries[:0], s.text[:0], 0
	return nil
}

// head makes the payload of the block that is being filled.
func (s *sealer) head() ([]byte, header, place) {
	start := s.entries[0].off
	last, text := start, int64(0)
	raw := s.entryBuf[:0]
	for i := range s.entries {
		e := &s.entries[i]
		raw = e.append(raw, last)
		last = e.off + e.length
		if e.kind == entryMessage {
			text += e.plain
		}
	}
	s.entryBuf = raw
	payload := binary.AppendUvarint(nil, uint64(last-start))
	payload = binary.AppendUvarint(payload, uint64(text))
	payload = s.l.codec.pack.EncodeAll(raw, payload)
	h := header{key: s.key, kind: kindBlock, start: start}
	s.l.codec.secret(&h)
	return payload, h, place{s.seg, start}
}

// large adds a message that is streamed; packed gives its zstd frame.
func (s *sealer) large(e entry, packed io.Reader) error {
	if s.gone(&e) {
		return s.message(e, nil)
	}
	if err := s.flush(); err != nil {
		return err
	}
	s.note(&e)
	s.count(&e)
	s.entries = append(s.entries, e)
	payload, h, at := s.head()
	s.entries = s.entries[:0]
	frame := int64(len(s.l.codec.frame(nil, &h, at, payload, true)))
	sink := &tally{w: io.NewOffsetWriter(s.f, s.at+frame)}
	w, end := io.Writer(sink), func() error { return nil }
	if h.flags&flagSecret != 0 {
		sealed := s.l.codec.vault.writer(sink, &h, at)
		w, end = sealed, sealed.Close
	}
	if _, err := io.CopyBuffer(w, io.TeeReader(packed, s.texts), make([]byte, 128<<10)); err != nil {
		return err
	}
	if err := end(); err != nil {
		return err
	}
	h.data, h.dataCRC = sink.n, sink.crc
	s.blocks = append(s.blocks, blockRef{start: h.start, at: s.at, frame: frame, data: h.data})
	if err := s.write(s.l.codec.frame(nil, &h, at, payload, true)); err != nil {
		return err
	}
	s.at += h.data
	return nil
}

// remains adds what was at a place of the growing form and is no whole record,
// but for what is to be erased of it.
func (s *sealer) remains(off int64, raw []byte) error {
	end := off + int64(len(raw))
	for off < end {
		to, tomb := s.nextErased(off, end)
		if tomb != nil {
			if err := s.message(*tomb, nil); err != nil {
				return err
			}
			raw, off = raw[to-off:], to
			continue
		}
		to = min(to, off+remainsLen)
		if err := s.flush(); err != nil {
			return err
		}
		h := header{key: s.key, kind: kindRemains, start: off}
		s.l.codec.secret(&h)
		frame := s.l.codec.frame(nil, &h, place{s.seg, off}, raw[:to-off], false)
		s.blocks = append(s.blocks, blockRef{start: off, at: s.at, frame: int64(len(frame))})
		s.texts.Write(raw[:to-off])
		if err := s.write(frame); err != nil {
			return err
		}
		raw, off = raw[to-off:], to
	}
	return nil
}

// nextErased gives the tombstone that covers off, up to where it reaches, or
// how far none does.
func (s *sealer) nextErased(off, end int64) (int64, *entry) {
	to := end
	for ref := range s.erase {
		stop := ref.End().Offset
		if ref.Offset <= off && stop > off {
			s.erase[ref] = false
			stop = min(stop, end)
			return stop, &entry{kind: entryErased, off: off, length: stop - off, received: s.now}
		}
		if ref.Offset > off {
			to = min(to, ref.Offset)
		}
	}
	return to, nil
}

// close writes the index and the end of a file whose growing form ended at end.
func (s *sealer) close(ctx context.Context, end int64) error {
	if err := s.flush(); err != nil {
		return err
	}
	index := s.at
	for rest := s.blocks; len(rest) > 0; {
		n := min(len(rest), indexRun)
		var payload []byte
		for _, b := range rest[:n] {
			payload = b.append(payload)
		}
		h := header{key: s.key, kind: kindIndex}
		if err := s.write(s.l.codec.frame(nil, &h, place{}, payload, false)); err != nil {
			return err
		}
		rest = rest[n:]
	}
	sum, err := hashFile(ctx, s.f, s.at)
	if err != nil {
		return err
	}
	p := le.AppendUint64(nil, uint64(index))
	for _, n := range []int64{s.at - index, end, s.messages, s.erased} {
		p = le.AppendUint64(p, uint64(n))
	}
	h := header{key: s.key, kind: kindEnd}
	if err := s.write(s.l.codec.frame(nil, &h, place{}, append(p, sum[:]...), false)); err != nil {
		return err
	}
	return s.f.Sync()
}

// hashFile sums the first n octets of a file.
func hashFile(ctx context.Context, f io.ReaderAt, n int64) (Digest, error) {
	sum := sha256.New()
	buf := make([]byte, 512<<10)
	for off := int64(0); off < n; {
		if err := ctx.Err(); err != nil {
			return Digest{}, err
		}
		got, err := f.ReadAt(buf[:min(int64(len(buf)), n-off)], off)
		sum.Write(buf[:got])
		off += int64(got)
		if err != nil && off < n {
			return Digest{}, noEnd(err)
		}
	}
	return Digest(sum.Sum(nil)), nil
}
