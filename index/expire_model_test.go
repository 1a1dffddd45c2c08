package index_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"restante/filter"
	"restante/index"
	"restante/index/blob"
)

// brokenGrave fails at the nth burial: before the commit, or after it.
type brokenGrave struct {
	index.Store
	failAt, n int
	after     bool
}

func (b *brokenGrave) Bury(ctx context.Context, what index.Burial) (index.Buried, error) {
	b.n++
	if b.n != b.failAt {
		return b.Store.Bury(ctx, what)
	}
	if b.after {
		if _, err := b.Store.Bury(ctx, what); err != nil {
			return index.Buried{}, err
		}
	}
	return index.Buried{}, errBroken
}

// modelMessage is a message as the model has it.
type modelMessage struct {
	index.Message
	text, upstream string
	gone           bool
	rule           string // under which it was shown; empty: it was not
	shown          time.Time
}

// model is retention told in the simplest words: everything is looked at, each
// time, in maps.
type model struct {
	a     *aging
	all   []*modelMessage
	holds map[[2]string]string // queries, by owner and name
	grave *brokenGrave
}

var (
	modelOwners = []string{"ada", "bob"}
	modelBoxes  = []string{filter.Inbox, filter.Quarantine, "kept"}
	modelRules  = []index.Retentions{
		nil,
		{{Class: "spam", Keep: 10 * day}},
		{{Mailbox: "kept"}, {Class: "spam", Keep: 10 * day}, {Owner: "ada", Keep: 20 * day}},
		{{Owner: "bob", Class: "spam"}, {Reason: "LOGIN_CODE", Keep: 5 * day}, {Class: "spam", Keep: 15 * day}},
		{{Keep: 12 * day}},
	}
)

// due gives the rule by which a message is to go; false where it stays.
func (m *model) due(x *modelMessage) (string, bool) {
	for _, r := range m.a.rules {
		code := strings.Contains(x.text, "code")
		if r.Owner != "" && r.Owner != x.Owner || r.Mailbox != "" && r.Mailbox != x.Mailbox ||
			r.Class != "" && r.Class != x.Class.String() || r.Reason != "" && !code {
			continue
		}
		return r.String(), r.Keep > 0 && !m.a.clock.Before(x.Received.Add(r.Keep))
	}
	return "", false
}

// held tells whether a hold keeps a message, and whether that can be told.
func (m *model) held(x *modelMessage) (held, known bool) {
	known = true
	for key, query := range m.holds {
		switch {
		case key[0] != x.Owner:
		case query == "":
			return true, true
		case m.a.finder.fails != nil:
			known = false
		case strings.Contains(x.text, query):
			held = true
		}
	}
	return held, known
}

func (m *model) show() {
	m.a.show()
	for _, x := range m.all {
		if x.gone {
			continue
		}
		rule, due := m.due(x)
		held, known := m.held(x)
		switch {
		case due && !known:
		case !due || held:
			x.rule = ""
		case x.rule != rule:
			x.rule, x.shown = rule, m.a.clock
		}
	}
}

// take expires, and wants exactly those gone that may go; some of them where a
// burial broke.
func (m *model) take(r *rapid.T, shownBy time.Time) {
	may := map[int64]bool{}
	for _, x := range m.all {
		rule, due := m.due(x)
		held, known := m.held(x)
		if !x.gone && due && known && !held && x.rule == rule && !x.shown.After(shownBy) {
			may[x.ID] = true
		}
	}
	_, err := m.a.Expire(context.Background(), m.a.retaining(), shownBy)
	if err != nil && !errors.Is(err, errBroken) {
		r.Fatal(err)
	}
	for _, x := range m.all {
		if x.gone {
			continue
		}
		_, lost := m.a.store.Message(context.Background(), x.Owner, x.ID)
		switch {
		case lost != nil && !may[x.ID]:
			r.Fatalf("message %d of %s (%s, %s, shown under %q at %v) went under %v by %v, now %v, holds %v",
				x.ID, x.Owner, x.Class, x.Mailbox, x.rule, x.shown, m.a.rules, shownBy, m.a.clock, m.holds)
		case lost == nil && may[x.ID] && err == nil:
			r.Fatalf("message %d of %s stayed under %v", x.ID, x.Owner, m.a.rules)
		}
		x.gone = lost != nil
	}
}

