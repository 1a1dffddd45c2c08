package fetch

import "context"

// passOld notes, at the first listing of an account of recent mail only, what
// was there before. It is on stable storage before anything is taken.
func (s *session) passOld(ctx context.Context) error {
	_, marked := s.book.get(markFirst)
	if !s.a.Recent {
		s.book.drop(markFirst)
		s.book.dropWhere(func(n Note) bool { return n.Kind == NotePassed || n.Kind == NoteKept })
		return nil
	}
	if marked {
		return nil
	}
	now := s.o.Now()
	nameless := 0
	for _, it := range s.items {
		if _, known := s.taken[it.UID]; known {
			continue
		}
		if it.UID == "" {
			nameless++
			continue
		}
		s.book.set(Note{UID: it.UID, Kind: NotePassed, Since: now, Size: it.Size}) // there may be very many: the kind says why
	}
	if nameless > 0 {
		s.o.Log.Warn("upstream gives messages no unique id: old ones cannot be told from new, so they are taken, and not deleted",
			"account", s.a.Name, "messages", nameless)
	}
	s.book.set(Note{UID: markFirst, Kind: NoteMark, Since: now, Size: -1, Why: "first listed"})
	return s.saveNotes(ctx)
}

// passedAnew looks for a storm over the mail that an account of recent mail
// passed over. It was never taken, and so there is no header to know it by: where
// most of it is gone, and so much is new that it may be this, all that is new is
// kept upstream.
func (s *session) passedAnew(ctx context.Context) error {
	if !s.a.Recent {
		return nil
	}
	old, gone := 0, 0
	s.book.each(func(n Note) {
		if n.Kind != NotePassed && n.Kind != NoteKept {
			return
		}
		old++
		if s.here[n.UID] == 0 {
			gone++
		}
	})
	fresh := s.unknown()
	if len(fresh) < stormLeast || gone*2 <= old || gone > 4*len(fresh) {
		return nil
	}
	s.o.Log.Warn("upstream gave the mail that was there before new UIDs; it cannot be told from new mail, so it is taken, and not deleted",
		"account", s.a.Name, "messages", len(fresh))
	s.keepUnknown(fresh)
	return s.saveNotes(ctx)
}

// unknown gives the listed messages of which nothing is known.
func (s *session) unknown() (out []Item) {
	for _, it := range s.items {
		if _, noted := s.book.get(it.UID); it.UID != "" && !noted && !s.knows(it) && !s.waits[keyOf(it)] {
			out = append(out, it)
		}
	}
	return out
}

// keepUnknown notes that what is taken in a storm may be old mail, which the
// account wants left alone.
func (s *session) keepUnknown(items []Item) {
	for _, it := range items {
		s.book.set(Note{UID: it.UID, Kind: NoteKept, Since: s.o.Now(), Size: it.Size,
			Why: "the upstream gave its mail new UIDs, and this may have been there when the account was first listed"})
	}
}
