package segment

import (
	index "github.com/blevesearch/bleve_index_api"
)

// body is all fields of a document in one, which Bleve carries from the Maker to
// the Plugin without looking into it.
type body struct {
	table  *Table
	terms  []byte // see Maker.pack
	count  int    // of terms
	values []byte // of the fields that have one, in their order: octets as a varint, and the value
}

var _ index.Field = (*body)(nil)

// Name is that of no field.
func (b *body) Name() string { return "" }

// Options says that Bleve shall do nothing with it.
func (b *body) Options() index.FieldIndexingOptions { return 0 }

// Size is the memory in use, in octets.
func (b *body) Size() int { return len(b.terms) + len(b.values) }

// Value and all that follows are asked of other fields.
func (b *body) Value() []byte { return nil }

// ArrayPositions is asked of other fields.
func (b *body) ArrayPositions() []uint64 { return nil }

// EncodedFieldType is asked of other fields.
func (b *body) EncodedFieldType() byte { return 0 }

// Analyze is asked of other fields.
func (b *body) Analyze() {}

// AnalyzedLength is asked of other fields.
func (b *body) AnalyzedLength() int { return 0 }

// AnalyzedTokenFrequencies is asked of other fields.
func (b *body) AnalyzedTokenFrequencies() index.TokenFrequencies { return nil }

// NumPlainTextBytes is for statistics.
func (b *body) NumPlainTextBytes() uint64 { return 0 }
