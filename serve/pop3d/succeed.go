package pop3d

import (
	"context"
	"errors"
	"time"
)

// Where Options.Exclusive holds a maildrop for one session, one that was cut off
// without a word would keep its own device out.
const (
	quiet   = 10 * time.Second       // for which a session says nothing before it is looked at
	answer  = 4 * time.Second        // for its client's TCP to answer, which a probe a second asks
	goodbye = 2 * time.Second        // for a session that was cut to let go
	looks   = 100 * time.Millisecond // from one look to the next
)

// errHeld is ErrInUse with who holds the maildrop.
type errHeld struct{ by *session }

func (e errHeld) Error() string { return ErrInUse.Error() }
func (e errHeld) Unwrap() error { return ErrInUse }

// succeed tells whether the session in whose place this one comes has let go of
// its maildrop. Only a device's own is pressed: one of the same device, or, where
// a device is nobody's, from the same network. It has said nothing for a while, and
// now its client's machine does not answer. One that ended by QUIT meanwhile may
// have deleted what this one has listed already.
func (x *session) succeed(ctx context.Context, l Label, held error) bool {
	var e errHeld
	if !errors.As(held, &e) || l.Device == "" && e.by.network != x.network {
		return false
	}
	if since := e.by.waits(); since.IsZero() || time.Since(since) < quiet || peerAnswers(ctx, e.by.raw, e.by.gone) {
		return false
	}
	e.by.cut()
	t := time.NewTimer(goodbye)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return false
	case <-e.by.gone:
	}
	if e.by.end == "quit" {
		return false
	}
	x.o.Log.Info("pop3 session succeeds one that was cut off", "user", x.user, "mailbox", l.Mailbox, "device", l.Device, "remote", x.remote)
	return true
}

// waits tells since when a session waits for its client; zero: it does not.
func (x *session) waits() time.Time {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.since
}
