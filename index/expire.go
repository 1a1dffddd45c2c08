package index

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"time"
)

// Retaining is what an expiry goes by.
type Retaining struct {
	Rules  Retentions
	Finder Finder                // asked where there are holds with queries; nil: then nothing of their owners goes
	Each   func(Candidate) error // nil, or told of each message that is to go, or that goes
}

// Candidate is a message that is to go.
type Candidate struct {
	Message
	Rule  string    // Retention.String
	Shown time.Time // when it was first shown under that rule; zero: now
}

// Outcome is what an expiry came to.
type Outcome struct {
	Rules  []RuleOutcome // one a rule that does not keep for ever, in their order
	Held   int           // messages due that holds keep
	Doubts []DoubtedHold // owners of whom it is not known what is held: nothing of theirs goes
}

// RuleOutcome is what a rule came to.
type RuleOutcome struct {
	Rule     string
	Messages int   // that are to go, or went
	Octets   int64 // as received
	Oldest   time.Time
	Fresh    int       // of them shown for the first time
	Since    time.Time // when the first of the others was shown
}

// DoubtedHold says whose holds could not be told.
type DoubtedHold struct {
	Owner string
	Why   error
}

// expiryPage is how many messages an expiry looks at at a time, and expiryCommit
// how many it buries in one commit: whoever shelves waits for that.
const (
	expiryPage   = 500
	expiryCommit = 100
)

// ShowExpiring tells what the rules let go, and notes that it was shown, and
// under which rule. What was shown and is not due any more, because its rule
// changed or a hold was placed, counts as not shown. It takes nothing.
func (a *Archive) ShowExpiring(ctx context.Context, r Retaining) (Outcome, error) {
	a.expiry.Lock()
	defer a.expiry.Unlock()
	x := &expiring{a: a, r: r, now: a.now().UTC()}
	x.each = x.show
	return x.run(ctx)
}

// Expire takes out of the archive what the rules let go, what was shown under
// the same rule at a time or before it, and what no hold keeps. Its rows go first,
// and leave a tombstone each. Then, see EraseExpired, its bytes.
func (a *Archive) Expire(ctx context.Context, r Retaining, shownBy time.Time) (Outcome, error) {
	a.expiry.Lock()
	defer a.expiry.Unlock()
	x := &expiring{a: a, r: r, now: a.now().UTC(), shownBy: shownBy, changed: map[int64]bool{}}
	x.each = x.take
	return x.run(ctx)
}

// expiring is one look at all messages.
type expiring struct {
	a       *Archive
	r       Retaining
	now     time.Time
	shownBy time.Time
	each    func(ctx context.Context, due []Candidate, stale []int64) error

	by      map[string]*holds
	changed map[int64]bool // messages that changed since the holds were read
	out     Outcome
}

func (x *expiring) run(ctx context.Context) (Outcome, error) {
	for _, rule := range x.r.Rules {
		x.out.Rules = append(x.out.Rules, RuleOutcome{Rule: rule.String()})
	}
	var err error
	if x.by, err = x.a.holdsBy(ctx); err == nil {
		err = x.pages(ctx)
	}
	for owner, h := range x.by {
		if h.doubt != nil {
			x.out.Doubts = append(x.out.Doubts, DoubtedHold{owner, h.doubt})
		}
	}
	slices.SortFunc(x.out.Doubts, func(a, b DoubtedHold) int { return cmp.Compare(a.Owner, b.Owner) })
	i := 0
	x.out.Rules = slices.DeleteFunc(x.out.Rules, func(RuleOutcome) bool { i++; return x.r.Rules[i-1].Keep <= 0 })
	return x.out, err
}

// pages walks over the messages that are old enough for any rule and over the
// marks, both in the order of the messages.
func (x *expiring) pages(ctx context.Context) error {
	least, any := x.r.Rules.least()
	for after := int64(0); ; {
		var page []Message
		var err error
		if any {
			if page, err = x.a.store.Aged(ctx, x.now.Add(-least), after, expiryPage); err != nil {
				return err
			}
		}
		upTo := int64(math.MaxInt64)
		if len(page) == expiryPage {
			upTo = page[len(page)-1].ID
		}
		marks, err := x.a.store.Marks(ctx, after, upTo)
		if err != nil {
			return err
		}
		due, stale := x.due(ctx, page, marks)
		if err := x.each(ctx, due, stale); err != nil {
			return err
		}
		if len(page) < expiryPage {
			return nil
		}
		after = upTo
	}
}

