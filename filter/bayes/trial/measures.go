package trial

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
)

// Measures are what a trial found. All percentages are in 0 to 100; one with
// nothing to count from is 0.
type Measures struct {
	Ham  int `json:"ham"` // judged, by their true label
	Spam int `json:"spam"`

	HamAsHam     int `json:"ham_as_ham"`
	HamAsUnsure  int `json:"ham_as_unsure"`
	HamAsSpam    int `json:"ham_as_spam"`
	SpamAsHam    int `json:"spam_as_ham"`
	SpamAsUnsure int `json:"spam_as_unsure"`
	SpamAsSpam   int `json:"spam_as_spam"`

	FP     float64 `json:"fp"`         // % of ham called spam
	FN     float64 `json:"fn"`         // % of spam called ham
	Missed float64 `json:"missed"`     // % of spam not called spam: what the owner still sees
	Unsure float64 `json:"unsure"`     // % of all
	LAM    float64 `json:"lam"`        // % logistic average of FP and Missed, half a message added to each
	AUC1   float64 `json:"1-auc"`      // % of pairs of ham and spam that the score ranks wrongly; ties count half
	FNAtFP float64 `json:"fn@fp<=0.1"` // % of spam missed at the cut-off that lets at most 0.1 % of ham through as spam
}

// Judged is one message of a trial.
type Judged struct {
	Spam  bool // its true label
	Score float64
}

// Measure counts the classes of all judged messages and ranks their scores.
func Measure(all []Judged, hamCutoff, spamCutoff float64) Measures {
	var m Measures
	for _, j := range all {
		m.add(j, hamCutoff, spamCutoff)
	}
	m.FP = percent(m.HamAsSpam, m.Ham)
	m.FN = percent(m.SpamAsHam, m.Spam)
	m.Missed = percent(m.SpamAsHam+m.SpamAsUnsure, m.Spam)
	m.Unsure = percent(m.HamAsUnsure+m.SpamAsUnsure, m.Ham+m.Spam)
	m.LAM = 100 * logistic((halfLogit(m.HamAsSpam, m.Ham)+halfLogit(m.SpamAsHam+m.SpamAsUnsure, m.Spam))/2)
	m.rank(all)
	return m
}

func (m *Measures) add(j Judged, hamCutoff, spamCutoff float64) {
	class := classOf(j.Score, hamCutoff, spamCutoff)
	switch {
	case j.Spam && class == "ham":
		m.SpamAsHam++
	case j.Spam && class == "spam":
		m.SpamAsSpam++
	case j.Spam:
		m.SpamAsUnsure++
	case class == "ham":
		m.HamAsHam++
	case class == "spam":
		m.HamAsSpam++
	default:
		m.HamAsUnsure++
	}
	if j.Spam {
		m.Spam++
	} else {
		m.Ham++
	}
}

// classOf is ham below the one cut-off, spam at or above the other, else unsure.
func classOf(score, hamCutoff, spamCutoff float64) string {
	switch {
	case score >= spamCutoff:
		return "spam"
	case score < hamCutoff:
		return "ham"
	}
	return "unsure"
}

// rank fills in what depends on the order of the scores alone.
func (m *Measures) rank(all []Judged) {
	if m.Ham == 0 || m.Spam == 0 {
		return
	}
	down := slices.Clone(all)
	slices.SortFunc(down, func(a, b Judged) int { return cmp.Compare(b.Score, a.Score) })
	allowed := m.Ham / 1000
	var ham, spam, caught int // met so far, from the highest score down
	var wrong float64
	for i := 0; i < len(down); {
		h, s, j := 0, 0, i
		for ; j < len(down) && down[j].Score == down[i].Score; j++ {
			if down[j].Spam {
				s++
			} else {
				h++
			}
		}
		i = j
		wrong += float64(s) * (float64(ham) + float64(h)/2)
		ham, spam = ham+h, spam+s
		if ham <= allowed {
			caught = spam
		}
	}
	m.AUC1 = 100 * wrong / (float64(m.Ham) * float64(m.Spam))
	m.FNAtFP = percent(m.Spam-caught, m.Spam)
}

func percent(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return 100 * float64(n) / float64(of)
}

// halfLogit is the log-odds of n among of, with half a message added to each
// side so that none at all stays finite.
func halfLogit(n, of int) float64 {
	p := (float64(n) + 0.5) / (float64(of) + 1)
	return math.Log(p / (1 - p))
}

func logistic(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// Print writes the measures as lines of name and figure, tab between.
func (m Measures) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, "judged\t%d ham, %d spam\nfp %%\t%.3f\nfn %%\t%.3f\nmissed %%\t%.3f\nunsure %%\t%.3f\n"+
		"lam %%\t%.3f\n1-auc %%\t%.4f\nfn@fp<=0.1 %%\t%.3f\n",
		m.Ham, m.Spam, m.FP, m.FN, m.Missed, m.Unsure, m.LAM, m.AUC1, m.FNAtFP)
	return err
}
