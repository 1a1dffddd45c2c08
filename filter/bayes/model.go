package bayes

import (
	"math"
	"sync"
)

// The arithmetic's constants, all chosen on the development streams; the
// package comment says what each was chosen for.
const (
	strength  = 0.01 // Robinson's s: how many letters the neutral guess of 1/2 weighs
	indiffer  = 0.2  // features nearer to 1/2 than this do not vote
	effective = 0.3  // share of the votes that counts, as features are not independent
	tame      = 5.0  // where the evidence of the counts starts to grow as a logarithm only
	share     = 0.1  // of the counts' evidence in the score's log-odds

	unit      = 1 << 14 // of weights: fixed point, so that sums are exact
	rate      = 12.0    // of learning
	threshold = 0.1     // a letter within this of its label teaches the weights nothing

	trustWeights = 10  // letters of the rarer class at which the weights have half their say
	trustCounts  = 20  // the same for the counts
	caution      = 0.8 // scales the log-odds so that 0.9 is a safe cut-off
)

// Model is what has been learnt from one owner's letters. It is safe for use
// by several goroutines at once.
type Model struct {
	mu        sync.RWMutex // guards the fields below
	t         table
	ham, spam int32 // letters taught
}

// New gives a model that knows nothing: every score is 0.5.
func New() *Model { return &Model{} }

// Clone gives an independent copy.
func (m *Model) Clone() *Model {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return &Model{t: m.t.clone(), ham: m.ham, spam: m.spam}
}

// Stats is the size of a model.
type Stats struct {
	Ham, Spam int // letters taught
	Features  int
	Octets    int // of memory taken by the table
}

// Stats gives the size of the model.
func (m *Model) Stats() Stats {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return Stats{Ham: int(m.ham), Spam: int(m.spam), Features: m.t.used, Octets: len(m.t.slots) * entryOctets}
}

// Score judges a letter by its features: 0 is surely ham, 1 surely spam. It is
// 0.5 where nothing is known, and stays near it while little is.
func (m *Model) Score(b Bag) float64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	e := m.weigh(b)
	return logistic(e.counts + e.weights)
}

// evidence is what speaks for spam (above 0) or ham, in log-odds of the score.
type evidence struct {
	counts, weights float64
	slope           float64 // log-odds of the score a log-odds of a feature's counts
	lean            float64 // log-odds of the score a weight
}

func (m *Model) weigh(b Bag) evidence {
	var sum int64
	var asHam, asSpam float64 // logs of the products of p and of 1-p
	votes := 0
	for _, k := range b {
		e := m.t.find(k)
		if e == nil {
			continue
		}
		sum += int64(e.weight)
		if p := m.probability(e); math.Abs(p-0.5) >= indiffer {
			asHam += math.Log(p)
			asSpam += math.Log1p(-p)
			votes++
		}
	}
	rare := float64(max(0, min(m.ham, m.spam)))
	var out evidence
	out.lean = caution * rare / (rare + trustWeights) * scale(len(b)) / unit
	out.weights = out.lean * float64(sum)
	if votes == 0 || rare == 0 {
		return out
	}
	// Fisher: how unlikely so small a product is by chance, for each class.
	freedom := 2 * effective * float64(votes)
	f := logTail(-2*effective*asHam, freedom) - logTail(-2*effective*asSpam, freedom)
	out.counts = caution * rare / (rare + trustCounts) * share * tame * math.Asinh(f/tame)
	if f != 0 {
		out.slope = effective * out.counts / f
	}
	return out
}

// probability is Robinson's f(w): the chance that a letter with the feature is
// spam, were ham and spam equally frequent, drawn towards 1/2 while few had it.
func (m *Model) probability(e *entry) float64 {
	ham, spam := float64(max(e.ham, 0)), float64(max(e.spam, 0))
	h, s := ham/float64(max(m.ham, 1)), spam/float64(max(m.spam, 1))
	if h+s == 0 {
		return 0.5
	}
	n := ham + spam
	p := (strength/2 + n*s/(h+s)) / (strength + n)
	return min(max(p, 1e-6), 1-1e-6)
}

// scale is the input of each feature to the regression: the length of every
// letter's vector is 1.
func scale(features int) float64 { return 1 / math.Sqrt(float64(max(features, 1))) }

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

// step is what the regression adds to the weight of every feature of b. Only
// letters judged wrongly or not surely enough teach it.
func (m *Model) step(b Bag, now Label) int32 {
	var sum int64
	for _, k := range b {
		if e := m.t.find(k); e != nil {
			sum += int64(e.weight)
		}
	}
	x := scale(len(b))
	miss := -logistic(float64(sum) / unit * x)
	if now == Spam {
		miss++
	}
	if math.Abs(miss) <= threshold {
		return 0
	}
	return int32(math.Round(rate * miss * x * unit))
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
		e := m.t.make(k)
		e.ham += ham
		e.spam += spam
		e.weight += l.step
	}
	m.shift(l.again.bag, l.again.step)
}

// shift moves the weights of a bag's features.
func (m *Model) shift(b Bag, step int32) {
	for _, k := range b {
		m.t.make(k).weight += step
	}
}

func logistic(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// logTail is the logarithm of the chance that a chi-square of that many degrees
// of freedom exceeds x, by Wilson and Hilferty's cube root (1931). It stays
// finite where the chance itself is 0 in floating point.
func logTail(x, freedom float64) float64 {
	v := 2 / (9 * freedom)
	z := (math.Cbrt(x/freedom) - (1 - v)) / math.Sqrt(v)
	if z < 5 {
		return math.Log(0.5 * math.Erfc(z/math.Sqrt2))
	}
	return -z*z/2 - math.Log(z*math.Sqrt(2*math.Pi)) - 1/(z*z)
}
