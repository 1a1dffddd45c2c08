package fetch

import "time"

// DeletionState is what is known of a deletion upstream.
type DeletionState int

// The states. A deletion is Marked until the upstream answers +OK to QUIT, or a
// later listing shows what came of it.
const (
	DeletionMarked DeletionState = iota // about to be deleted; not known whether it was
	DeletionDone                        // the upstream answered +OK to QUIT
	DeletionSeen                        // that answer was lost; a later listing has the message no more
	DeletionUndone                      // it is still there
)

// String gives the state in a word for its owner.
func (s DeletionState) String() string {
	switch s {
	case DeletionMarked:
		return "unknown"
	case DeletionDone:
		return "deleted"
	case DeletionSeen:
		return "gone"
	case DeletionUndone:
		return "not deleted"
	}
	return "unheard of"
}

// Deletion is one deletion upstream, and why it was safe.
type Deletion struct {
	ID      int64     // the records' number of it; 0 where it has none
	UID     string    // as the receipt has it: what the upstream gave, or "sha256-<hex>"
	Message int64     // the archive's number of the message that stays
	Digest  [32]byte  // SHA-256 of its octets
	At      time.Time // when it was marked
	State   DeletionState
	Why     string
}
