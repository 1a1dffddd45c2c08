package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// plainEvery is how often long work says where it is when nobody watches.
const plainEvery = 10 * time.Second

// bar shows how far long work is: a bar on a terminal, now and then a line
// elsewhere. It is safe for concurrent use.
type bar struct {
	mu    sync.Mutex // guards the fields below
	out   io.Writer
	what  string
	total int64 // 0: not known

	drawn *progressbar.ProgressBar
	said  time.Time
	over  bool
}

func (e *env) bar(what string, total int64) *bar {
	b := &bar{out: e.errOut, what: what, total: total, said: time.Now()}
	if e.terminal {
		max := total
		if max <= 0 {
			max = -1
		}
		b.drawn = progressbar.NewOptions64(max,
			progressbar.OptionSetWriter(e.errOut), progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish(), progressbar.OptionShowIts(),
			progressbar.OptionSetPredictTime(total > 0))
	}
	return b
}

// set moves to a place; a total that was not known may be given now.
func (b *bar) set(done, total int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return
	}
	if total > 0 && total != b.total {
		b.total = total
		if b.drawn != nil {
			b.drawn.ChangeMax64(total)
		}
	}
	if b.drawn != nil {
		b.drawn.Set64(done)
		return
	}
	if now := time.Now(); now.Sub(b.said) >= plainEvery {
		b.said = now
		if b.total > 0 {
			fmt.Fprintf(b.out, "%s: %d of %d\n", b.what, done, b.total)
		} else {
			fmt.Fprintf(b.out, "%s: %d\n", b.what, done)
		}
	}
}

// end takes a bar off the screen.
func (b *bar) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	if b.drawn != nil {
		b.drawn.Finish()
	}
}
