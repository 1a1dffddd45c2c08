package auth_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"restante/serve/auth"
)

var (
	home  = netip.MustParseAddr("192.0.2.7")
	cafe  = netip.MustParseAddr("198.51.100.9")
	ctx   = context.Background()
	start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

// cheap is a PHC string of the least cost.
func cheap(password string) string {
	salt := []byte("saltsalt")
	b64 := base64.RawStdEncoding
	return "$argon2id$v=19$m=8,t=1,p=1$" + b64.EncodeToString(salt) + "$" +
		b64.EncodeToString(argon2.IDKey([]byte(password), salt, 1, 8, 1, 16))
}

// town is a Gate's surroundings: who lives there and what time it is.
type town struct {
	mu    sync.Mutex // guards the fields below
	now   time.Time
	users map[string]string
	err   error

	*auth.Gate
}

func newTown(t testing.TB, o auth.Options) *town {
	t.Helper()
	w := &town{now: start, users: map[string]string{"ada": cheap("engine"), "bob": cheap("builder")}}
	o.Lookup = func(_ context.Context, name string) (string, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.err != nil {
			return "", w.err
		}
		phc, ok := w.users[name]
		if !ok {
			return "", fmt.Errorf("%s: %w", name, auth.ErrUnknown)
		}
		return phc, nil
	}
	o.Now = func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	}
	w.Gate = auth.New(o)
	return w
}

func (w *town) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *town) set(name, phc string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.users[name] = phc
}

// want checks one login's outcome; want is nil or a sentinel.
func (w *town) want(t *testing.T, want error, name, password string, from netip.Addr) {
	t.Helper()
	if err := w.Check(ctx, name, password, from); !errors.Is(err, want) || (err == nil) != (want == nil) {
		t.Errorf("Check(%s, %s, %s) = %v, want %v", name, password, from, err, want)
	}
}

func TestGate_TellsRightFromWrong(t *testing.T) {
	w := newTown(t, auth.Options{})
	w.want(t, nil, "ada", "engine", home)
	w.want(t, nil, "ada", "engine", home) // remembered
	w.want(t, auth.ErrWrong, "ada", "builder", home)
	w.want(t, auth.ErrWrong, "ada", "", home)
	w.want(t, auth.ErrWrong, "Ada", "engine", home)
	w.want(t, auth.ErrWrong, "eve", "engine", home)
	w.want(t, auth.ErrWrong, strings.Repeat("e", 5000), strings.Repeat("x", 5000), cafe)
}

func TestGate_UnknownNameAndWrongPasswordReadTheSame(t *testing.T) {
	w := newTown(t, auth.Options{})
	a := w.Check(ctx, "ada", "guess", home)
	b := w.Check(ctx, "eve", "guess", home)
	if a == nil || b == nil || a.Error() != b.Error() {
		t.Errorf("%v / %v", a, b)
	}
}

func TestGate_NewPasswordCountsAtOnce(t *testing.T) {
	w := newTown(t, auth.Options{})
	w.want(t, nil, "ada", "engine", home)
	w.want(t, auth.ErrWrong, "ada", "changed", home)
	w.set("ada", cheap("changed"))
	w.want(t, auth.ErrWrong, "ada", "engine", home)
	w.want(t, nil, "ada", "changed", home)
}

func TestGate_KnowsAPasswordAsLongAsItIsUsed(t *testing.T) {
	w := newTown(t, auth.Options{Remember: time.Hour})
	const phc = "nothing that a password could be checked against"
	w.set("carl", phc)
	w.Know("carl", phc, "wheel")
	for range 3 {
		w.want(t, nil, "carl", "wheel", home)
		w.pass(50 * time.Minute)
	}
	w.pass(11 * time.Minute)
	if err := w.Check(ctx, "carl", "wheel", home); err == nil || errors.Is(err, auth.ErrWrong) {
		t.Errorf("after an hour without a login: %v, want a fault", err)
	}
	w.Know("carl", phc, "wheel")
	if err := w.Check(ctx, "carl", "cog", home); err == nil {
		t.Error("another password is known too")
	}
	w.set("carl", cheap("cog"))
	w.want(t, auth.ErrWrong, "carl", "wheel", home)
}

func TestGate_OurFaultIsNeitherWrongNorCounted(t *testing.T) {
	w := newTown(t, auth.Options{})
	w.err = errors.New("database is gone")
	for range 100 {
		err := w.Check(ctx, "ada", "engine", home)
		if err == nil || errors.Is(err, auth.ErrWrong) || errors.Is(err, auth.ErrThrottled) {
			t.Fatalf("Check = %v", err)
		}
	}
	w.err = nil
	w.set("carl", "no PHC string")
	for range 100 {
		err := w.Check(ctx, "carl", "x", home)
		if err == nil || errors.Is(err, auth.ErrWrong) || errors.Is(err, auth.ErrThrottled) {
			t.Fatalf("Check with a broken hash = %v", err)
		}
	}
	w.want(t, nil, "ada", "engine", home)
}

func TestGate_EndedContextIsNoVerdict(t *testing.T) {
	w := newTown(t, auth.Options{})
	gone, cancel := context.WithCancel(ctx)
	cancel()
	err := w.Check(gone, "eve", "x", home)
	if !errors.Is(err, context.Canceled) || errors.Is(err, auth.ErrWrong) {
		t.Errorf("Check = %v", err)
	}
}

func TestGate_CrowdWithTheRightPasswordGetsInAtOnce(t *testing.T) {
	w := newTown(t, auth.Options{Hashes: 2})
	var refused atomic.Int64
	var all sync.WaitGroup
	for range 300 {
		all.Go(func() {
			if w.Check(ctx, "ada", "engine", home) != nil {
				refused.Add(1)
			}
		})
	}
	all.Wait()
	if n := refused.Load(); n != 0 {
		t.Errorf("%d of 300 right logins were refused", n)
	}
}

func TestGate_GuessesAtOnceAreNotFree(t *testing.T) {
	w := newTown(t, auth.Options{Hashes: 2})
	var checked atomic.Int64
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			if errors.Is(w.Check(ctx, "ada", fmt.Sprint("guess", i), home), auth.ErrWrong) {
				checked.Add(1)
			}
		})
	}
	all.Wait()
	if n := checked.Load(); n != 5 {
		t.Errorf("%d of 200 guesses at once were checked, want 5", n)
	}
}
