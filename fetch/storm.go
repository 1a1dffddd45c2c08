package fetch

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
)

// A storm is a listing in which most of the mail goes by new UIDs, as after a
// server was moved or its index made anew. To take all of it again would cost
// what it cost first; so a sample of it is looked at, and if that is known mail,
// each message is looked at in its turn.
const (
	stormLeast  = 20 // fewer new UIDs are no storm: to retrieve them is as cheap
	stormSample = 8  // headers that are asked for to tell
	stormEnough = 6  // of the sample, how many must be known
)

// lost is a receipt whose UID is listed no more. Its message may be there under
// another one, known by its header; the size is compared apart, since LIST may
// give none.
type lost struct {
	uid  string
	size int64
}

// weather looks for a storm and, in one, gives known mail its new UIDs. What the
// sample proves is that it is worth the while, and nothing of any message: each
// keeps its receipt only if its own header and size are those of a receipt whose
// UID is gone. One whose header is not known is new, and is taken. Those that
// the round has no more probes for wait: they are not taken, not deleted, and
// looked at in the next.
func (s *session) weather(ctx context.Context) error {
	s.waits, s.waiting = nil, 0
	renamer, can := s.o.Ledger.(Renamer)
	if _, able := s.drop.(Prober); !can || !able {
		return nil
	}
	mark, marked := s.book.get(markStorm)
	fresh, missing, raging := s.unsettledUIDs()
	if len(fresh) == 0 || !marked && (len(fresh) < stormLeast || !raging) {
		s.book.drop(markStorm)
		return nil
	}
	st := &storm{session: s, renamer: renamer, missing: missing, names: map[string]string{}}
	likely := slices.DeleteFunc(fresh, func(it Item) bool { return !st.likely(it) })
	rand.Shuffle(len(likely), func(i, j int) { likely[i], likely[j] = likely[j], likely[i] })
	if s.noTop {
		// It broke at a header. After a few rounds of that the mail is taken.
		if marked && mark.Tries < maxTries {
			s.wait(likely)
		}
		return nil
	}
	if !marked {
		if raging, err := st.sample(ctx, &likely); err != nil || !raging {
			return err
		}
	}
	return st.ride(ctx, likely, mark)
}

// unsettledUIDs gives the listed messages whose UIDs are not known, and by their
// headers the receipts of those that should be there and are not. Raging says
// that these are most of what should be there. What is due may be gone.
func (s *session) unsettledUIDs() (fresh []Item, missing map[[8]byte][]lost, raging bool) {
	if len(s.taken) == 0 {
		return nil, nil, false
	}
	for _, it := range s.items {
		if it.UID == "" || s.bad[keyOf(it)] != nil {
			continue
		}
		_, known := s.taken[it.UID]
		n, noted := s.book.get(it.UID)
		if !known && !(noted && (n.Kind == NotePassed || n.Kind == NoteInternal)) {
			fresh = append(fresh, it)
		}
	}
	if len(fresh) == 0 {
		return nil, nil, false
	}
	now := s.o.Now()
	missing = map[[8]byte][]lost{}
	expected, gone := 0, 0
	for uid, t := range s.taken {
		if isOurName(uid) || s.a.Keep.Due(t.At, now) {
			continue
		}
		expected++
		if s.here[uid] > 0 {
			continue
		}
		gone++
		missing[t.Head] = append(missing[t.Head], lost{uid, t.Size})
	}
	return fresh, missing, gone*2 > expected
}

// storm is what is done about one in a session.
type storm struct {
	*session
	renamer Renamer
	missing map[[8]byte][]lost
	sizes   map[int64]bool       // of the missing, once asked for
	names   map[string]string    // what was found: the new UIDs by the old
	shown   [8]byte              // the header of the last one found
	holders map[[8]byte][]string // listed UIDs that are known, by header, once asked for
}

// likely tells whether a message may be a missing one, by its size.
func (st *storm) likely(it Item) bool {
	if st.sizes == nil {
		st.sizes = map[int64]bool{}
		for _, all := range st.missing {
			for _, l := range all {
				st.sizes[l.size] = true
			}
		}
	}
	return len(st.missing) > 0 && (it.Size < 0 || st.sizes[it.Size] || st.sizes[-1])
}

