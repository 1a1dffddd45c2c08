package fetch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"restante/fetch"
)

// errCut is what a connection that goes away gives.
var errCut = errors.New("connection lost")

// server is an upstream whose sessions can be cut at a step.
type server struct {
	mu       sync.Mutex
	mail     []message
	cutAt    int // the step (counted over all sessions) at which the connection is lost; 0 never
	step     int
	sessions int
	noQuit   bool // QUIT is answered by silence: the deletions are done all the same
	refuse   map[string]bool
	cutRetr  map[string]bool // texts whose transfer is always cut in its middle
	dropRetr map[string]bool // UIDs at whose RETR it always hangs up
	cutTop   map[string]bool // UIDs at whose TOP it always hangs up
	outlives bool            // a cut transfer costs the message, not the session, as of files
	noSizes  bool            // LIST gives none
	topOff   int             // TOP shows the header of the message that is so many ahead, round and round
	short    int             // if not 0, LIST ends with +OK behind so many
	grow     int64           // LIST gives sizes that are so much larger
	tops     int             // headers asked for
	cutQuit  bool            // QUIT is lost
	onCut    func()          // if not nil, called when cutAt is reached
}

type message struct{ uid, text string }

func (s *server) Dial(context.Context, fetch.Account) (fetch.Maildrop, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.tick(); err != nil {
		return nil, err
	}
	s.sessions++
	return &session{s: s, mail: slices.Clone(s.mail), marked: map[int]bool{}}, nil
}

// tick counts a step, and cuts at the one wanted. The caller holds mu.
func (s *server) tick() error {
	s.step++
	if s.step == s.cutAt {
		if s.onCut != nil {
			s.onCut()
		}
		return errCut
	}
	return nil
}

func (s *server) uids() (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.mail {
		out = append(out, m.uid)
	}
	return out
}

type session struct {
	s      *server
	mail   []message
	marked map[int]bool
	dead   bool
}

func (c *session) tick() error {
	if c.dead {
		return errCut
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	err := c.s.tick()
	c.dead = err != nil
	return err
}

// cut loses the connection where the fault says so.
func (c *session) cut(fault bool) bool {
	c.dead = c.dead || fault
	return c.tick() != nil
}

func (c *session) List(context.Context) ([]fetch.Item, error) {
	var out []fetch.Item
	for i, m := range c.mail {
		if i == c.s.short && i > 0 {
			break
		}
		it := fetch.Item{Num: i + 1, UID: m.uid, Size: int64(len(m.text)) + c.s.grow}
		if c.s.noSizes {
			it.Size = -1
		}
		out = append(out, it)
	}
	return out, c.tick()
}

func (c *session) Retrieve(_ context.Context, items []fetch.Item, each func(fetch.Item, io.Reader, error) error) error {
	for _, it := range items {
		m := c.mail[it.Num-1]
		if c.cut(c.s.dropRetr[m.uid]) {
			return errCut
		}
		var err error
		switch {
		case c.s.refuse[m.uid]:
			err = each(it, nil, errors.New("-ERR conversion failed"))
		case c.cut(c.s.cutRetr[m.text]): // cut in mid message
			half := io.MultiReader(strings.NewReader(m.text[:len(m.text)/2]), errReader{errCut})
			if err = each(it, half, nil); err == nil && !c.s.outlives {
				err = errCut
			}
			c.dead = !c.s.outlives
		default:
			err = each(it, strings.NewReader(m.text), nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *session) Heads(_ context.Context, items []fetch.Item, each func(fetch.Item, []byte)) error {
	for _, it := range items {
		head, _, _ := bytes.Cut([]byte(c.mail[(it.Num-1-c.s.topOff+len(c.mail))%len(c.mail)].text), []byte("\r\n\r\n"))
		c.s.tops++
		if c.cut(c.s.cutTop[c.mail[it.Num-1].uid]) {
			return errCut
		}
		each(it, head)
	}
	return nil
}

func (c *session) Delete(_ context.Context, nums []int) ([]int, error) {
	for _, n := range nums {
		c.marked[n] = true
	}
	return nums, c.tick()
}

func (c *session) Quit(context.Context) error {
	if err := c.tick(); err != nil {
		return err
	}
	if c.s.cutQuit {
		return errCut
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	gone := map[string]bool{}
	for n := range c.marked {
		gone[c.mail[n-1].uid+c.mail[n-1].text] = true
	}
	c.s.mail = slices.DeleteFunc(c.s.mail, func(m message) bool { return gone[m.uid+m.text] })
	if c.s.noQuit {
		return errCut
	}
	return nil
}

func (c *session) Close() error { return nil }

type errReader struct{ err error }

func (e errReader) Read([]byte) (int, error) { return 0, e.err }

// archive is a sink and its ledger. It can fail at a delivery.
type archive struct {
	mu      sync.Mutex
	kept    map[string]int                    // owner and text → how often
	taken   map[string]map[string]fetch.Taken // by owner and UID
	digests map[string][32]byte               // of what the receipts are of, by owner and UID
	failAt  int                               // the delivery (counted from 1) that fails; -1 all
	n       int
	arrived chan struct{} // if not nil, a delivery says here that it came
	waiting chan struct{} // if not nil, deliveries wait for it
}

func newArchive() *archive {
	return &archive{kept: map[string]int{}, taken: map[string]map[string]fetch.Taken{}, digests: map[string][32]byte{}}
}

func (a *archive) Deliver(_ context.Context, p *fetch.Parcel) error {
	b, err := io.ReadAll(p.Open())
	if err != nil {
		return err
	}
	if a.waiting != nil {
		a.arrived <- struct{}{}
		<-a.waiting
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n++
	if a.n == a.failAt || a.failAt == -1 {
		return errors.New("disk full")
	}
	if a.kept[p.Owner+string(b)] == 0 {
		a.kept[p.Owner+string(b)]++
	} else {
		p.Twin = true
	}
	if a.taken[p.Owner] == nil {
		a.taken[p.Owner] = map[string]fetch.Taken{}
	}
	a.digests[p.Owner+p.UID] = p.Digest
	if t, ok := a.taken[p.Owner][p.UID]; !ok || t.Head != p.Head {
		a.taken[p.Owner][p.UID] = fetch.Taken{At: p.Received, Size: p.Listed, Head: p.Head}
	}
	return nil
}

func (a *archive) Taken(_ context.Context, owner, _ string) (map[string]fetch.Taken, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.taken[owner]), nil
}

func text(i int) string {
	return fmt.Sprintf("Subject: message %d\r\nMessage-ID: <%d@example.com>\r\n\r\nbody of %d\r\n", i, i, i)
}

func mail(n int) (out []message) {
	for i := range n {
		out = append(out, message{fmt.Sprintf("u%d", i), text(i)})
	}
	return out
}

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
