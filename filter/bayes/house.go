package bayes

// houseMost is how many letters of either class a household's model counts
// for at most, however many it was taught.
const houseMost = 200

// Over lays m over the model of its household: what the household was taught
// speaks too, as houseMost letters a class at most, so that it matters much to
// a model taught little and little to one taught much. The house is only read,
// and may go on learning; it must have no house itself. Nil takes it away.
//
// Lessons, snapshots and Stats are of m alone. The steps of m's weights start
// from what both say together.
func (m *Model) Over(house *Model) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.house = house
}

// sight is what a model knows together with its household, while both are held.
type sight struct {
	own, house *Model  // house may be nil
	part       float64 // of the household's counts that are heard
	ham, spam  float64 // letters
	words      [groups]vocabulary
	young      float64         // 1 while nothing is taught, 0 once much is
	strength   [groups]float64 // Robinson's s
	odds       [groups]float64 // by how much those of a feature are corrected
	indiffer   float64         // features nearer to 1/2 than this do not vote
}

// look holds the household, if there is one, until done is called. The caller
// holds m.
func (m *Model) look() (s sight, done func()) {
	s = sight{own: m, ham: float64(max(m.ham, 0)), spam: float64(max(m.spam, 0))}
	s.words = m.words
	done = func() {}
	if h := m.house; h != nil {
		h.mu.RLock()
		done = h.mu.RUnlock
		s.house = h
		s.part = min(1, houseMost/float64(max(h.ham, h.spam, 1)))
		s.ham += s.part * float64(max(h.ham, 0))
		s.spam += s.part * float64(max(h.spam, 0))
		for g := range h.words {
			s.words[g].join(&h.words[g], s.part)
		}
	}
	s.grow()
	return s, done
}

// feature is what is known of one feature.
type feature struct {
	ham, spam float64 // letters that had it
	weight    int64
}

// find gives what is known of a feature; false where nothing is.
func (s *sight) find(k uint32) (f feature, known bool) {
	if e := s.own.t.find(k); e != nil {
		f, known = feature{float64(max(e.ham, 0)), float64(max(e.spam, 0)), int64(e.weight)}, true
	}
	if s.house == nil {
		return f, known
	}
	if e := s.house.t.find(k); e != nil {
		f.ham += s.part * float64(max(e.ham, 0))
		f.spam += s.part * float64(max(e.spam, 0))
		f.weight += int64(e.weight)
		known = true
	}
	return f, known
}

// houseTrust is as how many letters a household's model is trusted by an owner who
// taught none. It is others' mail: asked about strangers' it ranks well, and with
// full trust called up to one ham of a hundred spam.
const houseTrust = 50

// trusted is by how many letters of the rarer class the verdict may be loud. Each
// of the owner's vouches for two of the household's.
func (s *sight) trusted() float64 {
	return min(s.rarer(), houseTrust+2*float64(max(min(s.own.ham, s.own.spam), 0)))
}
