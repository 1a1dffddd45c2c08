package fetch

import (
	"context"
	"time"
)

// A Later is an error that says how long the upstream wants to be left alone,
// counted from when it said so. It may stand anywhere in an error's chain,
// beside ErrBusy.
type Later interface {
	error
	Later() time.Duration
}

// An Unhurried is a Maildrop that knows the least time which the upstream wants
// between two logins: what LOGIN-DELAY of CAPA says (RFC 2449, section 6.5),
// after the login rather than before, where it may differ by user. 0 says that
// it wants none; known is false where it was not asked, and may want some.
type Unhurried interface {
	LoginDelay() (least time.Duration, known bool)
}

// oneLogin tells whether the upstream wants time between two logins: then a round
// has one session, and what that leaves is for the rounds to come.
func (s *session) oneLogin() bool {
	u, ok := s.drop.(Unhurried)
	if !ok {
		return false
	}
	least, _ := u.LoginDelay()
	return least > 0
}

// Heed gives a Dialer that tells what each Unhurried maildrop of d's knows.
func Heed(d Dialer, tell func(ctx context.Context, account string, delay time.Duration)) Dialer {
	return heeding{d, tell}
}

type heeding struct {
	Dialer
	tell func(context.Context, string, time.Duration)
}

func (h heeding) Dial(ctx context.Context, a Account) (Maildrop, error) {
	drop, err := h.Dialer.Dial(ctx, a)
	if u, ok := drop.(Unhurried); ok && err == nil {
		if least, known := u.LoginDelay(); known {
			h.tell(ctx, a.Name, least)
		}
	}
	return drop, err
}
