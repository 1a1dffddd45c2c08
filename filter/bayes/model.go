package bayes

import (
	"math"
	"sync"
)

// The arithmetic's constants, all chosen on the development streams; the
// package comment says what each was chosen for.
const (
	strength  = 0.01 // Robinson's s: how many letters the neutral guess of 1/2 weighs
	indiffer  = 0.2  // features nearer to 1/2 than this do not vote, half of it in a young model
	effective = 0.3  // share of the votes that counts, as features are not independent
	vocabs    = 10   // added to both sides before the classes' vocabularies are compared

	unit      = 1 << 14 // of weights: fixed point, so that sums are exact
	rate      = 12.0    // of learning
	threshold = 0.1     // a letter within this of its label teaches the weights nothing

	trustWeights = 100   // letters of the rarer class at which the weights have half their say
	trustCounts  = 22    // the same for the counts
	sayWeights   = 0.68  // of the weights in the log-odds of the score, once trusted
	sayCounts    = 0.078 // of the counts beside trusted weights
	sayAlone     = 0.174 // of the counts while there are no weights to trust

	youth    = 90.0 // letters of the rarer class at which a model is half grown up
	usual    = 0.35 // share of a letter that a young model must know to grow bolder
	familiar = 1.5  // power of the share known beyond that with which its log-odds grow
	boldest  = 1.6  // most by which they grow so
	wordy    = 0.45 // power of the words a letter taught with which they grow
	perWord  = 300  // features new to the model that a letter teaches as a rule
)

// Model is what has been learnt from one owner's letters. It is safe for use
// by several goroutines at once.
type Model struct {
	mu        sync.RWMutex // guards the fields below
	t         table
	ham, spam int32              // letters taught
	words     [groups]vocabulary // derived from the table
	house     *Model             // what the household was taught; may be nil
}

// New gives a model that knows nothing: every score is 0.5.
func New() *Model { return &Model{} }

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
	s, done := m.look()
	defer done()
	e := s.weigh(b)
	return logistic(e.counts + e.weights)
}

// evidence is what speaks for spam (above 0) or ham, in log-odds of the score.
type evidence struct {
	counts, weights float64
	slope           [groups]float64 // log-odds of the score a log-odds of a feature's counts
	lean            [groups]float64 // log-odds of the score a weight
}

func (s *sight) weigh(b Bag) evidence {
	var out evidence
	rare := s.rarer()
	if rare == 0 {
		return out
	}
	var sum [groups]int64
	var fish [groups]fisher
	var met [groups]float64
	for _, k := range b {
		f, known := s.find(k)
		if !known {
			continue
		}
		g := groupOf(k)
		sum[g] += f.weight
		n := f.ham + f.spam
		met[g] += n / (1 + n)
		if p := s.probability(f, g); math.Abs(p-0.5) >= s.indiffer {
			fish[g].add(p)
		}
	}
	x := inputs(b)
	bold := s.bold(x, met)
	trusted := s.trusted()
	trust := trusted / (trusted + trustWeights)
	say := bold * trusted / (trusted + trustCounts) * (sayAlone + (sayCounts-sayAlone)*trust)
	for g := range groups {
		out.lean[g] = sayWeights * trust * bold * x[g] / unit
		out.weights += out.lean[g] * float64(sum[g])
		if f := fish[g].logOdds(); f != 0 {
			heard := say * voice[g] * math.Asinh(f)
			out.counts += heard
			out.slope[g] = effective * heard / f
		}
	}
	return out
}

// fisher joins the probabilities of features by Fisher's method.
type fisher struct {
	asHam, asSpam float64 // logs of the products of p and of 1-p
	votes         int
}

func (f *fisher) add(p float64) {
	f.asHam += math.Log(p)
	f.asSpam += math.Log1p(-p)
	f.votes++
}

// logOdds says how much less likely so small a product is by chance for ham
// than for spam.
func (f *fisher) logOdds() float64 {
	if f.votes == 0 {
		return 0
	}
	freedom := 2 * effective * float64(f.votes)
	return logTail(-2*effective*f.asHam, freedom) - logTail(-2*effective*f.asSpam, freedom)
}

// probability is Robinson's f(w): the chance that a letter with the feature is
// spam, were ham and spam equally frequent, drawn towards 1/2 while few had it, its
// odds then corrected for its group.
func (s *sight) probability(f feature, g group) float64 {
	if f.ham+f.spam == 0 {
		return 0.5
	}
	odds := (f.spam + s.strength[g]/2) / (f.ham + s.strength[g]/2) * s.odds[g]
	return min(max(odds/(1+odds), 1e-6), 1-1e-6)
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
