package mbox

import "restante/fetch"

// Place tells where a message of the last List lies: the file, relative to the
// path that was opened ("." where that is the file itself), and its number in
// it, from 1; 0 where the file holds no other message.
func (s *Source) Place(it fetch.Item) (rel string, number int) {
	i := it.Num - 1
	if i < 0 || i >= len(s.entries) {
		return "", 0
	}
	of := s.entries[i].file
	rel = of.rel
	if of.path == s.path {
		rel = "."
		if of.member > 0 {
			rel = of.inner
		}
	}
	// The entries of one file stand together.
	if s.placed != of {
		s.placed, s.first = of, i
		for s.first > 0 && s.entries[s.first-1].file == of {
			s.first--
		}
	}
	only := s.first == i && (i+1 == len(s.entries) || s.entries[i+1].file != of)
	if only {
		return rel, 0
	}
	return rel, i - s.first + 1
}
