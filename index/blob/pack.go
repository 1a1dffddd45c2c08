package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

	"restante/fetch/mbox/mboxrd"
)

const (
	// wholeMax is the size up to which a message is packed and unpacked in
	// memory, in octets; a larger one is streamed.
	wholeMax = 1 << 20
	// runMax bounds how many octets of messages are packed before they are
	// written out.
	runMax = 8 << 20
	// window is how far back a frame may refer, in octets: it bounds what a
	// reader must hold.
	window = 1 << 20
)

// run is what is written at a time: small records one behind the other, or one
// large record, which is packed while it is written.
type run struct {
	recs []packed
	big  *Record
}

// packed is a record that knows everything but its place.
type packed struct {
	header
	body []byte // in clear
}

// packer compresses records.
type packer struct {
	codec   *codec
	streams sync.Pool // of *zstd.Encoder
	scratch sync.Pool // of *[]byte: mbox text
}

func newPacker(c *codec) *packer {
	p := &packer{codec: c}
	p.streams.New = func() any {
		// The options are as above: they cannot be refused.
		e, _ := zstd.NewWriter(nil, zstd.WithWindowSize(window), zstd.WithEncoderConcurrency(1))
		return e
	}
	p.scratch.New = func() any { return new([]byte) }
	return p
}

// pack packs as many records as one run takes, and gives what is left. Their
// segment and place are not known yet: render puts them in.
func (p *packer) pack(ctx context.Context, recs []Record) (run, []Record, error) {
	if recs[0].Size > wholeMax {
		return run{big: &recs[0]}, recs[1:], nil
	}
	n, total := 0, int64(0)
	for n < len(recs) && recs[n].Size <= wholeMax && (n == 0 || total+recs[n].Size <= runMax) {
		total += recs[n].Size
		n++
	}
	r := run{recs: make([]packed, n)}
	errs := make([]error, n)
	var next atomic.Int64
	work := func() {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			if errs[i] = ctx.Err(); errs[i] == nil {
				r.recs[i], errs[i] = p.whole(&recs[i])
			}
		}
	}
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return run{}, nil, err
	}
	return r, recs[n:], nil
}

// whole packs a small record in memory.
func (p *packer) whole(r *Record) (packed, error) {
	buf := p.scratch.Get().(*[]byte)
	defer p.scratch.Put(buf)
	msg, err := readWhole((*buf)[:0], r)
	*buf = msg
	if err != nil {
		return packed{}, err
	}
	if sha256.Sum256(msg) != r.Digest {
		return packed{}, mismatch(r)
	}
	h := p.newHeader(r)
	if !bytes.HasSuffix(msg, []byte("\n")) {
		h.flags |= flagNewline
	}
	text := p.scratch.Get().(*[]byte)
	defer p.scratch.Put(text)
	*text = mboxrd.Quote(appendFrom((*text)[:0], r.Sender, h.received), msg)
	*text = append(*text, "\n\n"[:h.tail()]...)
	h.plain = int64(len(*text))
	return packed{header: h, body: p.codec.pack.EncodeAll(*text, make([]byte, 0, len(*text)/2+64))}, nil
}

func (p *packer) newHeader(r *Record) header {
	h := header{kind: kindMessage, digest: r.Digest, size: r.Size, received: Nanos(r.Received)}
	h.meta, h.flags = p.codec.packMeta(r.Meta)
	return h
}

// mismatch says that a record is not what it says it is. To keep it would be
// to promise a message that nobody can open.
func mismatch(r *Record) error {
	return fmt.Errorf("message %s: its bytes have another size or digest: %w", r.Digest, ErrDamaged)
}

