package fetch

import "time"

// NoteKind says why a message is noted.
type NoteKind int

// The kinds. Those up to NoteInternal keep a message upstream.
const (
	// NoteRefused is of a message that the upstream would not give (-ERR).
	NoteRefused NoteKind = iota + 1
	// NoteBroke is of a message at which sessions broke.
	NoteBroke
	// NoteLarge is of a message over the largest size. Nothing of it is here.
	NoteLarge
	// NoteHeader is of a message over the largest size whose header is here.
	NoteHeader
	// NotePassed is of a message that was there at the first listing of an
	// account of recent mail only.
	NotePassed
	// NoteInternal is of a message that is the server's own data.
	NoteInternal
	// NoteKept is of a message of such an account that was taken, since it could
	// not be told from new mail, and is not deleted.
	NoteKept
	// NoteMark is of no message but of the account.
	NoteMark
)

// String gives the kind in words for its owner.
func (k NoteKind) String() string {
	switch k {
	case NoteRefused:
		return "refused by the upstream"
	case NoteBroke:
		return "broke the session"
	case NoteLarge:
		return "too large"
	case NoteHeader:
		return "too large, header taken"
	case NotePassed:
		return "there before the account"
	case NoteInternal:
		return "the server's own data"
	case NoteKept:
		return "taken, kept upstream"
	case NoteMark:
		return "mark"
	}
	return "unknown"
}

// Note is what is remembered of a message that is not, or not wholly, here.
type Note struct {
	UID   string
	Kind  NoteKind
	Tries int       // rounds in which it could not be taken
	Since time.Time // when it was noted first
	Next  time.Time // not tried before; the zero time: at the next round, or not at all, by its kind
	Size  int64     // octets as LIST gave them; -1 where unknown
	Why   string    // for the owner
}
