package segment

import (
	"errors"
	"fmt"
	"hash/crc32"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	index "github.com/blevesearch/bleve_index_api"
	"github.com/blevesearch/scorch_segment_api/v2"
	"github.com/blevesearch/vellum"
	zap "github.com/blevesearch/zapx/v17"
)

// Plugin makes segments for Bleve, to be registered in the place of the one that
// Bleve has for the same type and version. It takes documents of Makers of its
// table, and no others.
type Plugin struct {
	zap.ZapPlugin
	// Damaged is told which file does not hold what was written to it; nil: nobody
	// is. Bleve calls for merges from goroutines of its own.
	Damaged func(path string)

	table *Table
	free  sync.Pool // of *batch
}

// NewPlugin makes a plugin for indexes with the fields of a table.
func NewPlugin(t *Table) *Plugin { return &Plugin{table: t} }

// New makes a segment of documents.
func (p *Plugin) New(results []index.Document) (segment.Segment, uint64, error) {
	return p.NewUsing(results, nil)
}

// NewUsing makes a segment of documents, and gives its octets.
func (p *Plugin) NewUsing(results []index.Document, config map[string]any) (segment.Segment, uint64, error) {
	s, err := p.make(results, config)
	if err != nil {
		return nil, 0, fmt.Errorf("make a segment of %d documents: %w", len(results), err)
	}
	return s, uint64(s.Size()), nil
}

func (p *Plugin) make(results []index.Document, config map[string]any) (segment.Segment, error) {
	if len(results) == 0 {
		return nil, errors.New("nothing to make it of")
	}
	stats, _ := config[segment.StatsKey].(*segment.Stats)
	if stats == nil {
		stats = new(segment.Stats)
	}
	b, err := p.take()
	if err != nil {
		return nil, err
	}
	if err := b.gather(results); err != nil {
		return nil, err
	}
	stored, fields, err := b.write()
	if err != nil {
		return nil, err
	}
	out, n := b.out, uint64(len(b.docs))
	p.give(b)
	return zap.InitSegmentBase(out, crc32.ChecksumIEEE(out), zap.DefaultChunkMode, n, stored, fields, config, stats)
}

// shared is how many ends of words a dictionary looks among for one to share. Among
// the 20,000 of vellum's own setting it finds more, and takes twice the time: but
// what is made here is soon merged into a larger one, which is made with that.
const shared = 1 << 10

// take gives a batch that was used before, or a new one.
func (p *Plugin) take() (*batch, error) {
	if b, ok := p.free.Get().(*batch); ok {
		return b, nil
	}
	b := &batch{table: p.table, bits: roaring.New()}
	var err error
	b.fst, err = vellum.New(&b.dict, &vellum.BuilderOpts{Encoder: 1, RegistryTableSize: shared, RegistryMRUSize: 1})
	return b, err
}

// give keeps a batch for the next, without what it was made of.
func (p *Plugin) give(b *batch) {
	clear(b.docs)
	clear(b.names)
	b.out = nil
	p.free.Put(b)
}
