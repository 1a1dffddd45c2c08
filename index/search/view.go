package search

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2"
	api "github.com/blevesearch/scorch_segment_api/v2"
)

// view is the index as it is while a question is answered.
type view struct {
	at       bleve.Index
	known    *sortKeys
	sections []*section
	all      uint64 // messages, of anybody
	byScore  bool   // the answer is ordered so
	read     int    // words that stars read in dictionaries
}

// section is a segment of the index. Its messages have numbers of their own, in
// which sets of them are written.
type section struct {
	number int    // among the sections of the view
	id     uint64 // of the segment
	inner  api.Segment
	gone   *roaring.Bitmap // nil: none
	dicts  map[string]api.TermDictionary
}

// ask calls f with the index as it is.
func (c *Catalogue) ask(f func(*view) error) error {
	return c.blame(c.use(func(at bleve.Index) error { return c.askAt(at, f) }))
}

// askAt is ask inside of use.
func (c *Catalogue) askAt(at bleve.Index, f func(*view) error) error {
	return look(at, &c.known, func(v *view) error {
		defer c.easing.after(v)
		return f(v)
	})
}

// look calls f with an index as it is.
func look(at bleve.Index, known *sortKeys, f func(*view) error) (err error) {
	r, err := reader(at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	v := &view{at: at, known: known}
	for i, s := range r.Segments() {
		v.sections = append(v.sections, &section{i, s.Id(), s.Segment(), s.Deleted(), map[string]api.TermDictionary{}})
		v.all += s.Count()
	}
	return f(v)
}

// errForeign says that a segment is not of the kind that this reads.
var errForeign = errors.New("a segment of an unknown kind")

// live gives all messages of a section.
func (s *section) live() *roaring.Bitmap {
	all := roaring.New()
	all.AddRange(0, s.inner.Count())
	if s.gone != nil {
		all.AndNot(s.gone)
	}
	return all
}

// dictionary gives the words of a field.
func (s *section) dictionary(field string) (api.TermDictionary, error) {
	if d, ok := s.dicts[field]; ok {
		return d, nil
	}
	d, err := s.inner.Dictionary(field)
	if err == nil {
		s.dicts[field] = d
	}
	return d, err
}

// postings gives the messages that hold a term.
func (s *section) postings(field, term string) (api.PostingsList, error) {
	return s.postingsAgain(field, term, nil)
}

// postingsAgain is postings in the place of a list that is done with.
func (s *section) postingsAgain(field, term string, done api.PostingsList) (api.PostingsList, error) {
	d, err := s.dictionary(field)
	if err != nil {
		return nil, err
	}
	return d.PostingsList([]byte(term), s.gone, done)
}

// terms calls each for the terms of a field that begin so, with the messages that
// hold them, which are valid during the call.
func (s *section) terms(ctx context.Context, field, prefix string, each func(term string, list api.PostingsList) error) error {
	return s.matching(ctx, field, prefix, nil, func(term string, _ uint8, list api.PostingsList) error { return each(term, list) })
}

// matching is terms of those that an automaton takes, too; changed is how many
// letters it took for others.
func (s *section) matching(ctx context.Context, field, prefix string, which api.Automaton,
	each func(term string, changed uint8, list api.PostingsList) error) error {
	d, err := s.dictionary(field)
	if err != nil {
		return err
	}
	iterate := d.AutomatonIterator
	if quicker, ok := d.(uncountedWords); ok {
		iterate = quicker.AutomatonIteratorOmitCount
	}
	all := iterate(which, []byte(prefix), behind(prefix))
	var list api.PostingsList
	for n := 0; ; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		entry, err := all.Next()
		if err != nil || entry == nil {
			return err
		}
		if list, err = d.PostingsList([]byte(entry.Term), s.gone, list); err == nil {
			err = each(entry.Term, entry.EditDistance, list)
		}
		if err != nil {
			return err
		}
	}
}

