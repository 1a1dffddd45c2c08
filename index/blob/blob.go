package blob

import (
	"encoding/hex"
	"errors"
	"io"
	"time"
)

// ErrDamaged says that stored bytes are not what was stored.
var ErrDamaged = errors.New("damaged")

// Digest is the SHA-256 of a message's octets as received.
type Digest [32]byte

// String gives 64 lower-case hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Position is a place in the log.
type Position struct {
	Segment uint32 // counts from 1
	Offset  int64  // octets from the start of the segment's file, as it grew
}

// Before tells whether p comes before q in the log.
func (p Position) Before(q Position) bool {
	return p.Segment < q.Segment || p.Segment == q.Segment && p.Offset < q.Offset
}

// Ref is where a message lies: its record's first octet, and how many octets
// the record takes, in the file that grew. It stays the same when the segment is
// sealed, though the message lies elsewhere then.
type Ref struct {
	Segment uint32
	Offset  int64
	Length  int64
}

// End is the position after the record.
func (r Ref) End() Position { return Position{r.Segment, r.Offset + r.Length} }

// Record is a message on its way into the log.
type Record struct {
	Digest   Digest
	Size     int64 // octets
	Received time.Time
	Sender   string // for the From line; empty becomes MAILER-DAEMON
	Meta     []byte // the owner's business, at most MaxMeta octets; rebuilds the row
	Open     func() io.Reader
}

// MaxMeta bounds Record.Meta, in octets.
const MaxMeta = 256 << 10

// Entry is a record as a scan meets it.
type Entry struct {
	Ref      Ref
	Digest   Digest
	Size     int64
	Received time.Time
	Meta     []byte // valid until each returns
}
