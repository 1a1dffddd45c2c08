package segment_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"
	api "github.com/blevesearch/scorch_segment_api/v2"
	zap "github.com/blevesearch/zapx/v17"
	"pgregory.net/rapid"

	"restante/index/search/segment"
)

var kinds = map[string]segment.Kind{"body": segment.Places, "head": segment.Places, "tag": segment.Words, "day": segment.Listed, "link": segment.Both, "date": segment.Value}

var table = segment.NewTable(
	segment.Field{Name: "head", Kind: segment.Places},
	segment.Field{Name: "body", Kind: segment.Places},
	segment.Field{Name: "tag"},
	segment.Field{Name: "day", Kind: segment.Listed},
	segment.Field{Name: "date", Kind: segment.Value},
	segment.Field{Name: "link", Kind: segment.Both},
)

// written is what a test document has.
type written struct {
	name   string
	words  map[string][]string // of the fields of places, one behind the other
	values map[string][]string // of all others
}

// ours makes a document with a Maker.
func (w written) ours(m *segment.Maker) *document.Document {
	for field, words := range w.words {
		in := m.In(field)
		for i, word := range words {
			in.Add([]byte(word), 3*i+1)
		}
	}
	for field, values := range w.values {
		in := m.In(field)
		for _, v := range values {
			in.Set(v)
		}
	}
	return m.Finish(w.name)
}

// theirs makes one for Bleve's own maker, with the places where ours has them.
func (w written) theirs() *document.Document {
	d := document.NewDocument(w.name)
	for name, kind := range kinds {
		f := &field{name: name, freqs: index.TokenFrequencies{}, options: index.IndexField | index.SkipFreqNorm}
		if kind == segment.Places {
			f.options = index.IndexField | index.IncludeTermVectors
		} else if kind == segment.Value || kind == segment.Both {
			f.options |= index.DocValues
		}
		for _, v := range w.values[name] {
			f.freqs[v] = &index.TokenFreq{}
		}
		places := map[string][]int{}
		for i, word := range w.words[name] {
			places[word] = append(places[word], 3*i+1)
			f.length++
		}
		for word, at := range places {
			l := &index.TokenLocation{Position: at[0]}
			if len(at) > 1 {
				l.Start = at[1] - at[0]
			}
			if len(at) > 2 {
				l.End = at[2] - at[1]
			}
			for i := 3; i < len(at); i++ {
				l.ArrayPositions = append(l.ArrayPositions, uint64(at[i]-at[i-1]))
			}
			freq := &index.TokenFreq{Locations: []*index.TokenLocation{l}}
			freq.SetFrequency(len(at))
			f.freqs[word] = freq
		}
		d.AddField(f)
	}
	d.AddIDField()
	for _, f := range d.Fields {
		f.Analyze()
	}
	return d
}

type field struct {
	name    string
	options index.FieldIndexingOptions
	freqs   index.TokenFrequencies
	length  int
}

func (f *field) Name() string                                     { return f.name }
func (f *field) Value() []byte                                    { return nil }
func (f *field) ArrayPositions() []uint64                         { return nil }
func (f *field) EncodedFieldType() byte                           { return 't' }
func (f *field) Analyze()                                         {}
func (f *field) Options() index.FieldIndexingOptions              { return f.options }
func (f *field) AnalyzedLength() int                              { return f.length }
func (f *field) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.freqs }
func (f *field) NumPlainTextBytes() uint64                        { return 0 }
func (f *field) Size() int                                        { return 0 }

