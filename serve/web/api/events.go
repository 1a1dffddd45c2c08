package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"restante/index"
)

// eventStream is the media type of streams.
const eventStream = "text/event-stream"

// Bounds of streams.
const (
	streamsMost = 4                // of one owner at a time
	streamsAll  = 200              // of all
	beat        = 15 * time.Second // between signs of life, and looks whether the token is valid still
	slow        = 10 * time.Second // that a program may take to read a piece
	gap         = 200 * time.Millisecond
	eventsMost  = 100 // changes looked at in one go
)

// stream tells a program of new mail, one event a message. The identifier of an
// event says where in the owner's changes it stands, and in which database: another
// one, made anew, counts anew.
type stream struct {
	a        *api
	c        *call
	rc       *http.ResponseController
	identity string
	at       int64 // the last change that was told
	out      bytes.Buffer
}

// events streams (WHATWG HTML, section 9.2).
func (a *api) events(c *call) error {
	identity, err := a.Changes.Identity(c.ctx())
	if err != nil {
		return err
	}
	heads, err := a.Changes.Heads(c.ctx())
	if err != nil {
		return err
	}
	s := &stream{a: a, c: c, rc: http.NewResponseController(c.w), identity: identity, at: heads[c.owner()]}
	s.out.WriteString("retry: 2000\n")
	if last := c.r.Header.Get("Last-Event-ID"); last != "" {
		if at, ok := s.place(last); ok {
			s.at = at
		} else {
			s.out.WriteString("event: gap\ndata: {}\n")
		}
	}
	s.mark()
	h := c.w.Header()
	h.Set("Content-Type", eventStream)
	h.Set("X-Accel-Buffering", "no") // a proxy before us shall not wait for more
	if c.r.Method == http.MethodHead {
		return nil
	}
	if err = s.send(); err == nil {
		err = s.follow()
	}
	if err != nil && c.ctx().Err() == nil {
		a.Log.Info("a stream ended", "owner", c.owner(), "err", err)
	}
	s.rc.SetWriteDeadline(time.Now().Add(slow)) // of the last chunk; the one of the last piece is over
	return nil
}

// place reads the identifier of an event of ours. One beyond what there is belongs
// to a database that was put back to an earlier day.
func (s *stream) place(id string) (at int64, ok bool) {
	identity, number, _ := strings.Cut(id, "-")
	at, err := strconv.ParseInt(number, 10, 64)
	return at, err == nil && identity == s.identity && at >= 0 && at <= s.at
}

// mark ends an event, and says where the program would go on.
func (s *stream) mark() { fmt.Fprintf(&s.out, "id: %s-%d\n\n", s.identity, s.at) }

// send gives the program what was written. One that does not read is cut off.
func (s *stream) send() error {
	if s.out.Len() == 0 {
		return nil
	}
	if err := s.rc.SetWriteDeadline(time.Now().Add(slow)); err != nil {
		return fmt.Errorf("set a deadline: %w", err)
	}
	if _, err := s.out.WriteTo(s.c.w); err != nil {
		return err
	}
	return s.rc.Flush()
}

// errEnding says that the house closes.
var errEnding = errors.New("the house closes")

// follow tells of what comes until the program, the token or the house goes.
func (s *stream) follow() error {
	life := time.NewTicker(beat)
	defer life.Stop()
	now := make(chan struct{})
	close(now)
	for {
		next := s.a.Changes.Next() // before looking: nothing falls between
		more, err := s.tell()
		if err != nil {
			return err
		}
		if more {
			next = now
		}
		if err := wait(s, life, next); err != nil {
			return err
		}
		if more {
			continue
		}
		if err := wait(s, life, time.After(gap)); err != nil { // many come together, and are looked for once
			return err
		}
	}
}

// wait waits for something, and gives signs of life.
func wait[T any](s *stream, life *time.Ticker, something <-chan T) error {
	for {
		select {
		case <-s.c.web.Ending():
			return errEnding
		default:
		}
		select {
		case <-something:
			return nil
		case <-s.c.web.Ending():
		case <-s.c.ctx().Done():
			return s.c.ctx().Err()
		case <-life.C:
			if err := s.a.lookUp(s.c); err != nil {
				return err
			}
			s.out.WriteString(":\n\n")
			if err := s.send(); err != nil {
				return err
			}
		}
	}
}

// tell sends what has come. More says that there is more.
func (s *stream) tell() (more bool, err error) {
	ctx, cancel := context.WithTimeout(s.c.ctx(), slow)
	defer cancel()
	all, err := s.a.Changes.Changes(ctx, s.c.owner(), s.at, eventsMost)
	if err != nil {
		return false, err
	}
	for _, x := range all {
		s.at = x.Number
		if x.Kind != index.Added {
			continue
		}
		m, err := s.a.Archive.Message(ctx, s.c.owner(), x.Message)
		if errors.Is(err, index.ErrNotFound) {
			continue // it went
		}
		if err != nil {
			return false, err
		}
		data, err := json.Marshal(know(m))
		if err != nil {
			return false, err
		}
		fmt.Fprintf(&s.out, "event: message\ndata: %s\n", data)
		s.mark()
	}
	return len(all) == eventsMost, s.send()
}
