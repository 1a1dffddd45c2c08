package segment

import (
	"errors"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/scorch_segment_api/v2"
)

// dropEvery is how often what a merge has read is dropped from memory.
const dropEvery = 250 * time.Millisecond

// again is how long a merge of damaged files waits before it fails, because Bleve
// tries again at once.
const again = time.Second

// MergeUsing is Bleve's merge, which reads mapped files. What has rotted in them
// would get a new checksum, so that they are proved before. What it has read would
// stay in the memory of the process, as much as the files are large, until
// they are closed; so it is dropped meanwhile.
func (p *Plugin) MergeUsing(all []segment.Segment, drops []*roaring.Bitmap, path string, closed chan struct{}, s segment.StatsReporter, config map[string]any) (numbers [][]uint64, octets uint64, err error) {
	for _, one := range all {
		if err := p.prove(one, closed); err != nil {
			return nil, 0, err
		}
	}
	ended := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		t := time.NewTicker(dropEvery)
		defer t.Stop()
		for {
			select {
			case <-ended:
				Drop(all)
				return
			case <-t.C:
				Drop(all)
			}
		}
	})
	defer wait.Wait()
	defer close(ended)
	return p.ZapPlugin.MergeUsing(all, drops, path, closed, s, config)
}

// prove proves the file of a segment; one in memory has none.
func (p *Plugin) prove(s segment.Segment, closed <-chan struct{}) error {
	file, ok := s.(segment.PersistedSegment)
	if !ok {
		return nil
	}
	err := ProveFile(file.Path())
	if errors.Is(err, ErrDamaged) {
		if p.Damaged != nil {
			p.Damaged(file.Path())
		}
		select {
		case <-closed:
		case <-time.After(again):
		}
	}
	return err
}

// mapping gives the octets of the file that a segment is mapped from; none where it
// is in memory.
func mapping(s segment.Segment) []byte {
	if file, ok := s.(interface{ Data() []byte }); ok {
		return file.Data()
	}
	return nil
}

// Mapped is how many octets of files segments are mapped from.
func Mapped(all []segment.Segment) (octets int64) {
	for _, s := range all {
		octets += int64(len(mapping(s)))
	}
	return octets
}

// Drop takes what was read of the files of segments out of the memory of this
// process, where the system can do that: without, it takes more memory. It may be
// called while others read: they have it again from the system, which keeps files in
// memory as long as it likes.
func Drop(all []segment.Segment) {
	for _, s := range all {
		if m := mapping(s); len(m) > 0 {
			_ = drop(m)
		}
	}
}