// sample looks at a few messages, and takes those off that it looked at.
func (st *storm) sample(ctx context.Context, likely *[]Item) (raging bool, err error) {
	if len(*likely) < stormSample {
		return false, nil
	}
	hits, hit := 0, Item{}
	st.probes -= stormSample
	err = st.look(ctx, (*likely)[:stormSample], func(it Item, l look) (more bool, err error) {
		if st.found(it, l) {
			hits, hit = hits+1, it
		}
		return true, nil
	})
	if err != nil {
		return false, err
	}
	*likely = (*likely)[stormSample:]
	if hits < stormEnough {
		return false, nil // a few downloads more
	}
	if honest, err := st.honest(ctx, hit); !honest || err != nil {
		return false, err
	}
	st.o.Log.Warn("upstream gave its mail new UIDs; it is known again by its headers", "account", st.a.Name,
		"messages", len(*likely)+stormSample)
	return true, nil
}

// honest takes the last message that was found, to see that TOP showed its header
// and not another message's: else new mail would get an old one's receipt. It is
// not only read, since some upstreams delete what they were asked for.
func (st *storm) honest(ctx context.Context, it Item) (bool, error) {
	if st.dry {
		return true, nil
	}
	st.want(it)
	if err := st.take(ctx, []Item{it}); err != nil {
		return false, err
	}
	if err := st.failed[keyOf(it)].err; err != nil {
		return false, fmt.Errorf("message %d, whose UID is new and whose header is known: %w", it.Num, err)
	}
	t, came := st.taken[it.UID]
	return !came || t.Head == st.shown, nil // what did not come is the server's own data
}

// found tells whether a message's header is that of a missing one. Then the
// receipt is the message's.
func (st *storm) found(it Item, l look) bool {
	if !l.telling {
		return false
	}
	all := st.missing[l.sum]
	i := slices.IndexFunc(all, func(l lost) bool { return !sizesDiffer(l.size, it.Size) })
	if i < 0 {
		st.doubt(l.sum, it.Size)
		return false
	}
	was := all[i]
	st.shown = l.sum
	st.missing[l.sum] = slices.Delete(all, i, i+1)
	st.names[was.uid] = it.UID
	return true
}

// doubt forgets who has a header that one more message has.
func (st *storm) doubt(sum [8]byte, size int64) {
	if st.holders == nil {
		st.holders = map[[8]byte][]string{}
		for uid, t := range st.taken {
			if st.here[uid] > 0 {
				st.holders[t.Head] = append(st.holders[t.Head], uid)
			}
		}
	}
	for _, uid := range st.holders[sum] {
		if !sizesDiffer(st.taken[uid].Size, size) {
			delete(st.taken, uid) // of this round only; the archive knows its digest
		}
	}
	for old := range st.names {
		if t := st.taken[old]; t.Head == sum && !sizesDiffer(t.Size, size) {
			delete(st.names, old)
		}
	}
}

// rename writes what was found. Only then it counts.
func (st *storm) rename(ctx context.Context) error {
	if len(st.names) == 0 {
		return nil
	}
	if !st.dry {
		if err := st.renamer.Rename(ctx, st.a.Owner, st.a.Name, st.names); err != nil {
			return fmt.Errorf("rename receipts: %w", err)
		}
	}
	for old, name := range st.names {
		st.taken[name] = st.taken[old]
		delete(st.taken, old)
		st.sum.Renamed++
		if n, noted := st.book.get(old); noted && n.Kind == NoteKept {
			n.UID = name
			st.book.set(n)
		}
	}
	clear(st.names)
	return nil
}

// ride looks at all that may be known mail. A mark is left while some of it
// waits: by the next round the few that are left may look like no storm.
func (st *storm) ride(ctx context.Context, likely []Item, mark Note) (err error) {
	mark = Note{UID: markStorm, Kind: NoteMark, Tries: mark.Tries, Since: st.o.Now(), Size: -1, Why: "the upstream gave its mail new UIDs"}
	st.book.set(mark)
	if st.a.Recent {
		defer func() {
			st.keepUnknown(st.unknown())
			err = cmp.Or(err, st.saveNotes(ctx))
		}()
	}
	now := likely[:min(len(likely), max(st.probes, 0))]
	st.probes -= len(now)
	err = st.look(ctx, now, func(it Item, l look) (more bool, err error) {
		st.found(it, l)
		return true, nil
	})
	if err != nil {
		mark.Tries++
		st.book.set(mark)
		return cmp.Or(st.rename(context.WithoutCancel(ctx)), err)
	}
	if rest := likely[len(now):]; len(rest) > 0 {
		st.wait(rest)
	} else {
		st.book.drop(markStorm)
	}
	return st.rename(ctx)
}

// wait leaves messages for the next round.
func (s *session) wait(items []Item) {
	s.waits = make(map[key]bool, len(items))
	for _, it := range items {
		s.waits[keyOf(it)] = true
	}
	s.waiting = len(items)
}
