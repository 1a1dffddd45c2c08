package pop3

import (
	"context"
	"strings"
	"sync"
	"time"

	"restante/fetch"
)

// Quirks keeps what servers get wrong, by account, beyond the life of a Dialer. An
// account's quirks have names of this package's, which say of which server they are,
// and a number of strikes: how often each was met, by the last time. It may be used
// by several goroutines at once.
type Quirks interface {
	// Quirks calls each for every quirk of an account.
	Quirks(ctx context.Context, account string, each func(quirk string, strikes int, last time.Time)) error
	// SetQuirk keeps the strikes of one; none forgets it.
	SetQuirk(ctx context.Context, account, quirk string, strikes int, last time.Time) error
}

// The quirks. The names are stored, with "@host:port" behind: they never change.
const (
	noCapa       = "no-capa"       // hangs or hangs up on CAPA
	noPipelining = "no-pipelining" // lists PIPELINING and stalls at it
	noTop        = "no-top"        // refuses TOP, or breaks at it
	lyingTop     = "lying-top"     // shows another header by TOP than by RETR
)

// A strike is believed in for a day, since the trouble may have been the network's,
// or a server may be mended. The third, where none is a month behind the one before
// and nothing was seen to go well in between, is believed in for good: until
// somebody forgets it.
const (
	strikeLasts  = 24 * time.Hour
	strikeCounts = 30 * 24 * time.Hour
	forGood      = 3
)

// noteTime bounds the noting of a quirk, which is not worth a long wait.
const noteTime = 5 * time.Second

type strike struct {
	count int
	last  time.Time
}

// quirks is what is known of an account's server, as of when a session began.
type quirks struct {
	noCapa, noPipelining, noTop bool

	found   bool // noCapa was found out by this very dialling
	dialer  *Dialer
	account string
	at      string // behind the names that are stored: an account may move
	strikes map[string]strike
}

// quirksOf asks for what is known. Where that fails the session goes without:
// it costs time, not mail.
func (d *Dialer) quirksOf(ctx context.Context, a fetch.Account) quirks {
	q := quirks{dialer: d, account: a.Name, at: "@" + a.Address(), strikes: map[string]strike{}}
	err := d.quirks.Quirks(ctx, a.Name, func(name string, count int, last time.Time) {
		if name, ok := strings.CutSuffix(name, q.at); ok {
			q.strikes[name] = strike{count, last}
		}
	})
	if err != nil {
		d.log.Warn("what is known of the server's quirks cannot be read", "account", a.Name, "err", err)
	}
	q.noCapa, q.noPipelining, q.noTop = q.has(noCapa), q.has(noPipelining), q.has(noTop) || q.has(lyingTop)
	return q
}

func (q *quirks) has(name string) bool {
	s := q.strikes[name]
	return s.count >= forGood || s.count > 0 && time.Since(s.last) < strikeLasts
}

// strike notes that a quirk was met, for the sessions to come.
func (q *quirks) strike(ctx context.Context, name, told string, about ...any) {
	if q.has(name) {
		return // it was met because it is not known yet in a session that began before
	}
	s := strike{1, time.Now()}
	if before := q.strikes[name]; s.last.Sub(before.last) < strikeCounts {
		s.count += before.count
	}
	q.dialer.log.Warn(told, append([]any{"account", q.account, "quirk", name, "for_good", s.count >= forGood}, about...)...)
	q.set(ctx, name, s)
}

// clear forgets a quirk that is not there after all.
func (q *quirks) clear(ctx context.Context, name string) {
	if q.strikes[name].count > 0 {
		q.set(ctx, name, strike{})
	}
}

func (q *quirks) set(ctx context.Context, name string, s strike) {
	q.strikes[name] = s
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	if err := q.dialer.quirks.SetQuirk(ctx, q.account, name+q.at, s.count, s.last); err != nil {
		q.dialer.log.Warn("a quirk of the server is not noted", "account", q.account, "quirk", name, "err", err)
	}
}

// memory keeps quirks for as long as a Dialer lives.
type memory struct {
	mu      sync.Mutex // guards the field below
	strikes map[string]map[string]strike
}

func (m *memory) Quirks(_ context.Context, account string, each func(string, int, time.Time)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, s := range m.strikes[account] {
		each(name, s.count, s.last)
	}
	return nil
}

func (m *memory) SetQuirk(_ context.Context, account, quirk string, strikes int, last time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.strikes == nil {
		m.strikes = map[string]map[string]strike{}
	}
	if m.strikes[account] == nil {
		m.strikes[account] = map[string]strike{}
	}
	m.strikes[account][quirk] = strike{strikes, last}
	return nil
}
