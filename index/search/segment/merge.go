package segment

import (
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/scorch_segment_api/v2"
)

// dropEvery is how often what a merge has read is dropped from memory.
const dropEvery = 250 * time.Millisecond

// MergeUsing is Bleve's merge, which reads mapped files. What it has read would
// stay in the memory of the process, as much as the files are large, until
// they are closed; so it is dropped meanwhile.
func (p *Plugin) MergeUsing(all []segment.Segment, drops []*roaring.Bitmap, path string, closed chan struct{}, s segment.StatsReporter, config map[string]any) (numbers [][]uint64, octets uint64, err error) {
	var mapped [][]byte
	for _, one := range all {
		if file, ok := one.(interface{ Data() []byte }); ok && len(file.Data()) > 0 {
			mapped = append(mapped, file.Data())
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
				dropAll(mapped)
				return
			case <-t.C:
				dropAll(mapped)
			}
		}
	})
	defer wait.Wait()
	defer close(ended)
	return p.ZapPlugin.MergeUsing(all, drops, path, closed, s, config)
}

// dropAll drops what it can: without, a merge takes more memory.
func dropAll(mapped [][]byte) {
	for _, m := range mapped {
		_ = drop(m)
	}
}
