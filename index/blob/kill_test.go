package blob

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// sound verifies a log deeply.
func sound(t tester, l *Log, what string) Report {
	t.Helper()
	r, err := l.Verify(ctx, true, nil)
	if err != nil || len(r.Faults) > 0 {
		t.Errorf("%s: Verify: %v, %+v", what, err, r.Faults)
	}
	return r
}

// ended makes a log of two segments that have ended and one that grows.
func ended(t tester, o Options) (*memDisk, *Log, kept) {
	t.Helper()
	d := newMemDisk()
	l := mustOpen(t, d, o)
	k := kept{}
	for i := range 3 {
		longer := noise(20_000 + i)
		if i == 0 {
			longer = large
		}
		if err := k.put(l, fmt.Appendf(nil, "message %d\n", i), longer, []byte("and more")); err != nil {
			t.Fatalf("put: %v", err)
		}
		if i < 2 {
			if err := l.retire(true); err != nil {
				t.Fatalf("retire: %v", err)
			}
		}
	}
	return d, l, k
}

// passed tells which of many places where something can fail short tests leave out.
func passed(n int) bool { return testing.Short() && n%4 != 1 }

var killOps = []string{"write", "sync", "create", "sync folder", "rename", "remove", "truncate", "read", "open"}

// kill lets an operation and all after it fail, as they do when a process is
// killed; what the disk holds then may be as it is, or as a power cut leaves it.
func kill(t *testing.T, o Options, do func(l *Log, k kept) error, check func(what string, l *Log, k kept)) {
	dead := errors.New("killed")
	for _, op := range killOps {
		for n := 1; ; n++ {
			if n > 8 && n%11 != 0 && op == "read" || passed(n) {
				continue // most of many
			}
			d, l, k := ended(t, o)
			gone := false
			first := failNth(op, n, false, dead)
			d.fail = func(got string) error {
				if !gone && first(got) != nil {
					gone = true
				}
				if gone {
					return dead
				}
				return nil
			}
			err := do(l, k)
			if !gone {
				break
			}
			what := fmt.Sprintf("%s %d", op, n)
			if err == nil {
				t.Errorf("%s: no error", what)
			}
			d.fail = nil
			cut := d.crash(rand.New(rand.NewPCG(uint64(n), 7)))
			if _, err := open(d, Options{Key: o.Key}); err != nil {
				t.Fatalf("%s: open: %v", what, err)
			}
			for how, d := range map[string]*memDisk{"killed": d, "power cut": cut} {
				check(what+", "+how, mustOpen(t, d, o), k)
				for name := range d.files {
					if strings.HasSuffix(name, tempSuffix) {
						t.Errorf("%s, %s: %s is left", what, how, name)
					}
				}
			}
		}
	}
}

func TestSeal_KilledAnywhereLosesNothing(t *testing.T) {
	kill(t, Options{}, func(l *Log, _ kept) error { _, err := l.Seal(ctx); return err },
		func(what string, l *Log, k kept) {
			k.check(t, l, false)
			if _, err := l.Seal(ctx); err != nil {
				t.Errorf("%s: Seal: %v", what, err)
			}
			k.check(t, l, false)
			if r := sound(t, l, what); r.Sealed < 2 {
				t.Errorf("%s: %d sealed, want 2 at least", what, r.Sealed)
			}
		})
}

func TestErase_KilledAnywhereLosesNothingElse(t *testing.T) {
	victims := func(k kept) (refs []Ref) {
		for ref := range k {
			if ref.Segment == 1 {
				refs = append(refs, ref)
			}
		}
		slices.SortFunc(refs, func(a, b Ref) int { return int(a.Offset - b.Offset) })
		return refs[1:3]
	}
	kill(t, Options{}, func(l *Log, k kept) error { _, err := l.Erase(ctx, victims(k)); return err },
		func(what string, l *Log, k kept) {
			gone, rest := victims(k), maps.Clone(k)
			maps.DeleteFunc(rest, func(r Ref, _ Digest) bool { return slices.Contains(gone, r) })
			_, err := l.Open(ctx, gone[0], k[gone[0]])
			if erased := errors.Is(err, ErrErased); erased {
				rest.check(t, l, false)
			} else {
				k.check(t, l, false)
			}
			if _, err := l.Erase(ctx, gone); err != nil {
				t.Errorf("%s: Erase: %v", what, err)
			}
			rest.check(t, l, false)
			sound(t, l, what)
		})
}