// uncountedWords is a dictionary that can be read without what the words are in;
// counts it would give are wrong behind a word of a single message.
type uncountedWords interface {
	AutomatonIteratorOmitCount(a api.Automaton, from, to []byte) api.DictionaryIterator
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

// setOf gives the messages of a list. It must not be changed, and lasts as long as
// the list.
func setOf(list api.PostingsList) (*roaring.Bitmap, error) { return new(setReader).set(list) }

// setReader gives the messages of one list after the other.
type setReader struct{ it api.PostingsIterator }

func (r *setReader) set(list api.PostingsList) (*roaring.Bitmap, error) {
	r.it = list.Iterator(false, false, false, r.it)
	it, ok := r.it.(api.OptimizablePostingsIterator)
	if !ok {
		return nil, errForeign
	}
	if one, ok := it.DocNum1Hit(); ok {
		return roaring.BitmapOf(uint32(one)), nil
	}
	if set := it.ActualBitmap(); set != nil {
		return set, nil
	}
	return roaring.New(), nil
}

// only has an iterator give those of some messages, which its list must hold.
func only(it api.PostingsIterator, set *roaring.Bitmap) error {
	o, ok := it.(api.OptimizablePostingsIterator)
	if !ok {
		return errForeign
	}
	if _, one := o.DocNum1Hit(); !one {
		o.ReplaceActual(set)
	}
	return nil
}

// holding counts the messages of anybody that hold a term.
func (v *view) holding(field, term string) (n uint64, err error) {
	for _, s := range v.sections {
		list, err := s.postings(field, term)
		if err != nil {
			return 0, err
		}
		n += list.Count()
	}
	return n, nil
}

// values calls each for some messages of a section, in order, with what the index
// holds of some fields: where that is several terms, one behind the other. The
// values are valid during the call.
func (s *section) values(ctx context.Context, set *roaring.Bitmap, fields []string, each func(message uint32, values [][]byte) error) error {
	read, err := s.reading(fields)
	if err != nil {
		return err
	}
	return eachOf(ctx, set, func(message uint32) error {
		values, err := read(message)
		if err != nil {
			return err
		}
		return each(message, values)
	})
}

// eachOf calls each for the messages of a set, in order.
func eachOf(ctx context.Context, set *roaring.Bitmap, each func(message uint32) error) error {
	n := 0
	for it := set.Iterator(); it.HasNext(); n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := each(it.Next()); err != nil {
			return err
		}
	}
	return nil
}

// reading gives what reads the values of a message; fastest is to ask in order.
func (s *section) reading(fields []string) (func(message uint32) ([][]byte, error), error) {
	inner, ok := s.inner.(api.DocValueVisitable)
	if !ok {
		return nil, errForeign
	}
	var state api.DocVisitState
	values := make([][]byte, len(fields))
	visit := func(field string, term []byte) {
		i := slices.Index(fields, field)
		values[i] = append(values[i], term...)
	}
	return func(message uint32) (_ [][]byte, err error) {
		for i := range values {
			values[i] = values[i][:0]
		}
		state, err = inner.VisitDocValues(uint64(message), fields, visit, state)
		return values, err
	}, nil
}

// spare is room for numbers, all of them 0.
var spare sync.Pool

// numbers gives room for a number for each message of a section, all of them 0;
// giveBack takes it back, after it cleared those of a set.
func (s *section) numbers() []float64 {
	most := int(s.inner.Count())
	if out, ok := spare.Get().(*[]float64); ok && len(*out) >= most {
		return *out
	}
	return make([]float64, most)
}

func giveBack(numbers []float64, used *roaring.Bitmap) {
	if used.GetCardinality() > uint64(len(numbers))/sweepFrom {
		clear(numbers)
	} else {
		used.Iterate(func(n uint32) bool {
			numbers[n] = 0
			return true
		})
	}
	spare.Put(&numbers)
}

// sweepFrom is of how many numbers one is in use where to clear all of them takes no
// longer than to look for it.
const sweepFrom = 32
