package blob

import (
	"log/slog"
	"time"
)

// Options tunes a Log. The zero value is good.
type Options struct {
	// SegmentSize is the size, in octets, from which on a segment gets a
	// successor; 0 means 256 MiB. The commit that reaches it is not split.
	SegmentSize int64
	// SegmentAge is the age from which on it does; 0 means a day, less than 0
	// any.
	SegmentAge time.Duration
	// MaxOpen bounds the segments held open for later reads; 0 means 64.
	MaxOpen int
	// Floor is up to where the rows know the log: what lies before it was
	// acknowledged, and is never cut off, whatever it looks like. A log that
	// ends before it is not the one that the rows are of: Open refuses it.
	Floor Position
	// MinFree is how many octets of the file system stay free: Append, Seal and
	// Erase refuse with ErrNoSpace what would leave less. 0 means none.
	MinFree int64
	// Key of KeyLen octets encrypts what is written from now on; nil: it stays in
	// clear. A folder that was opened with a key once needs it each time.
	Key []byte
	// Log hears of tails cut and segments abandoned; nil discards.
	Log *slog.Logger

	now func() time.Time // nil: time.Now
}