// fataler is *testing.T or *rapid.T.
type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// pair makes a segment of documents in both ways.
func pair(t fataler, all []written) (ours, theirs api.Segment) {
	t.Helper()
	m := segment.NewMaker(table)
	var a, b []index.Document
	for _, w := range all {
		a, b = append(a, w.ours(m)), append(b, w.theirs())
	}
	rand.Shuffle(len(a), func(i, k int) { a[i], a[k] = a[k], a[i] })
	ours, n, err := segment.NewPlugin(table).New(a)
	if err != nil || n == 0 {
		t.Fatalf("%d octets, %v", n, err)
	}
	theirs, _, err = new(zap.ZapPlugin).New(b)
	if err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

// told is all that a segment tells, as text.
func told(t fataler, s api.Segment) (out []string) {
	t.Helper()
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	say("%d documents", s.Count())
	fields := slices.Sorted(maps.Keys(kinds))
	for _, name := range append(fields, "_id") {
		dict, err := s.Dictionary(name)
		if err != nil {
			t.Fatal(err)
		}
		words := dict.AutomatonIterator(nil, nil, nil)
		for e, err := words.Next(); e != nil || err != nil; e, err = words.Next() {
			if err != nil {
				t.Fatal(err)
			}
			if kinds[name] == segment.Value {
				continue // one of ours stands for all
			}
			say("%s %q", name, e.Term)
			if kinds[name] == segment.Listed || kinds[name] == segment.Places {
				say("  in %d", e.Count)
			}
			list, err := dict.PostingsList([]byte(e.Term), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			posts := list.Iterator(true, true, true, nil)
			for p, err := posts.Next(); p != nil || err != nil; p, err = posts.Next() {
				if err != nil {
					t.Fatal(err)
				}
				line := fmt.Sprint(p.Number())
				if kinds[name] == segment.Places {
					line += fmt.Sprintf(" %d times of %.6f", p.Frequency(), p.Norm())
				}
				for _, l := range p.Locations() {
					line += fmt.Sprintf(" %s %d %d %d %v", l.Field(), l.Pos(), l.Start(), l.End(), l.ArrayPositions())
				}
				say("  %s", line)
			}
		}
	}
	values, err := s.(api.DocValueVisitable).VisitableDocValueFields()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(values)
	var state api.DocVisitState
	for n := range s.Count() {
		id, err := s.DocID(n)
		if err != nil {
			t.Fatal(err)
		}
		var of []string
		state, err = s.(api.DocValueVisitable).VisitDocValues(n, slices.Compact(values), func(field string, v []byte) {
			of = append(of, field+"="+string(v))
		}, state)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(of)
		say("%d is %s: %s", n, id, strings.Join(of, " "))
	}
	return out
}

func same(t fataler, ours, theirs api.Segment) {
	t.Helper()
	a, b := told(t, ours), told(t, theirs)
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			t.Fatalf("line %d of %d and %d: ours says %q, Bleve's %q", i, len(a), len(b), a[i:min(i+3, len(a))], b[i:min(i+3, len(b))])
		}
	}
}

