package fetch

import "time"

// A Later is an error that says how long the upstream wants to be left alone,
// counted from when it said so. It may stand anywhere in an error's chain,
// beside ErrBusy.
type Later interface {
	error
	Later() time.Duration
}

// An Unhurried is a Maildrop that knows, once it was listed, the least time which
// the upstream wants between two logins: what LOGIN-DELAY of CAPA says (RFC 2449,
// section 6.5), after the login rather than before, where it may differ by user.
// 0 says that it wants none; known is false where it was not asked, and may want
// some.
type Unhurried interface {
	LoginDelay() (least time.Duration, known bool)
}

// oneLogin tells whether the upstream wants time between two logins: then a round
// has one session, and what that leaves is for the rounds to come.
func (s *session) oneLogin() bool {
	least, _ := s.loginDelay()
	return least > 0
}

func (s *session) loginDelay() (least time.Duration, known bool) {
	if u, ok := s.drop.(Unhurried); ok {
		return u.LoginDelay()
	}
	return 0, false
}