func (m *model) put(r *rapid.T) {
	n := len(m.all)
	x := &modelMessage{upstream: fmt.Sprint("u", n)}
	x.text = fmt.Sprintf("Subject: number %d\r\n\r\nword%d %s\r\n", n, n%3, rapid.SampledFrom([]string{"code", "letter"}).Draw(r, "kind"))
	spam := rapid.Bool().Draw(r, "spam")
	x.Message = m.a.put(rapid.SampledFrom(modelOwners).Draw(r, "owner"), x.upstream, x.text, func(s *filter.Sorted) {
		if spam {
			asSpam(s)
		}
		if strings.Contains(x.text, "code") {
			s.Verdict.Reasons = append(s.Verdict.Reasons, filter.Reason{Name: "LOGIN_CODE"})
		}
	})
	m.all = append(m.all, x)
}

func (m *model) move(r *rapid.T) {
	x := rapid.SampledFrom(m.all).Draw(r, "message")
	class := rapid.SampledFrom([]filter.Class{filter.Ham, filter.Spam}).Draw(r, "class")
	box := rapid.SampledFrom(modelBoxes).Draw(r, "box")
	err := m.a.store.Place(context.Background(), x.Owner, class, []index.Move{{Message: x.ID, Mailbox: box}}, 1)
	if x.gone != errors.Is(err, index.ErrNotFound) {
		r.Fatalf("Place = %v, gone %v", err, x.gone)
	}
	x.Class, x.Mailbox = class, box
}

func (m *model) hold(r *rapid.T) {
	key := [2]string{rapid.SampledFrom(modelOwners).Draw(r, "owner"), rapid.SampledFrom([]string{"a", "b"}).Draw(r, "name")}
	if _, there := m.holds[key]; there {
		if err := m.a.RemoveHold(context.Background(), key[0], key[1], "me"); err != nil {
			r.Fatal(err)
		}
		delete(m.holds, key)
		for _, x := range m.all {
			if x.Owner == key[0] {
				x.rule = ""
			}
		}
		return
	}
	h := index.Hold{Owner: key[0], Name: key[1], Query: rapid.SampledFrom([]string{"", "word0", "word1", "nowhere"}).Draw(r, "query")}
	if err := m.a.AddHold(context.Background(), &h); err != nil {
		r.Fatal(err)
	}
	m.holds[key] = h.Query
}

func (m *model) erase(r *rapid.T) {
	m.a.shred.fails = rapid.SampledFrom([]error{nil, errBroken}).Draw(r, "erasing")
	m.a.shred.after = rapid.Bool().Draw(r, "after")
	if _, err := m.a.EraseExpired(context.Background()); err != nil && !errors.Is(err, errBroken) {
		r.Fatal(err)
	}
	m.a.shred.fails = nil
}

// restart opens the house anew, as after a crash; the next burials may break.
func (m *model) restart(r *rapid.T, forget bool) {
	m.grave = &brokenGrave{failAt: rapid.IntRange(0, 3).Draw(r, "broken burial"), after: rapid.Bool().Draw(r, "after")}
	m.a.reopen(func(s index.Store) index.Store {
		if forget {
			s = forgetful{s}
		}
		m.grave.Store = s
		return m.grave
	})
}

