package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"restante/serve/pop3d"
)

const (
	traceTime    = time.Hour
	maxTraceTime = 24 * time.Hour
	maxTraces    = 16       // at once
	maxTraceSize = 16 << 20 // octets of a file
)

// overhearing is what is written of the dialogues of some users' sessions.
type overhearing struct {
	separator string // of login names

	mu     sync.Mutex // guards the fields below
	traces []*trace
	count  int // of sessions heard, to tell them apart
}

var _ pop3d.Tracer = (*overhearing)(nil)

// trace is one file.
type trace struct {
	owner, device string // an empty device is any
	path          string
	until         time.Time
	timer         *time.Timer

	mu   sync.Mutex // guards the fields below
	file *os.File   // nil once it has ended
	left int
}

// Listens tells whether any session may be heard.
func (o *overhearing) Listens() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.traces) > 0
}

// Hears gives who hears the session of a name. Who was refused is heard by the
// traces of the user whom the name means, whatever the device.
func (o *overhearing) Hears(name string, l pop3d.Label, remote netip.Addr) func(time.Time, string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var mine []*trace
	for _, t := range o.traces {
		refused := l == (pop3d.Label{}) && (name == t.owner || o.separator != "" && strings.HasPrefix(name, t.owner+o.separator))
		if refused || l.Owner == t.owner && (t.device == "" || l.Device == t.device) {
			mine = append(mine, t)
		}
	}
	if len(mine) == 0 {
		return nil
	}
	o.count++
	who := fmt.Sprintf("%d %s", o.count, remote)
	return func(at time.Time, line string) {
		for _, t := range mine {
			t.write(fmt.Sprintf("%s %s %s\n", at.UTC().Format("2006-01-02T15:04:05.000Z"), who, line))
		}
	}
}

func (t *trace) write(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil {
		return
	}
	if t.left -= len(line); t.left < 0 {
		line = "the file is full\n"
	}
	if _, err := t.file.WriteString(line); err != nil || t.left < 0 {
		t.file.Close() // what was written is all there is to have
		t.file = nil
	}
}

func (t *trace) end() {
	t.timer.Stop()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file != nil {
		t.file.Close()
		t.file = nil
	}
}

// start begins a trace, and gives where it is written. It ends by itself.
func (o *overhearing) start(dir, owner, device string, how time.Duration, now time.Time) (path string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.traces) >= maxTraces {
		return "", fmt.Errorf("%d traces are under way; restante trace --end ends those of a user", len(o.traces))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("begin a trace: %w", err)
	}
	file, err := os.CreateTemp(dir, now.UTC().Format("20060102T150405Z")+"-*.log") // for this user only
	if err != nil {
		return "", fmt.Errorf("begin a trace: %w", err)
	}
	t := &trace{owner: owner, device: device, path: file.Name(), until: now.Add(how), file: file, left: maxTraceSize}
	t.timer = time.AfterFunc(how, func() { o.end(func(other *trace) bool { return other == t }) })
	o.traces = append(o.traces, t)
	return file.Name(), nil
}

// end ends traces, and tells how many there were.
func (o *overhearing) end(which func(*trace) bool) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var stay []*trace
	for _, t := range o.traces {
		if which(t) {
			t.end()
			n++
			continue
		}
		stay = append(stay, t)
	}
	o.traces = stay
	return n
}

func newTrace(e *env) *cobra.Command {
	var owner, device string
	var how time.Duration
	var end bool
	c := &cobra.Command{
		Use: "trace --user U", Short: "Write down what a user's mail programs and the POP3 server say", Args: cobra.NoArgs,
		Long: `Write down what a user's mail programs and the POP3 server say to each other, for
an hour unless told otherwise, into a file of the data folder that only its owner
can read. Passwords, tokens and all that may be one are left out, and so is mail:
of what is sent the length is told. Sessions are heard that begin from now on,
those too that are refused. Without --device all of a user's are. A file ends at
16 MiB. Delete it when you are done: it tells when somebody reads mail, and where.
Who forgets to has it deleted a week after its last line, or sooner where all of
them take more than 256 MiB.`,
		RunE: func(c *cobra.Command, _ []string) error {
			if how < time.Second || how > maxTraceTime {
				return usage(fmt.Errorf("--for %v is out of range; allowed: 1s to %v", how, maxTraceTime))
			}
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				switch {
				case h.porter == nil:
					return errors.New("restante serve is not running, so there are no sessions")
				case end:
					n := h.overheard.end(func(t *trace) bool { return t.owner == owner && (device == "" || t.device == device) })
					_, err := fmt.Fprintf(e.out, "%s: %d traces ended\n", owner, n)
					return err
				}
				if err := h.mustKnow(ctx, owner); err != nil {
					return err
				}
				path, err := h.overheard.start(h.traceDir(), owner, device, how, time.Now())
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(e.out, "%s: sessions that begin in the next %v are written to %s\n", owner, how, path)
				return err
			})
		},
	}
	c.Flags().StringVar(&owner, "user", "", "whose sessions")
	c.Flags().StringVar(&device, "device", "", "of this device only")
	c.Flags().DurationVar(&how, "for", traceTime, "how long")
	c.Flags().BoolVar(&end, "end", false, "end the user's traces now")
	must(c.MarkFlagRequired("user"))
	return c
}
