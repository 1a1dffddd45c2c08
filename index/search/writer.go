package search

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/blevesearch/bleve/v2"
	"golang.org/x/sync/semaphore"
)

// writer puts jobs into batches, in their order.
type writer struct {
	at       bleve.Index
	size     batchSize
	room     *semaphore.Weighted
	progress func(done, total int64)
	done     int64
	total    int64

	batch    *bleve.Batch
	messages int
	weight   int64
	reached  map[string]int64 // owner → the last change in the batch
}

func (w *writer) run(ctx context.Context, order <-chan *job) error {
	w.begin()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case j, more := <-order:
			if !more {
				return w.write()
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case err := <-j.ready:
				if err != nil {
					return err
				}
			}
			if err := w.add(j); err != nil {
				return err
			}
		}
	}
}

func (w *writer) begin() {
	w.batch = w.at.NewBatch()
	w.messages, w.weight = 0, 0
	w.reached = map[string]int64{}
}

func (w *writer) add(j *job) error {
	switch {
	case j.idle:
	case j.gone:
		w.batch.Delete(documentID(j.change.Message))
	default:
		if err := w.batch.IndexAdvanced(j.doc); err != nil {
			return fmt.Errorf("catalogue message %d: %w", j.change.Message, err)
		}
		w.messages++
	}
	w.weight += j.weight
	w.reached[j.owner] = j.change.Number
	w.done++
	if w.messages >= w.size.messages || w.weight >= w.size.octets {
		return w.write()
	}
	return nil
}

// write hands over documents and checkpoints at once; they are on disk when it
// returns.
func (w *writer) write() error {
	if len(w.reached) == 0 {
		return nil
	}
	for owner, n := range w.reached {
		w.batch.SetInternal([]byte(checkpointKey+owner), encodeNumber(n))
	}
	w.batch.SetInternal([]byte(writtenKey), encodeNumber(time.Now().UnixNano()))
	if err := w.put(); err != nil {
		return fmt.Errorf("%w: %w", errTorn, err)
	}
	w.room.Release(w.weight)
	w.begin()
	if w.progress != nil {
		w.progress(w.done, w.total)
	}
	return nil
}

// errTorn says that a batch was not written, after which Bleve cannot be used:
// it closes the segment of the batch and goes on looking into it.
var errTorn = errors.New("write catalogue")

// put hands the batch to Bleve. One that met a full disk before makes it panic,
// and one whose goroutines have ended never returns: then so does the one here.
func (w *writer) put() error {
	done, at, batch := make(chan error, 1), w.at, w.batch
	go func() { done <- safely(func() error { return at.Batch(batch) }) }()
	lost := lossOf(at.Name())
	select {
	case err := <-done:
		return err
	case err := <-lost:
		lost <- err // it stays in doubt
		return err
	}
}
