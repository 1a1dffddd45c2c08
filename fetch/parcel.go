package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// spoolAfter is how much of a parcel is held in memory; what is longer goes to
// a spool file.
const spoolAfter = 1 << 20

// Parcel is one message on its way in: sealed bytes that can be read again.
// It is made by Pack and must be closed, which removes its spool file.
type Parcel struct {
	Owner    string
	Account  string    // where it came from
	UID      string    // under which the upstream listed it, or "sha256-<hex>" where it had no usable one
	Listed   int64     // octets as the upstream's LIST gave them; -1 where unknown
	Received time.Time // when it was first seen here; for an import, when its source says it was received

	// Mailbox is where the owner wants it, whatever the filter thinks; empty
	// leaves it to the filter.
	Mailbox string
	// Archive keeps it out of the maildrop: searchable, never listed.
	Archive bool
	// Twin is set by the sink: its owner had the message already.
	Twin bool
	// Imported says that it does not come from an upstream: it is the same
	// message as any of the owner's with these bytes, whatever their account.
	Imported bool

	Size   int64    // octets
	Digest [32]byte // SHA-256 of the octets
	Head   [8]byte  // HeadSum of the header
	// Grow is how many octets the message grows when its bare LFs become CRLFs
	// and a missing last line end is added, as POP3 wants them (RFC 1939, 3).
	Grow int64

	mem  []byte
	file *os.File
}

// Pack reads a message to its end and seals it. Dir is for spool files. A read
// error leaves nothing behind: a partial transfer is never a parcel.
func Pack(dir string, r io.Reader) (*Parcel, error) {
	p := &Parcel{Listed: -1}
	m := newMeter()
	buf := getBuf()
	defer putBuf(buf)
	// The buffer reads by itself: io.Copy would make one more a message.
	if _, err := buf.ReadFrom(io.TeeReader(io.LimitReader(r, spoolAfter), m)); err != nil {
		return nil, err
	}
	if buf.Len() == spoolAfter {
		if err := p.spool(dir, buf.Bytes(), io.TeeReader(r, m)); err != nil {
			return nil, err
		}
	} else {
		p.mem = bytes.Clone(buf.Bytes())
	}
	p.Size, p.Digest, p.Head, p.Grow = m.finish()
	return p, nil
}

// SpoolPrefix begins the names of the files that parcels are spooled to. What a
// killed process left of them may be removed: their upstreams have the mail still.
const SpoolPrefix = "parcel-"

func (p *Parcel) spool(dir string, start []byte, rest io.Reader) error {
	f, err := os.CreateTemp(dir, SpoolPrefix+"*")
	if err != nil {
		return fmt.Errorf("make spool file: %w", err)
	}
	_, err = f.Write(start)
	if err == nil {
		_, err = io.Copy(f, rest)
	}
	if err != nil {
		f.Close()
		return errors.Join(err, os.Remove(f.Name()))
	}
	p.file = f
	return nil
}

// Open gives the bytes from their start. Several readers may be open at once.
func (p *Parcel) Open() io.Reader {
	if p.file == nil {
		return bytes.NewReader(p.mem)
	}
	return io.NewSectionReader(p.file, 0, p.Size)
}

// Close lets go of the bytes.
func (p *Parcel) Close() error {
	p.mem = nil
	if p.file == nil {
		return nil
	}
	f := p.file
	p.file = nil
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

var bufs = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func getBuf() *bytes.Buffer { b := bufs.Get().(*bytes.Buffer); b.Reset(); return b }
func putBuf(b *bytes.Buffer) {
	if b.Cap() <= 2*spoolAfter {
		bufs.Put(b)
	}
}
