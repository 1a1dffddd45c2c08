package search

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/index/scorch/mergeplan"
)

const (
	// meltMost bounds the messages of a segment that melt makes, and so the memory:
	// Bleve holds the dictionary that it writes.
	meltMost = 120_000
	// meltOnce is how many segments are merged at once: each further round writes
	// everything again.
	meltOnce = 200
	// meltEvery is how often melt looks how far Bleve is.
	meltEvery = 20 * time.Millisecond
	// meltWait is how long Bleve may take to remove what it has merged.
	meltWait = 10 * time.Second
)

// melt merges the segments of an index into few large ones, which take the least
// room and answer the fastest. Without it the index is as good: a fault, as of a
// full disk, is logged only. The end of ctx is an error, after which the index is
// to be closed, as Bleve may be at work on it.
func (c *Catalogue) melt(ctx context.Context, at bleve.Index) error {
	err := meltInto(ctx, at)
	if err != nil && ctx.Err() == nil {
		c.log.Warn("segments of the catalogue were left as they are", "err", err)
	}
	return ctx.Err()
}

func meltInto(ctx context.Context, at bleve.Index) error {
	inner, err := at.Advanced()
	if err != nil {
		return err
	}
	s, ok := inner.(*scorch.Scorch)
	if !ok {
		return fmt.Errorf("an index of type %T", inner)
	}
	// Bleve tries a merge that fails again and again, for ever.
	failed := func() uint64 {
		n, _ := s.StatsMap()["TotFileMergeLoopErr"].(uint64)
		return n
	}
	before := failed()
	merging, stop := context.WithCancel(ctx)
	defer stop()
	plan := mergeplan.SingleSegmentMergePlanOptions
	plan.MaxSegmentSize, plan.SegmentsPerMergeTask = meltMost, meltOnce
	done := make(chan error, 1)
	go func() { done <- s.ForceMerge(merging, &plan) }() // ends with the index at the latest
	tick := time.NewTicker(meltEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if err != nil || failed() > before {
				return errors.Join(err, errMelt)
			}
			return forget(ctx, at, tick)
		case err := <-lossOf(at.Name()):
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if failed() > before {
				return errMelt
			}
		}
	}
}

// errMelt says that Bleve could not merge.
var errMelt = errors.New("a merge failed")

// forget waits until Bleve has thrown the old segments away, which it does after
// a while, and not when it is closed.
func forget(ctx context.Context, at bleve.Index, tick *time.Ticker) error {
	ctx, stop := context.WithTimeout(ctx, meltWait)
	defer stop()
	for {
		files, err := segmentFiles(at.Name())
		if err != nil {
			return err
		}
		r, err := reader(at)
		if err != nil {
			return err
		}
		segments := len(r.Segments())
		if err := r.Close(); err != nil || len(files) <= segments {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
