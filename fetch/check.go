package fetch

import (
	"bytes"
	"context"
	"slices"
	"strings"
)

// check makes sure that messages with known UIDs are the ones that were taken.
// Those that are may be deleted if they are due; the others are retrieved. What
// cannot be told apart by a header is retrieved where it is due, or where all
// UIDs are numbers.
func (s *session) check(ctx context.Context, items []Item) error {
	items = items[:min(len(items), s.probes)]
	s.probes -= len(items)
	now := s.o.Now()
	var changed []Item
	items = slices.DeleteFunc(slices.Clone(items), s.passedOver)
	err := s.look(ctx, items, func(it Item, l look) (more bool, err error) {
		t := s.taken[it.UID]
		due := s.mayDelete(it) && s.a.Keep.Due(t.At, now)
		same := s.same(it, t, due, &l)
		switch {
		case same && due && s.mayDelete(it): // it may have turned out to be no mail
			s.safe[it.Num] = reason{it.UID, s.because(t.At, proofHeader)}
			s.byHeader = append(s.byHeader, it)
		case same || !l.shown && !due && !s.numbered:
		case it.Size > s.largest():
			s.tooLarge(it)
		case l.shown && !s.proven:
			doubted, err := s.prove(ctx, it, t, l.sum)
			if err != nil {
				return false, err
			}
			changed = append(changed, doubted...)
		default:
			s.want(it)
			changed = append(changed, it)
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	return s.take(ctx, changed)
}

// same tells whether a listed message is the one that was taken, by its header,
// which has to be one of its own if the message is to be deleted for it. A header
// that does not tell is none.
func (s *session) same(it Item, t Taken, toDelete bool, l *look) bool {
	switch {
	case !l.shown:
		return false
	case l.internal:
		s.skip(it, NoteInternal, whyInternal) // taken by an earlier version
		return true
	case l.sum != t.Head:
		s.reused = true
		return false
	case toDelete && !l.telling:
		*l = look{}
		return false
	}
	return true
}

// prove retrieves the first message of a round that shows another header than
// the one that was taken. Where it comes with yet another one, the upstream's
// headers prove nothing: some servers make the MIME form of a message anew each
// time, and to retrieve all that looks other would double the whole maildrop.
// What was safe by its header in this session is doubted then.
func (s *session) prove(ctx context.Context, it Item, was Taken, shown [8]byte) (doubted []Item, err error) {
	s.want(it)
	if err := s.take(ctx, []Item{it}); err != nil {
		return nil, err
	}
	is := s.taken[it.UID].Head
	if is == shown {
		s.proven = true
		return nil, nil
	}
	s.noTop = true
	s.numbered = s.numbered && is == was.Head
	doubted, s.byHeader = s.byHeader, nil
	for _, it := range doubted {
		delete(s.safe, it.Num)
		s.want(it)
	}
	return doubted, nil
}

// isTelling tells whether a header is likely to be of one message only: it has
// been on its way, or has an identity of its own.
func isTelling(header []byte) bool {
	for line := range bytes.Lines(header) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch strings.ToLower(string(name[:min(len(name), 20)])) {
		case "message-id", "received":
			if len(bytes.TrimSpace(value)) > 0 {
				return true
			}
		}
	}
	return false
}
