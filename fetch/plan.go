package fetch

import (
	"context"
	"time"
)

// Planned is one message in a plan.
type Planned struct {
	Num       int    // in the listing, valid for that session only
	UID       string // empty where the upstream gave no usable one
	Size      int64  // octets as LIST gave them; -1 where unknown
	Why       string
	Message   int64     // the archive's number of it; 0 where it is not there, or the records keep no deletions
	FirstSeen time.Time // the zero time for what is new
}

// Plan is what a round would do, if the upstream does not change before.
type Plan struct {
	Account string
	Listed  int // messages in the maildrop
	Known   int // of these, how many are here
	Left    int // how many would wait for a later round
	Renamed int // how many would be known again under new UIDs
	Fetch   []Planned
	Skip    []Planned // left upstream, and not tried
	Delete  []Planned // of what is here and what would be fetched
}

// planning gathers a plan. Nil gathers nothing.
type planning struct{ Plan }

func (p *planning) skip(it Item, why string) {
	if p != nil {
		p.Skip = append(p.Skip, planned(it, why))
	}
}

func planned(it Item, why string) Planned {
	return Planned{Num: it.Num, UID: it.UID, Size: it.Size, Why: why}
}

// Plan says what a round would fetch, leave and delete, and why that would be
// safe. It asks the upstream for its listing and for headers (TOP n 0), and
// changes nothing, neither there nor here.
func (f *Fetcher) Plan(ctx context.Context, a Account) (Plan, error) {
	bad, ok := f.enter(a.Name)
	if !ok {
		return Plan{Account: a.Name}, ErrRunning
	}
	defer f.leave(a.Name)
	leave, err := f.admit(ctx, a)
	if err != nil {
		return Plan{Account: a.Name}, err
	}
	defer leave()
	r := newRound(f, a, copyBad(bad))
	r.dry, r.plan = true, &planning{Plan{Account: a.Name}}
	s := &session{round: r, number: 1, does: takesAll}
	if err := s.foresee(ctx); err != nil {
		return r.plan.Plan, r.explain(err, nil)
	}
	return r.plan.Plan, nil
}

func copyBad(bad map[key]*stumble) map[key]*stumble {
	out := make(map[key]*stumble, len(bad))
	for k, b := range bad {
		own := *b
		out[k] = &own
	}
	return out
}

// foresee goes the way of run, and takes and deletes nothing.
func (s *session) foresee(ctx context.Context) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	defer s.drop.Close()
	c := s.choose()
	p, now := s.plan, s.o.Now()
	p.Listed, p.Known, p.Left, p.Renamed = len(s.items), len(c.due)+len(c.known), s.sum.Left, s.sum.Renamed
	for _, it := range c.fresh {
		s.toFetch(it, "it is not here")
	}
	for _, it := range c.heads {
		p.Fetch = append(p.Fetch, planned(it, "its header only: it is over the largest size"))
		p.Skip = append(p.Skip, planned(it, "all but its header: it is over the largest size"))
	}
	for _, it := range s.items {
		if b := s.bad[keyOf(it)]; b != nil && !b.rests(now) && !s.skipped[keyOf(it)] {
			s.toFetch(it, "by itself, behind all others: "+b.err.Error())
		}
	}
	if err := s.foreseeDue(ctx, c.due); err != nil {
		return err
	}
	if err := s.drop.Quit(ctx); err != nil {
		s.o.Log.Debug("upstream did not answer QUIT", "account", s.a.Name, "err", err)
	}
	return s.nameKept(ctx)
}

// toFetch plans to retrieve a message, and to delete it then where it is due.
func (s *session) toFetch(it Item, why string) {
	s.plan.Fetch = append(s.plan.Fetch, planned(it, why))
	if s.mayDelete(it) && s.a.Keep.Due(s.o.Now(), s.o.Now()) {
		s.plan.Delete = append(s.plan.Delete, planned(it, "keep 0: once it is retrieved and on stable storage"))
	}
}

// foreseeDue looks at what is due as a round would.
func (s *session) foreseeDue(ctx context.Context, due []Item) error {
	now := due[:min(len(due), s.probes)]
	s.plan.Left += len(due) - len(now)
	return s.look(ctx, now, func(it Item, l look) (more bool, err error) {
		t := s.taken[it.UID]
		switch {
		case !s.same(it, t, true, &l):
			s.plan.Fetch = append(s.plan.Fetch, planned(it, "it is due, and its header is not known to be the one that was taken: retrieved, it is safe to delete"))
		case s.mayDelete(it):
			d := planned(it, s.because(t.At, proofHeader))
			d.FirstSeen = t.At
			s.plan.Delete = append(s.plan.Delete, d)
		}
		return true, nil
	})
}

// nameKept fills in which messages of the archive stay.
func (s *session) nameKept(ctx context.Context) error {
	if s.o.Deletions == nil {
		return nil
	}
	var uids []string
	for _, d := range s.plan.Delete {
		if !d.FirstSeen.IsZero() {
			uids = append(uids, d.UID)
		}
	}
	found, err := s.o.Deletions.Archived(ctx, s.a.Owner, s.a.Name, uids)
	if err != nil {
		return err
	}
	for i := range s.plan.Delete {
		s.plan.Delete[i].Message = found[s.plan.Delete[i].UID]
	}
	return nil
}