// merged lets Bleve merge segments, without some of their documents, and opens
// what it wrote.
func merged(t fataler, dir string, all []api.Segment, without []*roaring.Bitmap) api.Segment {
	t.Helper()
	path := filepath.Join(dir, fmt.Sprintf("%d.zap", rand.Int64()))
	p := segment.NewPlugin(table)
	if _, _, err := p.MergeUsing(all, without, path, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	s, err := p.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPlugin_MakesWhatBlevesMakerMakes makes segments of some documents, merges
// them twice, and looks at everything in them.
func TestPlugin_MakesWhatBlevesMakerMakes(t *testing.T) {
	dir := t.TempDir()
	word := rapid.SampledFrom([]string{"a", "ab", "abc", "to", "東京", "zeta", strings.Repeat("long", 60), "x"})
	rapid.Check(t, func(t *rapid.T) {
		var ours, theirs []api.Segment
		var without []*roaring.Bitmap
		number := 0
		for range rapid.IntRange(1, 3).Draw(t, "segments") {
			var all []written
			gone := roaring.New()
			for i := range rapid.IntRange(1, 12).Draw(t, "documents") {
				number++
				w := written{name: fmt.Sprintf("%08d", number), words: map[string][]string{}, values: map[string][]string{}}
				for _, f := range []string{"head", "body"} {
					w.words[f] = rapid.SliceOfN(word, 0, 20).Draw(t, f)
				}
				w.values["tag"] = rapid.SliceOfNDistinct(word, 0, 4, rapid.ID).Draw(t, "tag")
				w.values["day"] = rapid.SliceOfNDistinct(word, 0, 4, rapid.ID).Draw(t, "day")
				w.values["link"] = rapid.SliceOfNDistinct(word, 0, 3, rapid.ID).Draw(t, "link")
				if rapid.Bool().Draw(t, "dated") {
					w.values["date"] = []string{rapid.StringMatching("[a-z]{1,20}").Draw(t, "date")}
				}
				if i > 0 && rapid.IntRange(0, 4).Draw(t, "goes") == 0 {
					gone.Add(uint32(i))
				}
				all = append(all, w)
			}
			a, b := pair(t, all)
			same(t, a, b)
			ours, theirs, without = append(ours, a), append(theirs, b), append(without, gone)
		}
		a, b := merged(t, dir, ours, without), merged(t, dir, theirs, without)
		same(t, a, b)
		none := []*roaring.Bitmap{nil, nil}
		again := merged(t, dir, []api.Segment{a, ours[0]}, none)
		same(t, again, merged(t, dir, []api.Segment{b, theirs[0]}, none))
		for _, s := range []api.Segment{a, b, again} {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestPlugin_MakesWhatBlevesMakerMakesOfMany has words in so many documents that
// their postings are cut into chunks, and their bitmap is no list.
func TestPlugin_MakesWhatBlevesMakerMakesOfMany(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var all []written
	for i := range 9000 {
		w := written{name: fmt.Sprintf("%08d", i), words: map[string][]string{"body": {"all", fmt.Sprint("w", r.IntN(4000)), "all"}},
			values: map[string][]string{"tag": {"every"}, "date": {fmt.Sprint(i)}, "link": {fmt.Sprint("l", i), "every"}}}
		if i%3 == 0 {
			w.words["head"] = []string{"third"}
		}
		all = append(all, w)
	}
	ours, theirs := pair(t, all)
	same(t, ours, theirs)
	// Into one that is larger than what a list of numbers can name.
	many, more := slices.Repeat([]api.Segment{ours}, 8), slices.Repeat([]api.Segment{theirs}, 8)
	a, b := merged(t, t.TempDir(), many, make([]*roaring.Bitmap, 8)), merged(t, t.TempDir(), more, make([]*roaring.Bitmap, 8))
	same(t, a, b)
}

func TestPlugin_RefusesDocumentsOfOthers(t *testing.T) {
	for name, d := range map[string]*document.Document{
		"Bleve's":         written{name: "1"}.theirs(),
		"another table's": segment.NewMaker(segment.NewTable()).Finish("1"),
	} {
		if _, _, err := segment.NewPlugin(table).New([]index.Document{d}); err == nil || !strings.Contains(err.Error(), `"1"`) {
			t.Errorf("%s: %v, want an error that names it", name, err)
		}
	}
}

// TestPlacesOf_GivesBackEveryPlace writes a word at growing places and reads them
// as they come out of a segment.
func TestPlacesOf_GivesBackEveryPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []uint64
		pos, in := 0, segment.NewMaker(table)
		for range rapid.IntRange(1, 60).Draw(t, "words") {
			pos += rapid.SampledFrom([]int{1, 1, 2, 16, 1_600_000}).Draw(t, "step")
			in.In("body").Add([]byte("a"), pos)
			want = append(want, uint64(pos))
		}
		s, _, err := segment.NewPlugin(table).New([]index.Document{in.Finish("1")})
		if err != nil {
			t.Fatal(err)
		}
		dict, err := s.Dictionary("body")
		if err != nil {
			t.Fatal(err)
		}
		list, err := dict.PostingsList([]byte("a"), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := list.Iterator(true, true, true, nil).Next()
		if err != nil || len(p.Locations()) != 1 {
			t.Fatalf("%v, %v, want one location", p, err)
		}
		if got := segment.PlacesOf(p.Locations(), nil); !slices.Equal(got, want) {
			t.Fatalf("the word stands at %v, want %v", got, want)
		}
	})
}
