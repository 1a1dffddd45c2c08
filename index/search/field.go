package search

import (
	"github.com/blevesearch/bleve/v2/index/scorch"

	"restante/index/search/segment"
)

// fields are those of every document.
var fields = segment.NewTable(
	segment.Field{Name: inText, Kind: segment.Places},
	segment.Field{Name: inSubject, Kind: segment.Places},
	segment.Field{Name: inFrom},
	segment.Field{Name: inTo},
	segment.Field{Name: inCc},
	segment.Field{Name: inFilename},
	segment.Field{Name: inAccount},
	segment.Field{Name: inMailbox},
	segment.Field{Name: inLabel},
	segment.Field{Name: inClass},
	segment.Field{Name: inList},
	segment.Field{Name: inID},
	segment.Field{Name: inHas},
	segment.Field{Name: inDay, Kind: segment.Listed},
	segment.Field{Name: inSize},
	segment.Field{Name: inOwner},
	segment.Field{Name: inWhen, Kind: segment.Value},
	segment.Field{Name: inFacets, Kind: segment.Value},
	segment.Field{Name: inThread, Kind: segment.Both},
)

// Bleve wants this before any index is opened.
func init() {
	p := segment.NewPlugin(fields)
	p.Damaged = noteRot
	scorch.RegisterSegmentPlugin(p, true)
}

// terms takes the words of one field of the message under way.
type terms struct{ segment.In }

func (t terms) add(term []byte, pos int, _ shape) { t.Add(term, pos) }

// addMissing adds the words of a second version of the same text: all of them
// when it says mostly other things, else only the words the first one lacks.
func (t terms) addMissing(text string, pos int) int {
	type occurrence struct {
		term segment.Term
		pos  int
	}
	var met []occurrence
	lacking := 0
	next := analyze(text, pos, func(word []byte, pos int, _ shape) {
		o := occurrence{t.Find(word), pos}
		if t.Times(o.term) == 0 {
			lacking++
		}
		met = append(met, o)
	})
	all := 2*lacking > len(met)
	// What the first version holds has a count by now; what it lacks gets one
	// below, so the two are told apart before anything is counted.
	missing := met[:0]
	for _, o := range met {
		if all || t.Times(o.term) == 0 {
			missing = append(missing, o)
		}
	}
	for _, o := range missing {
		t.Count(o.term, o.pos)
	}
	return next
}

// set gives a field whole values; empty ones are left out.
func set(made *segment.Maker, name string, values ...string) {
	in := made.In(name)
	for _, v := range values {
		if v != "" {
			in.Set(v)
		}
	}
}
