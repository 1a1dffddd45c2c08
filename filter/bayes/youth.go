package bayes

import "math"

// vocabulary is what the classes of one group's features amount to. It is
// derived from the table, in integers, so that it cancels as lessons do.
type vocabulary struct {
	ham, spam, both int32 // features that the class had, and that both had
	hamMet, spamMet int64 // letters of the class, summed over its features
}

// add counts an entry, or with -1 counts it no more.
func (v *vocabulary) add(e *entry, n int32) {
	ham, spam := max(e.ham, 0), max(e.spam, 0)
	if ham > 0 {
		v.ham += n
	}
	if spam > 0 {
		v.spam += n
	}
	if ham > 0 && spam > 0 {
		v.both += n
	}
	v.hamMet += int64(n) * int64(ham)
	v.spamMet += int64(n) * int64(spam)
}

// join adds a household's, of whose letters only a part counts.
func (v *vocabulary) join(h *vocabulary, part float64) {
	v.ham += h.ham
	v.spam += h.spam
	v.both += h.both
	v.hamMet += int64(part * float64(h.hamMet))
	v.spamMet += int64(part * float64(h.spamMet))
}

// caution is Robinson's s in a young model. A single letter teaches dozens of
// features of its route, people and programs at once, which a stranger of the
// other class shares all together: a mailing list, or a relay. Words come from
// many letters.
var caution = [groups]float64{inText: 0.05, inPairs: 0.05, inLinks: 0.2, inSubject: 0.2, inPeople: 0.2, inRoute: 0.2, inFormat: 0.2, inOthers: 0.2}

func (s *sight) rarer() float64 { return min(s.ham, s.spam) }

// grow works out what depends on how much was taught.
func (s *sight) grow() {
	s.young = 1 / (1 + math.Pow(s.rarer()/youth, 3))
	s.indiffer = indiffer * (1 - s.young/2)
	for g := range s.words {
		s.strength[g] = strength * math.Pow(caution[g]/strength, s.young)
		// A stranger's letter meets more words that only the class with the longer
		// letters had, which says nothing about the letter. While few are taught,
		// so it is with the words that both had.
		v := &s.words[g]
		long := float64(v.hamMet+vocabs) * max(s.spam, 1) / (float64(v.spamMet+vocabs) * max(s.ham, 1))
		s.odds[g] = max(s.ham, 1) / max(s.spam, 1) * math.Pow(long, s.young) *
			float64(v.ham-v.both+vocabs) / float64(v.spam-v.both+vocabs)
	}
}

// bold is by how much a young model's log-odds of a letter grow: with the share
// of the letter that it knows, features met often being known better (met is
// their sum by group, x the regression's inputs), and with the words that the
// letters of both classes taught. It is 1 for a model grown up.
func (s *sight) bold(x, met [groups]float64) float64 {
	var share, whole, ham, spam float64
	for g := range x {
		if x[g] > 0 {
			share += x[g] * x[g] * met[g]
			whole += reach[g] * reach[g]
		}
		ham += float64(s.words[g].ham)
		spam += float64(s.words[g].spam)
	}
	if share == 0 {
		return 1 // nothing is known, so nothing is said
	}
	known := min(max(math.Pow(share/whole/usual, familiar), 1), boldest)
	words := max(math.Sqrt(ham*spam)/(perWord*s.rarer()), 1)
	return math.Pow(known*math.Pow(words, wordy), s.young)
}
