package search

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	api "github.com/blevesearch/scorch_segment_api/v2"

	"restante/index/search/segment"
)

// Questions read mapped files, and what is read counts as memory of the process until
// the system wants it back: 1.6 GiB after some thousand questions to a million
// messages. Above a bound it is let go of; what is asked for again is mapped again, for
// a microsecond for each 64 KiB.
const (
	easeAbove = 384 << 20              // octets of files in the memory of the process
	easeEvery = 100 * time.Millisecond // looks at how much it is
)

// easing lets go of what questions have read.
type easing struct {
	above int64 // octets

	mu    sync.Mutex // guards the fields below
	last  time.Time
	times int // that it did
}

// after is called when a question was answered.
func (e *easing) after(v *view) {
	if !e.due(time.Now()) {
		return
	}
	all := make([]api.Segment, len(v.sections))
	for i, s := range v.sections {
		all[i] = s.inner
	}
	if segment.Mapped(all) < e.above || mappedNow() < e.above {
		return
	}
	segment.Drop(all)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.times++
}

func (e *easing) due(now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if now.Sub(e.last) < easeEvery {
		return false
	}
	e.last = now
	return true
}

// mappedNow is how many octets of files are in the memory of the process; 0 where
// that is not told (proc_pid_statm(5)).
func mappedNow() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(b))
	if err != nil || len(fields) < 3 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
