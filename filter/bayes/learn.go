package bayes

import "math"

// Learn moves a letter from one label to another, None being a letter that
// was not taught, and gives the change it made, for Apply to repeat or take
// back. From a label to itself is no change: a lesson repeated counts once.
// It keeps b in the lesson, so b must not change afterwards.
func (m *Model) Learn(b Bag, was, now Label) Lesson { return m.learn(b, was, now, nil, None) }

// learn is Learn with a letter taught before, and its label, that the weights
// look at again.
func (m *Model) learn(b Bag, was, now Label, again Bag, label Label) Lesson {
	l := Lesson{Was: was, Now: now, Bag: b}
	m.mu.Lock()
	defer m.mu.Unlock()
	if was == now || !was.valid() || !now.valid() {
		l.Now = was
		return l
	}
	if now != None {
		l.step = m.step(b, now)
	}
	m.apply(l)
	if again != nil {
		if step := m.step(again, label); step != 0 {
			l.again = rehearsal{again, step}
			m.shift(again, step)
		}
	}
	return l
}

// step is by how much the regression missed the label of b, in units of
// 1/unit. Only letters judged wrongly or not surely enough teach it.
func (m *Model) step(b Bag, now Label) int32 {
	s, done := m.look()
	defer done()
	var sum [groups]int64
	for _, k := range b {
		f, _ := s.find(k)
		sum[groupOf(k)] += f.weight
	}
	x := inputs(b)
	var z float64
	for g := range groups {
		z += float64(sum[g]) / unit * x[g]
	}
	miss := -logistic(z)
	if now == Spam {
		miss++
	}
	if math.Abs(miss) <= threshold {
		return 0
	}
	return int32(math.Round(miss * unit))
}

// Apply makes the change of a lesson.
func (m *Model) Apply(l Lesson) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.apply(l)
}

func (m *Model) apply(l Lesson) {
	if l.Empty() {
		return
	}
	var ham, spam int32
	count := func(label Label, n int32) {
		switch label {
		case Ham:
			ham += n
		case Spam:
			spam += n
		}
	}
	count(l.Was, -1)
	count(l.Now, 1)
	m.ham += ham
	m.spam += spam
	for _, k := range l.Bag {
		e, o := m.t.make(k), &m.words[groupOf(k)]
		o.add(e, -1)
		e.ham += ham
		e.spam += spam
		o.add(e, 1)
	}
	m.shift(l.Bag, l.step)
	m.shift(l.again.bag, l.again.step)
}

// shift moves the weights of a bag's features by a step that missed so much.
func (m *Model) shift(b Bag, step int32) {
	if step == 0 {
		return
	}
	var by [groups]int32
	for g, x := range inputs(b) {
		by[g] = int32(math.Round(rate * float64(step) * x))
	}
	for _, k := range b {
		m.t.make(k).weight += by[groupOf(k)]
	}
}