// due gives what of a page is to go, and which marks are of messages that are
// not.
func (x *expiring) due(ctx context.Context, page []Message, marks []Mark) (due []Candidate, stale []int64) {
	marked := make(map[int64]Mark, len(marks))
	for _, m := range marks {
		marked[m.Message] = m
	}
	owners := map[string][]Candidate{}
	for _, m := range page {
		i, ok := x.r.Rules.rule(&m, x.now)
		if !ok {
			continue
		}
		c := Candidate{Message: m, Rule: x.r.Rules[i].String()}
		if was := marked[m.ID]; was.Rule == c.Rule {
			c.Shown = was.Shown
		}
		owners[m.Owner] = append(owners[m.Owner], c)
	}
	for _, owner := range slices.Sorted(maps.Keys(owners)) {
		h := x.by[owner]
		if h == nil { // whose first mail came just now
			continue
		}
		free, kept, err := h.free(ctx, x.r.Finder, owner, owners[owner])
		if err != nil {
			x.doubt(owner, h, err)
			for _, c := range owners[owner] {
				delete(marked, c.ID) // what was shown, was shown
			}
			continue
		}
		x.out.Held += len(kept)
		due = append(due, free...)
	}
	for _, c := range due {
		delete(marked, c.ID)
	}
	return due, slices.Sorted(maps.Keys(marked))
}

func (x *expiring) doubt(owner string, h *holds, err error) {
	if h.doubt == nil {
		h.doubt = err
		x.a.log.Warn("it is not known what an owner's holds keep; nothing of the owner's expires", "owner", owner, "err", err)
	}
}

// count adds a message to what its rule came to.
func (x *expiring) count(c Candidate) error {
	i := slices.IndexFunc(x.out.Rules, func(r RuleOutcome) bool { return r.Rule == c.Rule })
	r := &x.out.Rules[i]
	r.Messages++
	r.Octets += c.Size
	if r.Oldest.IsZero() || c.Received.Before(r.Oldest) {
		r.Oldest = c.Received
	}
	switch {
	case c.Shown.IsZero():
		r.Fresh++
	case r.Since.IsZero() || c.Shown.Before(r.Since):
		r.Since = c.Shown
	}
	if x.r.Each == nil {
		return nil
	}
	return x.r.Each(c)
}

// show marks what was not marked. Whoever asks is told first: what was marked and
// not told would be shown to nobody.
func (x *expiring) show(ctx context.Context, due []Candidate, stale []int64) error {
	var set []Mark
	for _, c := range due {
		if err := x.count(c); err != nil {
			return err
		}
		if c.Shown.IsZero() {
			set = append(set, Mark{Message: c.ID, Owner: c.Owner, Rule: c.Rule, Shown: x.now})
		}
	}
	return x.a.store.SetMarks(ctx, set, stale)
}

// take buries what was shown long enough ago.
func (x *expiring) take(ctx context.Context, due []Candidate, _ []int64) error {
	owners := map[string][]Candidate{}
	for _, c := range due {
		if !c.Shown.IsZero() && !c.Shown.After(x.shownBy) && !x.changed[c.ID] {
			owners[c.Owner] = append(owners[c.Owner], c)
		}
	}
	for _, owner := range slices.Sorted(maps.Keys(owners)) {
		h := x.by[owner]
		for group := range slices.Chunk(owners[owner], expiryCommit) {
			if len(h.queries) > 0 {
				group = x.readable(ctx, group)
			}
			err := x.bury(ctx, owner, h, group)
			if errors.Is(err, ErrHeld) {
				x.doubt(owner, h, err)
				break
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// readable leaves out messages whose bytes cannot be read: the catalogue knows
// nothing of their text, so that no query could have found it.
func (x *expiring) readable(ctx context.Context, all []Candidate) (out []Candidate) {
	for _, c := range all {
		if _, err := x.a.readThrough(ctx, c.Message); err != nil {
			x.a.log.Warn("a message cannot be read, so that it is not known whether a hold finds it; it stays", "owner", c.Owner, "message", c.ID, "err", err)
			x.out.Held++
			continue
		}
		out = append(out, c)
	}
	return out
}

func (x *expiring) bury(ctx context.Context, owner string, h *holds, group []Candidate) error {
	b := Burial{Owner: owner, Shown: x.shownBy, Head: h.seen, Hold: h.last, At: x.now}
	for _, c := range group {
		if !x.changed[c.ID] {
			b.Messages, b.Rules = append(b.Messages, c.ID), append(b.Rules, c.Rule)
		}
	}
	x.a.commits.Lock()
	out, err := x.a.store.Bury(ctx, b)
	x.a.commits.Unlock()
	if err != nil {
		return err
	}
	h.seen = out.Head
	for _, id := range out.Changed {
		x.changed[id] = true
	}
	if len(out.Gone) > 0 {
		x.a.changed()
	}
	for _, c := range group {
		if _, gone := slices.BinarySearch(out.Gone, c.ID); !gone {
			continue
		}
		x.a.recent.take(owner, c.ID)
		if err := x.count(c); err != nil {
			return err
		}
	}
	return nil
}

// Tombstones gives at most max of what expired, the last first.
func (a *Archive) Tombstones(ctx context.Context, max int) ([]Tombstone, error) {
	return a.store.Tombstones(ctx, max)
}
