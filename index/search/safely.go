package search

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"sync"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	index "github.com/blevesearch/bleve_index_api"
	"github.com/blevesearch/vellum/levenshtein"
)

// Bleve takes its files for sound: it panics over others, and memory that is
// mapped to a file faults where the disk cannot give it. Both end here as errors.

// errBroke says that Bleve panicked.
var errBroke = errors.New("the catalogue broke under this: it is looked through, and filled anew if it is damaged; restante index rebuild makes it anew at once")

// safely calls f, and makes an error of a panic or of a fault of mapped memory.
func safely(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w (%v)", errBroke, r)
		}
	}()
	return f()
}

// safeReader does first by itself what an index snapshot does in goroutines of
// its own, where nobody can catch a panic: what would break there breaks here.
type safeReader struct{ *scorch.IndexSnapshot }

// reader gives a reader of an index as it is now.
func reader(at bleve.Index) (safeReader, error) {
	inner, err := at.Advanced()
	if err != nil {
		return safeReader{}, err
	}
	r, err := inner.Reader()
	if err != nil {
		return safeReader{}, err
	}
	return safeReaderOf(r)
}

func safeReaderOf(r index.IndexReader) (safeReader, error) {
	switch r := r.(type) {
	case safeReader:
		return r, nil
	case *scorch.IndexSnapshot:
		if r != nil {
			return safeReader{r}, nil
		}
	}
	return safeReader{}, errDown // closed meanwhile
}

// automaton tells which words of a dictionary are looked at.
type automaton interface {
	Start() int
	IsMatch(int) bool
	CanMatch(int) bool
	WillAlwaysMatch(int) bool
	Accept(int, byte) int
}

// touch opens the dictionaries of a field, and finds the first word of each.
func (r safeReader) touch(field string, which automaton, prefix string) error {
	var from, to []byte
	if prefix != "" {
		from = []byte(prefix)
		to = behind(prefix)
	}
	for _, s := range r.Segments() {
		dict, err := s.Segment().Dictionary(field)
		if err != nil {
			return err
		}
		dict.Cardinality()
		dict.AutomatonIterator(which, from, to)
	}
	return nil
}

// behind gives the first word behind all that begin so; nil: there is none.
func behind(prefix string) []byte {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i]++; b[i] != 0 {
			return b
		}
	}
	return nil
}

// FieldDict lists the words of a field.
func (r safeReader) FieldDict(field string) (index.FieldDict, error) {
	if err := r.touch(field, nil, ""); err != nil {
		return nil, err
	}
	return r.IndexSnapshot.FieldDict(field)
}

// FieldDictPrefix lists the words of a field that begin so.
func (r safeReader) FieldDictPrefix(field string, prefix []byte) (index.FieldDict, error) {
	if err := r.touch(field, nil, string(prefix)); err != nil {
		return nil, err
	}
	return r.IndexSnapshot.FieldDictPrefix(field, prefix)
}

// FieldDictFuzzy lists the words of a field that are like another.
func (r safeReader) FieldDictFuzzy(field, term string, edits int, prefix string) (index.FieldDict, error) {
	d, _, err := r.FieldDictFuzzyAutomaton(field, term, edits, prefix)
	return d, err
}

// FieldDictFuzzyAutomaton is FieldDictFuzzy, and gives what tells how like.
func (r safeReader) FieldDictFuzzyAutomaton(field, term string, edits int, prefix string) (index.FieldDict, index.FuzzyAutomaton, error) {
	dfa, err := likes(edits, term)
	if err != nil {
		return nil, nil, err
	}
	if err := r.touch(field, dfa, prefix); err != nil {
		return nil, nil, err
	}
	return r.IndexSnapshot.FieldDictFuzzyAutomaton(field, term, edits, prefix)
}

// builders make automata of words a letter away, and two; making one takes longer
// than a search.
var builders = [3]func() (*levenshtein.LevenshteinAutomatonBuilder, error){
	1: sync.OnceValues(func() (*levenshtein.LevenshteinAutomatonBuilder, error) {
		return levenshtein.NewLevenshteinAutomatonBuilder(1, true)
	}),
	2: sync.OnceValues(func() (*levenshtein.LevenshteinAutomatonBuilder, error) {
		return levenshtein.NewLevenshteinAutomatonBuilder(2, true)
	}),
}

func likes(edits int, term string) (automaton, error) {
	b, err := builders[edits]()
	if err != nil {
		return nil, err
	}
	return b.BuildDfa(term, uint8(edits))
}

// DocIDReaderOnly gives those of some documents that are there.
func (r safeReader) DocIDReaderOnly(ids []string) (index.DocIDReader, error) {
	for _, s := range r.Segments() {
		if _, err := s.DocNumbers(ids); err != nil {
			return nil, err
		}
	}
	return r.IndexSnapshot.DocIDReaderOnly(ids)
}

// safe is a query for where Bleve opens the reader.
type safe struct{ query.Query }

// Searcher is Bleve's door for queries.
func (q safe) Searcher(ctx context.Context, r index.IndexReader, m mapping.IndexMapping, o search.SearcherOptions) (search.Searcher, error) {
	own, err := safeReaderOf(r)
	if err != nil {
		return nil, err
	}
	return q.Query.Searcher(ctx, own, m, o)
}

// Names under which Bleve finds what it calls.
const (
	onEvent = "restante/event"
	onLoss  = "restante/loss"
)

// losses tells of indexes one of whose goroutines has ended in a panic, by folder:
// a chan error with room for one.
var losses sync.Map

// Bleve wants these told before any index is opened.
func init() {
	// The merger reads mapped memory.
	scorch.RegistryEventCallbacks[onEvent] = func(e scorch.Event) bool {
		if e.Kind == scorch.EventKindPreMergeCheck {
			debug.SetPanicOnFault(true)
		}
		return true
	}
	scorch.RegistryAsyncErrorCallbacks[onLoss] = func(err error, store string) {
		if errors.Is(err, scorch.ErrAsyncPanic) {
			select {
			case lossOf(filepath.Dir(store)) <- err:
			default:
			}
		}
	}
}

func lossOf(dir string) chan error {
	ch, _ := losses.LoadOrStore(dir, make(chan error, 1))
	return ch.(chan error)
}
