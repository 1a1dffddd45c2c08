package filter

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"

	"restante/fetch"
	"restante/filter/bayes"
	"restante/filter/letter"
	"restante/filter/rule"
	"restante/filter/sender"
)

// A Shelf keeps what was sorted. Shelve returning nil means that the bytes and
// the row are on stable storage. *index.Archive is one.
type Shelf interface {
	Shelve(ctx context.Context, s *Sorted) error
}

// Models gives each owner's model, ready to judge with.
type Models interface {
	Model(ctx context.Context, owner string) (*bayes.Model, error)
}

// Wishes are what owners said of senders and of single messages. *index.Archive has
// them.
type Wishes interface {
	// Senders gives whom an owner allows and blocks. It is not changed.
	Senders(ctx context.Context, owner string) (sender.List, error)
	// Taught gives what an owner said that a message of these bytes is; Unsure where
	// nothing stands.
	Taught(ctx context.Context, owner string, digest [32]byte) (Class, error)
}

// Options say how a Sorter judges.
type Options struct {
	HamCutoff  float64 // below it a message is ham
	SpamCutoff float64 // from it on a message is spam
	// TagSpam delivers spam to the inbox with a tag before its subject;
	// otherwise it waits in the quarantine.
	TagSpam bool
	Rules   *rule.Set
	Models  Models
	Wishes  Wishes // nil: there are none
	Shelf   Shelf
	Log     *slog.Logger // nil: none
}

// Sorter judges parcels. It is safe for concurrent use.
type Sorter struct {
	o     Options
	desks chan struct{} // one a processor: opening a message takes many times its size
}

var _ fetch.Sink = (*Sorter)(nil)

// New makes a Sorter.
func New(o Options) *Sorter {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Sorter{o: o, desks: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// Deliver judges a parcel and hands it to the shelf.
func (s *Sorter) Deliver(ctx context.Context, p *fetch.Parcel) error {
	m, err := s.o.Models.Model(ctx, p.Owner)
	if err != nil {
		return fmt.Errorf("load the filter of %s: %w", p.Owner, err)
	}
	who, taught, err := s.wishes(ctx, p)
	if err != nil {
		return fmt.Errorf("ask for the wishes of %s: %w", p.Owner, err)
	}
	l, v, err := s.open(ctx, p, m, who)
	if err != nil {
		return err
	}
	v = remember(v, taught)
	v.Mailbox = s.mailbox(p, v.Class)
	out := &Sorted{Parcel: p, Letter: l, Verdict: v, Added: header(v, s.o.SpamCutoff, p.Account)}
	if v.Class == Spam && s.o.TagSpam {
		out.Tag = "[SPAM] "
	}
	return s.o.Shelf.Shelve(ctx, out)
}

// open reads and judges. A message that breaks our own code is no reason to
// lose it, or the messages behind it. More open at once than there are
// processors would only take more memory.
func (s *Sorter) open(ctx context.Context, p *fetch.Parcel, m *bayes.Model, who sender.List) (l *letter.Letter, v Verdict, err error) {
	select {
	case s.desks <- struct{}{}:
		defer func() { <-s.desks }()
	case <-ctx.Done():
		return nil, Verdict{}, ctx.Err()
	}
	defer func() {
		if e := recover(); e != nil {
			s.o.Log.Error("message could not be judged; it is kept as unsure", "account", p.Account, "err", e, "stack", string(debug.Stack()))
			if l == nil {
				l = &letter.Letter{Size: p.Size}
			}
			v = Verdict{Class: Unsure, Score: 0.5, Reasons: []Reason{{Name: UnreadableReason, Text: "the message could not be judged"}}}
		}
	}()
	l = letter.Read(p.Open())
	return l, s.Judge(l, m, who), nil
}

func (s *Sorter) mailbox(p *fetch.Parcel, c Class) string {
	switch {
	case p.Mailbox != "":
		return p.Mailbox
	case c == Spam && !s.o.TagSpam:
		return Quarantine
	}
	return Inbox
}

// The weight of a rule point on the logit scale, and the most points that
// count: see the package comment.
const (
	pointWeight = 0.4
	maxPoints   = 6
	saidWords   = 5 // words of the model that a verdict names
)

// inPoints puts log-odds on the scale of the rules' points.
func inPoints(logOdds float64) float64 { return logOdds / pointWeight }

// Judge gives a verdict on an opened message, without a mailbox. Whom the owner
// allows or blocks is asked first, and has the last word.
func (s *Sorter) Judge(l *letter.Letter, m *bayes.Model, who sender.List) Verdict {
	first := wished(who, l)
	bag := bayes.Features(l)
	words := m.Score(bag)
	var points float64
	var reasons []Reason
	for _, h := range s.o.Rules.Judge(l) {
		points += h.Score
		reasons = append(reasons, Reason{Name: h.Name, Weight: h.Score, Text: h.Describe})
	}
	points = max(-maxPoints, min(maxPoints, points))
	score := logistic(logit(words) + pointWeight*points)
	v := Verdict{Score: score, Class: s.class(score)}
	why := Reason{Name: WordsReason, Weight: inPoints(logit(words)), Text: fmt.Sprintf("the words make it spam with probability %.3f", words)}
	if v.Class != Ham {
		why.Text += said(m.Explain(l, bag, saidWords))
	}
	v.Reasons = append(reasons, why)
	sort.SliceStable(v.Reasons, func(i, j int) bool {
		return math.Abs(v.Reasons[i].Weight) > math.Abs(v.Reasons[j].Weight)
	})
	return decide(v, first)
}

// said names the words that spoke loudest.
func said(clues []bayes.Clue) string {
	if len(clues) == 0 {
		return ""
	}
	names := make([]string, len(clues))
	for i, c := range clues {
		names[i] = c.Feature
	}
	return ": " + strings.Join(names, ", ")
}

func (s *Sorter) class(score float64) Class {
	switch {
	case score >= s.o.SpamCutoff:
		return Spam
	case score < s.o.HamCutoff:
		return Ham
	}
	return Unsure
}

// logit is held within ±10, so that a score of 0 or 1 can still be outvoted.
func logit(p float64) float64 {
	const edge = 4.54e-5
	p = max(edge, min(1-edge, p))
	return math.Log(p / (1 - p))
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
