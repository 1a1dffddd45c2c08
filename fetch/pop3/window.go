package pop3

import "time"

// How much is asked for ahead of the answers (RFC 2449, section 6.6): at first,
// and at most. The requests of the widest window are three kilobytes, which any
// socket buffer holds: writing them cannot block while the server waits to write
// to us. The octets bound what the server prepares in vain when a round stops.
const (
	startCount = 64
	startBytes = 4 << 20
	mostCount  = 256
	mostBytes  = 8 << 20
)

// farTrip is a round trip from which on the window begins at its widest: to find
// out how wide it should be would cost as much as it saves.
const farTrip = 50 * time.Millisecond

// unknownSize is taken for a message whose size is not known.
const unknownSize = 32 << 10

// The window is to hold what comes in so many round trips. One of them is on the
// line; the others make up for asking anew only when half of the window is
// answered, and for answers that come in gusts.
const spareTrips = 4

// leastTrip is taken for a shorter round trip: processes are not always given the
// processor at once.
const leastTrip = 10 * time.Millisecond

// window says how much may be under way. It widens where answers come so fast
// that it would be empty before the next ones could be there. It never narrows:
// answers that come slowly, or that we are slow to take, do not fill it.
type window struct {
	count int
	bytes int64
	trip  time.Duration // the shortest round trip; 0: none is known

	since    time.Time // of what follows
	answered int
	octets   int64

	// proven is how many requests were under way at once and were all answered.
	proven         int
	tested, testTo int // under way now, and the request that ends it; 0: none are
}

// roundTrip notes how long a single command took.
func (w *window) roundTrip(d time.Duration) {
	if w.trip == 0 || d < w.trip {
		w.trip = d
	}
}

// open starts an exchange.
func (w *window) open() {
	w.count, w.bytes = max(w.count, startCount), max(w.bytes, startBytes)
	if w.trip >= farTrip {
		w.count, w.bytes = mostCount, mostBytes
	}
	w.since, w.answered, w.octets = time.Now(), 0, 0
	w.tested = 0
}

// widen looks at what came in since it last did.
func (w *window) widen() {
	took := time.Since(w.since)
	if w.answered == 0 || took <= 0 {
		return
	}
	trips := spareTrips * float64(max(w.trip, leastTrip)) / float64(took)
	w.count = min(max(w.count, int(trips*float64(w.answered))), mostCount)
	w.bytes = min(max(w.bytes, int64(trips*float64(w.octets))), mostBytes)
	w.since, w.answered, w.octets = time.Now(), 0, 0
}

// asked notes that so many requests are under way, up to the one of that number.
func (w *window) asked(underWay, upTo int) {
	if w.tested == 0 {
		w.tested, w.testTo = underWay, upTo
	}
}

// got notes an answer to the request before that number, and the octets it was
// said to have.
func (w *window) got(octets int64, upTo int) {
	w.answered++
	w.octets += octets
	if w.tested > 0 && upTo >= w.testTo {
		w.proven, w.tested = max(w.proven, w.tested), 0
	}
}
