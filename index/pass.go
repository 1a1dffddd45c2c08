package index

import (
	"context"
	"errors"
	"time"
)

// Session is a browser that is signed in.
type Session struct {
	ID     int64
	Owner  string
	Secret [32]byte // SHA-256 of what the browser's cookie holds
	Agent  string   // what the browser called itself; at most 200 octets are kept
	Remote string   // the address that it signed in from
	Made   time.Time
	Seen   time.Time // when it was last heard of, within some minutes
}

// Check refuses what cannot be kept.
func (s *Session) Check() error {
	err := errors.Join(CheckText("owner", s.Owner), CheckText("agent", s.Agent), CheckText("remote address", s.Remote))
	if s.Owner == "" {
		err = errors.Join(err, errors.New("a session needs an owner"))
	}
	return err
}

// Factor is an owner's second factor.
type Factor struct {
	Secret []byte // shared with the owner's program: RFC 6238, section 3
	Step   int64  // the last step of time whose code was taken
	Made   time.Time
	Codes  int // recovery codes that are left; set on reading
}

// Token is a way in for a program.
type Token struct {
	ID      int64
	Owner   string
	Name    string   // one of a name for each owner
	Secret  [32]byte // SHA-256 of the token
	Scopes  []string // what it may do
	Made    time.Time
	Expires time.Time // zero: never
	Used    time.Time // when it was last heard of, within some minutes; zero: never
}

// Check refuses what cannot be kept.
func (t *Token) Check() error {
	err := errors.Join(CheckText("owner", t.Owner), checkName("token", t.Name))
	if t.Owner == "" {
		err = errors.Join(err, errors.New("a token needs an owner"))
	}
	if len(t.Scopes) == 0 {
		err = errors.Join(err, errors.New("a token needs a scope"))
	}
	for _, s := range t.Scopes {
		err = errors.Join(err, checkName("scope", s))
	}
	return err
}

// Sessions keeps who is signed in. Its writes survive a power cut, but for when a
// session was last seen.
type Sessions interface {
	// AddSession sets the ID. Of the owner's sessions only the newest are kept, most
	// in all.
	AddSession(ctx context.Context, s *Session, most int) error
	// Session gives the one with a secret; ErrNotFound otherwise.
	Session(ctx context.Context, secret [32]byte) (Session, error)
	// SeeSession notes when a session was seen. One that is gone stays gone.
	SeeSession(ctx context.Context, id int64, at time.Time) error
	// Sessions gives an owner's, the newest first.
	Sessions(ctx context.Context, owner string) ([]Session, error)
	// EndSession ends one of the owner's; ErrNotFound where there is none.
	EndSession(ctx context.Context, owner string, id int64) error
	// EndSessions ends all of the owner's but one, 0 being none, and tells how many.
	EndSessions(ctx context.Context, owner string, but int64) (int, error)
}

// Factors keeps second factors. Its writes survive a power cut.
type Factors interface {
	// SetFactor gives an owner a factor in place of any, and the recovery codes
	// that go with it.
	SetFactor(ctx context.Context, owner string, f Factor, codes [][32]byte) error
	// Factor gives an owner's; ErrNotFound where there is none.
	Factor(ctx context.Context, owner string) (Factor, error)
	// SpendStep notes that the code of a step was taken. False: one of this step or
	// a later one was taken before, or there is no factor.
	SpendStep(ctx context.Context, owner string, step int64) (bool, error)
	// SpendCode takes a recovery code out. False: there is none such.
	SpendCode(ctx context.Context, owner string, code [32]byte) (bool, error)
	// DropFactor takes a factor and its codes out; ErrNotFound where there is none.
	DropFactor(ctx context.Context, owner string) error
}

// Tokens keeps ways in for programs. Its writes survive a power cut, but for when
// a token was last used.
type Tokens interface {
	// AddToken sets the ID; ErrExists where the owner has one of that name.
	AddToken(ctx context.Context, t *Token) error
	// Token gives the one with a secret; ErrNotFound otherwise.
	Token(ctx context.Context, secret [32]byte) (Token, error)
	// UseToken notes when a token was used. One that is gone stays gone.
	UseToken(ctx context.Context, id int64, at time.Time) error
	// Tokens gives an owner's by name; everybody's, by owner and name, where owner
	// is empty.
	Tokens(ctx context.Context, owner string) ([]Token, error)
	// RemoveToken takes one out; ErrNotFound where there is none.
	RemoveToken(ctx context.Context, owner, name string) error
}
