package fetch

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// guessedSize stands for the size of a message that LIST gives none of, where
// the octets of a round are bounded.
const guessedSize = 64 << 10

// largest is the size of the largest message that is taken whole.
func (r *round) largest() int64 {
	if r.a.MaxSize > 0 {
		return min(r.a.MaxSize, r.o.MaxSize)
	}
	return r.o.MaxSize
}

// within leaves out what is beyond the bounds of a round. The last message may
// go over the octets: one that is larger alone would else never come. Mail
// without UIDs is outside of the bounds: it has to be retrieved in each round to
// be known, and would bar the way for ever.
func (s *session) within(fresh []Item) []Item {
	count, octets := s.counted, s.countedOctets
	s.sum.Left = s.waiting
	in := fresh[:0:0]
	if s.a.MostMessages <= 0 && s.a.MostBytes <= 0 {
		return fresh
	}
	for _, it := range fresh {
		if it.UID == "" {
			in = append(in, it)
			continue
		}
		full := s.a.MostMessages > 0 && count >= s.a.MostMessages || s.a.MostBytes > 0 && octets >= s.a.MostBytes
		if full {
			s.sum.Left++
			continue
		}
		size := it.Size
		if size < 0 {
			size = guessedSize
		}
		count, octets = count+1, octets+size
		in = append(in, it)
	}
	return in
}

// mayDelete tells whether the policy lets a message be deleted at all, whatever
// is known of it. Where only recent mail is wanted, old mail stays; what cannot
// be told from old mail stays too.
func (r *round) mayDelete(it Item) bool {
	if r.a.Recent && it.UID == "" {
		return false
	}
	n, noted := r.book.get(it.UID)
	return !noted || n.Kind != NotePassed && n.Kind != NoteKept && n.Kind != NoteInternal
}

// skip leaves a message upstream for a reason that is no failure of the round.
func (r *round) skip(it Item, kind NoteKind, why string) {
	k := keyOf(it)
	if b := r.bad[k]; b != nil && !b.rests(r.o.Now()) {
		delete(r.bad, k) // it is not going to be tried
	}
	r.mu.Lock()
	if !r.skipped[k] {
		r.skipped[k] = true
		r.sum.Skipped++
		r.plan.skip(it, cmp.Or(why, kind.String()))
		if r.wanted[k] { // it turned out to be nothing to take
			delete(r.wanted, k)
			r.sum.New--
		}
	}
	r.mu.Unlock()
	n, _ := r.book.get(it.UID)
	if n.Kind != kind || n.Why != why || n.Size != it.Size {
		r.book.set(Note{UID: it.UID, Kind: kind, Tries: n.Tries, Next: n.Next, Since: r.o.Now(), Size: it.Size, Why: why})
	}
}

// passedOver skips a message whose note says that it is not to be asked for,
// and drops notes that are true no more.
func (s *session) passedOver(it Item) bool {
	if s.waits[keyOf(it)] {
		return true
	}
	n, noted := s.book.get(it.UID)
	if !noted {
		return false
	}
	switch n.Kind {
	case NotePassed:
		if sizesDiffer(n.Size, it.Size) { // other mail may have its UID now
			s.book.set(Note{UID: it.UID, Kind: NoteKept, Since: s.o.Now(), Size: it.Size,
				Why: "it has another size than what was there under its UID when the account was first listed"})
			return false
		}
		s.skip(it, n.Kind, n.Why)
		return true
	case NoteInternal:
		if !sizesDiffer(n.Size, it.Size) {
			s.skip(it, n.Kind, n.Why)
			return true
		}
		s.book.drop(it.UID)
	case NoteRefused, NoteBroke:
		if sizesDiffer(n.Size, it.Size) {
			s.book.drop(it.UID)
			delete(s.bad, keyOf(it))
		} else if n.Kind == NoteRefused && n.Tries >= maxTries && n.Next.After(s.o.Now()) {
			s.skip(it, n.Kind, n.Why)
			return true
		}
	}
	return false
}

// headerUID names the receipt of a header that was taken without its message,
// so that it never stands for the message: that one is fetched whole once it
// may be that large, and is not deleted before.
func headerUID(uid string) string { return " header of " + uid }

// tooLarge tells whether the header of a message that is too large is to be
// taken.
func (s *session) tooLarge(it Item) bool {
	why := fmt.Sprintf("it has %d octets, and %d are allowed", it.Size, s.largest())
	s.unseen = s.unseen || it.UID == ""
	if s.a.Import { // it has one round only, and nobody reads notes of it
		s.want(it)
		s.fail(it, fmt.Errorf("%w: %s", errTooLong, why))
		return false
	}
	if !s.a.HeadersOnly {
		s.skip(it, NoteLarge, why)
		return false
	}
	if t, have := s.taken[headerUID(it.UID)]; have && it.UID != "" && t.Size == it.Size {
		s.skip(it, NoteHeader, why+"; its header is here")
		return false
	}
	if _, have := s.got[keyOf(it)]; have {
		return false
	}
	if _, can := s.drop.(Prober); !can || s.noTop {
		s.skip(it, NoteLarge, why+"; the upstream does not show its header")
		return false
	}
	return true
}

// takeHeads takes the headers of messages that are too large, each as a message
// of its own with a line more at its head that says so. It is nothing that the
// upstream has, and so nothing is deleted for it.
func (s *session) takeHeads(ctx context.Context, items []Item) error {
	now := items[:min(len(items), s.probes)]
	s.probes -= len(now)
	s.sum.Left += len(items) - len(now)
	t := &taking{session: s}
	for _, it := range now {
		if err := t.struckOut(); err != nil {
			return err
		}
		why := fmt.Sprintf("it has %d octets, and %d are allowed", it.Size, s.largest())
		var header []byte
		err := s.drop.(Prober).Heads(ctx, []Item{it}, func(_ Item, h []byte) { header = bytes.Clone(h) })
		if err != nil {
			s.noTop = true
			return s.unless(ctx, fmt.Errorf("header of message %d: %w", it.Num, err))
		}
		if header == nil {
			s.skip(it, NoteLarge, why+"; the upstream does not show its header")
			continue
		}
		if err := t.head(ctx, it, header); err != nil {
			t.struck(it, err)
			continue
		}
		t.strikes = 0
		s.sum.Headers++
		s.skip(it, NoteHeader, why+"; its header is here")
	}
	return nil
}

// head hands a header over.
func (t *taking) head(ctx context.Context, it Item, header []byte) error {
	said := fmt.Sprintf("X-Restante-Headers-Only: the rest of %d octets is upstream\r\n", it.Size)
	p, err := Pack(t.o.Spool, io.MultiReader(strings.NewReader(said),
		bytes.NewReader(bytes.TrimRight(header, "\r\n")), strings.NewReader("\r\n\r\n")))
	if err != nil {
		return err
	}
	t.label(p, it)
	if it.UID != "" {
		p.UID = headerUID(it.UID)
	}
	err = t.handOver(ctx, p)
	if cerr := p.Close(); cerr != nil {
		t.o.Log.Warn("spool file stays behind", "account", t.a.Name, "err", cerr)
	}
	if err != nil {
		return err
	}
	t.taken[p.UID] = Taken{At: p.Received, Size: it.Size, Head: p.Head}
	t.got[keyOf(it)] = time.Time{}
	return nil
}

// ours marks an error as one of our house, not of the upstream.
type ours struct{ error }

func (o ours) Unwrap() error { return o.error }

// unless gives an error at which a next session may go on, unless the round was
// called off.
func (s *session) unless(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return &broken{err}
}
