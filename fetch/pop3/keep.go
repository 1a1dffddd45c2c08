package pop3

import "time"

// quiet is how long we are silent before we say NOOP: some servers hang up after
// a minute (RFC 1939, section 3, has ten).
const quiet = 10 * time.Second

// mostNoops bounds those under way: more would tell a server no more.
const mostNoops = 64

// keepAlive says NOOP whenever we are slow: between operations, and while the
// caller of one looks at an answer. It runs when the timer rings, and sets it
// again.
func (s *session) keepAlive() {
	if !s.turn.TryLock() { // somebody talks
		s.timer.Reset(quiet / 10)
		return
	}
	defer s.turn.Unlock()
	if s.dead != nil || s.link.wasCut() {
		return
	}
	if left := quiet - time.Since(s.link.spoke); left > 0 {
		s.timer.Reset(left)
		return
	}
	if err := s.noop(); err != nil {
		s.end(err)
		return
	}
	s.timer.Reset(quiet)
}

// noop says NOOP where it may be said: not while an answer is being read, for
// then the server is not waiting for us, but writing. Behind requests whose
// answers are still to be read its own is read in its place among them.
func (s *session) noop() error {
	switch x := s.waiting; {
	case x != nil && (!s.whole.Load() || len(x.noops) == mostNoops):
		return nil
	case x != nil && s.pipelining:
		x.noops = append(x.noops, x.sent)
		return s.send("NOOP")
	}
	_, err := s.command("NOOP")
	return err
}