// A failure that the process survives costs nothing either, and the next try
// succeeds without a restart.
func TestSeal_SucceedsAfterAFailure(t *testing.T) {
	for _, op := range killOps {
		for n := 1; n < 9; n += 2 {
			d, l, k := ended(t, Options{})
			d.fail = failNth(op, n, false, errNoSpace)
			_, err := l.Seal(ctx)
			d.fail = nil
			k.check(t, l, false)
			if _, again := l.Seal(ctx); again != nil {
				t.Errorf("%s %d: %v, then %v", op, n, err, again)
			}
			k.check(t, l, false)
			sound(t, l, fmt.Sprint(op, n))
			if err := l.Close(); err != nil || d.opened != 0 {
				t.Errorf("%s %d: Close: %v, %d handles left open", op, n, err, d.opened)
			}
			for name := range d.files {
				if strings.HasSuffix(name, tempSuffix) || name == one {
					t.Errorf("%s %d: %s is left", op, n, name)
				}
			}
		}
	}
}

func TestErase_LeavesNoByteInTheFolder(t *testing.T) {
	for form, o := range forms {
		d := newMemDisk()
		l := mustOpen(t, d, o)
		k := kept{}
		secret := noise(3000) // does not pack: its bytes would be seen
		if err := k.put(l, []byte("a"), secret, large, []byte("b")); err != nil {
			t.Fatal(err)
		}
		refs, err := scanned(l)
		if err != nil {
			t.Fatal(err)
		}
		for i, gone := range []Ref{refs[1], refs[2], refs[0]} { // the growing form, then generation 1, then 2
			want := k[gone]
			delete(k, gone)
			freed, err := l.Erase(ctx, []Ref{gone, gone})
			if err != nil || i < 2 && freed <= 0 {
				t.Fatalf("%s: Erase %d = %d, %v", form, i, freed, err)
			}
			for _, l := range []*Log{l, mustOpen(t, d, o)} {
				k.check(t, l, false)
				if _, err := l.Open(ctx, gone, want); !errors.Is(err, ErrErased) {
					t.Errorf("%s: Open = %v, want ErrErased", form, err)
				}
				if r := sound(t, l, form); r.Erased != int64(i+1) || r.Messages != int64(len(k)) {
					t.Errorf("%s: Verify = %+v", form, r)
				}
			}
			if freed, err := l.Erase(ctx, []Ref{gone}); err != nil || freed != 0 {
				t.Errorf("%s: Erase again = %d, %v", form, freed, err)
			}
		}
		for name, f := range d.files {
			if bytes.Contains(f.now, secret[:100]) || bytes.Contains(f.now, large[:100]) {
				t.Errorf("%s: %s holds what was erased", form, name)
			}
		}
		if err := k.put(l, []byte("the log goes on")); err != nil {
			t.Fatal(err)
		}
		k.check(t, l, false)
	}
}

func TestErase_RefusesWhatIsNotThere(t *testing.T) {
	d, l, k := ended(t, Options{})
	if _, err := l.Seal(ctx); err != nil {
		t.Fatal(err)
	}
	before := maps.Clone(d.files)
	for _, ref := range []Ref{{1, 5000, 100}, {9, 0, 10}, {2, 1 << 40, 1}} {
		if _, err := l.Erase(ctx, []Ref{ref}); err == nil {
			t.Errorf("Erase(%v) gave no error", ref)
		}
	}
	k.check(t, l, false)
	if !maps.Equal(d.files, before) {
		t.Error("Erase changed files")
	}
}