// check wants what is there readable, what is gone gone with a tombstone, nothing
// erased that is there, and every receipt.
func (m *model) check(r *rapid.T) {
	ctx := context.Background()
	stones := map[int64]index.Tombstone{}
	for _, s := range m.a.stones() {
		if _, twice := stones[s.Message]; twice {
			r.Fatalf("message %d has two tombstones", s.Message)
		}
		stones[s.Message] = s
	}
	receipts := map[string]int{}
	for _, owner := range modelOwners {
		taken, err := m.a.store.Taken(ctx, owner, "isp")
		if err != nil {
			r.Fatal(err)
		}
		for uid := range maps.Keys(taken) {
			receipts[uid]++
		}
	}
	for _, x := range m.all {
		if receipts[x.upstream] != 1 {
			r.Fatalf("receipt %s is there %d times", x.upstream, receipts[x.upstream])
		}
		s, dead := stones[x.ID]
		if dead != x.gone || dead && (s.UID != x.UID || s.Digest != x.Digest) {
			r.Fatalf("message %d: gone %v, tombstone %+v", x.ID, x.gone, s)
		}
		if dead && !s.Erased.IsZero() && !m.a.shred.erased[x.Ref] {
			r.Fatalf("the tombstone of message %d says erased, and its bytes are there", x.ID)
		}
		rd, err := m.a.Open(ctx, x.Owner, x.ID)
		if dead {
			if !errors.Is(err, index.ErrNotFound) {
				r.Fatalf("Open of message %d, which expired, = %v", x.ID, err)
			}
			continue
		}
		if err != nil {
			r.Fatalf("message %d: %v", x.ID, err)
		}
		b, err := io.ReadAll(rd)
		rd.Close()
		if err != nil || string(b) != x.text {
			r.Fatalf("message %d is %q, %v", x.ID, b, err)
		}
	}
}

// Whatever mail, rules, holds, times and crashes come together: nothing goes that
// is held, was not shown or is not due, all goes that may, no tombstone says
// erased of bytes that are there, and every receipt stays.
func TestExpire_AgreesWithTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "house")
		if err != nil {
			r.Fatal(err)
		}
		a := &aging{house: &house{t: t, dir: dir}, clock: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), shred: &shredder{erased: map[blob.Ref]bool{}}}
		a.finder = &finder{h: a.house, blind: map[int64]bool{}}
		a.with = index.Options{Now: func() time.Time { return a.clock }, Eraser: a.shred}
		m := &model{a: a, holds: map[[2]string]string{}}
		a.open(nil, nil)
		defer func() { a.close(); os.RemoveAll(dir) }()
		m.restart(r, false)
		for range 4 {
			m.put(r)
		}
		steps := []func(){
			func() { m.put(r) },
			func() { m.move(r) },
			func() { m.hold(r) },
			func() { a.rules = slices.Clone(rapid.SampledFrom(modelRules).Draw(r, "rules")) },
			func() { a.finder.fails = rapid.SampledFrom([]error{nil, errBroken}).Draw(r, "catalogue") },
			func() { m.restart(r, rapid.Bool().Draw(r, "rows lag")) },
		}
		a.rules = slices.Clone(rapid.SampledFrom(modelRules[1:]).Draw(r, "first rules"))
		for range rapid.IntRange(2, 7).Draw(r, "rounds") {
			a.clock = a.clock.Add(time.Duration(rapid.IntRange(3, 12).Draw(r, "days")) * day)
			if rapid.IntRange(0, 3).Draw(r, "show") > 0 {
				m.show()
			}
			for range rapid.IntRange(0, 2).Draw(r, "steps") {
				rapid.SampledFrom(steps).Draw(r, "step")()
			}
			if rapid.Bool().Draw(r, "take") {
				m.take(r, a.clock.Add(-time.Duration(rapid.SampledFrom([]int{0, 0, 3, 7}).Draw(r, "notice"))*day))
				m.erase(r)
			}
			m.check(r)
		}
		a.erase()
		m.restart(r, true)
		m.check(r)
		for _, x := range m.all {
			if x.gone && !a.shred.erased[x.Ref] {
				r.Fatalf("message %d expired, and its bytes are there", x.ID)
			}
		}
	})
}
