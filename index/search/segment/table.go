package segment

import (
	"cmp"
	"fmt"
	"slices"

	index "github.com/blevesearch/bleve_index_api"
)

// Kind says what is kept of the words of a field.
type Kind uint8

// The kinds of fields.
const (
	Words  Kind = iota // that a document has them
	Listed             // the same, and the dictionary tells how many documents have each
	Places             // how often, and where
	Value              // no words: one value a document
	Both               // Words, and all of them together are the document's value
)

func (k Kind) options() index.FieldIndexingOptions {
	switch k {
	case Places:
		return index.IndexField | index.IncludeTermVectors
	case Value, Both:
		return index.IndexField | index.SkipFreqNorm | index.DocValues
	}
	return index.IndexField | index.SkipFreqNorm
}

func (k Kind) valued() bool { return k == Value || k == Both }

// Field is one that every document has.
type Field struct {
	Name string
	Kind Kind
}

// Table is the fields of an index, in the order in which a segment has them: the
// names of the documents, then all others by name.
type Table struct {
	fields []Field
}

// maxFields is what the number of a field has room for.
const maxFields = 255

// idField is what Bleve calls the names of documents.
const idField = "_id"

// NewTable makes a table. It panics where two fields have one name, or there are
// more than 254: fields are constants of a program.
func NewTable(fields ...Field) *Table {
	t := &Table{fields: append([]Field{{Name: idField}}, fields...)}
	slices.SortFunc(t.fields[1:], func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
	for i, f := range t.fields[1:] {
		if f.Name == t.fields[i].Name {
			panic(fmt.Sprintf("segment: two fields %q", f.Name))
		}
	}
	if len(t.fields) > maxFields {
		panic("segment: too many fields")
	}
	return t
}

// number gives the number of a field; it panics where there is none.
func (t *Table) number(name string) uint8 {
	for i, f := range t.fields {
		if f.Name == name {
			return uint8(i)
		}
	}
	panic(fmt.Sprintf("segment: no field %q", name))
}