// readWhole reads a message of r.Size octets to its end.
func readWhole(buf []byte, r *Record) ([]byte, error) {
	if int64(cap(buf)) <= r.Size {
		buf = make([]byte, 0, r.Size+1)
	}
	n, err := io.ReadFull(r.Open(), buf[:r.Size+1])
	switch {
	case err == nil, (err == io.EOF || err == io.ErrUnexpectedEOF) && int64(n) != r.Size:
		return buf[:n], mismatch(r)
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return buf[:n], nil
	}
	return buf[:n], fmt.Errorf("read message %s: %w", r.Digest, err)
}

// render puts the records of a run behind each other, as they stand at a place,
// and gives the length of each.
func (r *run) render(c *codec, at place, k key) (buf []byte, lens []int64) {
	total := 0
	for i := range r.recs {
		total += len(r.recs[i].body) + len(r.recs[i].meta) + 128
	}
	buf = make([]byte, 0, total)
	lens = make([]int64, len(r.recs))
	for i := range r.recs {
		h := r.recs[i].header
		h.key = k
		c.secret(&h)
		before := len(buf)
		data := c.close(&h, at, r.recs[i].body)
		buf = append(c.record(buf, &h, at, false), data...)
		lens[i] = int64(len(buf) - before)
		at.off += lens[i]
	}
	return buf, lens
}

// stream packs a large record straight into a segment and gives its length. Its
// header is written last, so that a crash leaves a hole instead of a record.
func (p *packer) stream(ctx context.Context, r *Record, k key, f io.WriterAt, at place) (int64, error) {
	h := p.newHeader(r)
	h.key, h.plain = k, r.Size
	p.codec.secret(&h)
	head := int64(len(p.codec.record(nil, &h, at, true)))
	sink := &tally{w: io.NewOffsetWriter(f, at.off+head)}
	w, end := io.Writer(sink), func() error { return nil }
	if h.flags&flagSecret != 0 {
		sealed := p.codec.vault.writer(sink, &h, at)
		w, end = sealed, sealed.Close
	}
	enc := p.streams.Get().(*zstd.Encoder)
	defer p.streams.Put(enc)
	enc.Reset(w)
	h.plain = 0
	if err := p.streamText(ctx, r, &h, enc); err != nil {
		enc.Reset(nil)
		return 0, err
	}
	if err := enc.Close(); err != nil {
		return 0, err
	}
	if err := end(); err != nil {
		return 0, err
	}
	h.data, h.dataCRC = sink.n, sink.crc
	_, err := f.WriteAt(p.codec.record(nil, &h, at, true), at.off)
	return head + h.data, err
}

// streamText writes the mbox text of a message and fills in h what it learns.
func (p *packer) streamText(ctx context.Context, r *Record, h *header, w io.Writer) error {
	out := appendFrom(nil, r.Sender, h.received)
	buf := make([]byte, 128<<10)
	sum := sha256.New()
	var (
		q    mboxrd.Quoter
		size int64
		last byte
	)
	for src := r.Open(); ; {
		n, err := src.Read(buf)
		if n > 0 {
			sum.Write(buf[:n])
			size, last = size+int64(n), buf[n-1]
			out = q.Append(out, buf[:n])
		}
		if err == io.EOF {
			break
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return fmt.Errorf("read message %s: %w", r.Digest, err)
		}
		if size > r.Size {
			return mismatch(r)
		}
		if err := put(w, h, out); err != nil {
			return err
		}
		out = out[:0]
	}
	if size != r.Size || Digest(sum.Sum(nil)) != r.Digest {
		return mismatch(r)
	}
	if last != '\n' {
		h.flags |= flagNewline
	}
	return put(w, h, append(q.Flush(out), "\n\n"[:h.tail()]...))
}

func put(w io.Writer, h *header, text []byte) error {
	h.plain += int64(len(text))
	_, err := w.Write(text)
	return err
}

// tally counts and sums what passes through.
type tally struct {
	w   io.Writer
	n   int64
	crc uint32
}

func (t *tally) Write(b []byte) (int, error) {
	n, err := t.w.Write(b)
	t.n += int64(n)
	t.crc = crc32.Update(t.crc, castagnoli, b[:n])
	return n, err
}
