package search

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"runtime"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/document"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"restante/filter/letter"
	"restante/index"
	"restante/index/blob"
	"restante/index/search/extract"
	"restante/index/search/segment"
)

const (
	pageSize = 500     // changes read at a time
	ahead    = 32      // documents made while others are written
	heaviest = 1 << 20 // what one message counts at most
	// unpacked is how many octets of text one of mail may hold: office documents
	// are compressed.
	unpacked = 4
)

// batchSize is how much is written at a time, at most. Large batches take less of
// the processor, make fewer segments, and take more memory.
type batchSize struct {
	messages int
	octets   int64 // of text
}

var (
	following  = batchSize{500, 3 << 19}
	rebuilding = batchSize{8000, 24 << 20}
)

// inFlight bounds the octets of mail that is being opened and of text that is
// analyzed and not written yet; analyzed, it takes some twenty times as much
// memory. With less, the writer could wait for mail that waits for the writer.
func (b batchSize) inFlight() int64 { return b.octets + heaviest }

// job is one change on its way into the index.
type job struct {
	owner  string
	change index.Change
	idle   bool // a later change of the page settles it
	row    index.Message
	gone   bool               // delete
	doc    *document.Document // else: index
	weight int64              // held of pass.room until it is written: that of the mail, then that of its text
	ready  chan error
}

// pass reads all that an index has not seen. One goroutine reads the feeds, some
// open and analyze letters, one writes in the order of the feeds.
func (c *Catalogue) pass(ctx context.Context, at bleve.Index, src Source, size batchSize, progress func(done, total int64)) error {
	if err := claim(ctx, at, src); err != nil {
		return err
	}
	logs, total, err := backlogs(ctx, at, src)
	if err != nil || len(logs) == 0 {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	p := &pass{
		src:   src,
		log:   c.log,
		docs:  c.docs,
		order: make(chan *job, ahead),
		work:  make(chan *job),
		room:  semaphore.NewWeighted(size.inFlight()),
	}
	g.Go(func() error {
		defer close(p.order)
		defer close(p.work)
		for _, l := range logs {
			if err := p.read(ctx, l); err != nil {
				return err
			}
		}
		return nil
	})
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			made := segment.NewMaker(fields)
			for j := range p.work {
				j.ready <- p.open(ctx, j, made)
			}
			return nil
		})
	}
	g.Go(func() error {
		w := writer{at: at, size: size, room: p.room, progress: progress, total: total}
		return w.run(ctx, p.order)
	})
	return g.Wait()
}

type pass struct {
	src   Source
	log   *slog.Logger
	docs  *extract.Extractor
	order chan *job // to the writer
	work  chan *job // to those who open
	room  *semaphore.Weighted
}

// read turns an owner's feed into jobs.
func (p *pass) read(ctx context.Context, l backlog) error {
	for l.after < l.head {
		page, err := p.src.Changes(ctx, l.owner, l.after, pageSize)
		if err != nil {
			return fmt.Errorf("read changes of %s: %w", l.owner, err)
		}
		if len(page) == 0 {
			return nil
		}
		newest := make(map[int64]int64, len(page))
		for _, ch := range page {
			newest[ch.Message] = ch.Number
		}
		for _, ch := range page {
			if ch.Number <= l.after {
				return fmt.Errorf("read changes of %s: %d comes after %d", l.owner, ch.Number, l.after)
			}
			l.after = ch.Number
			j := &job{owner: l.owner, change: ch, idle: newest[ch.Message] != ch.Number, ready: make(chan error, 1)}
			if err := p.start(ctx, j); err != nil {
				return err
			}
		}
	}
	return nil
}

// start queues a job, and has it opened unless there is nothing to open.
func (p *pass) start(ctx context.Context, j *job) (err error) {
	if j.idle || j.change.Kind == index.Removed {
		j.gone = true
		j.ready <- nil
		return p.queue(ctx, j)
	}
	j.row, err = p.src.Message(ctx, j.owner, j.change.Message)
	if errors.Is(err, index.ErrNotFound) {
		j.gone = true
		j.ready <- nil
		return p.queue(ctx, j)
	}
	if err != nil {
		return fmt.Errorf("read message %d: %w", j.change.Message, err)
	}
	j.weight = min(max(unpacked*j.row.Size, 1), heaviest)
	if err := p.room.Acquire(ctx, j.weight); err != nil {
		return err
	}
	if err := p.queue(ctx, j); err != nil {
		return err
	}
	select {
	case p.work <- j:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pass) queue(ctx context.Context, j *job) error {
	select {
	case p.order <- j:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// open opens and analyzes a message. One whose bytes are lost is indexed by its
// row, so that it does not stand in the way of the others.
func (p *pass) open(ctx context.Context, j *job, made *segment.Maker) error {
	l, err := p.src.Letter(ctx, j.owner, j.change.Message)
	switch {
	case err == nil:
	case errors.Is(err, index.ErrNotFound):
		j.gone = true
		return nil
	case errors.Is(err, blob.ErrDamaged), errors.Is(err, fs.ErrNotExist):
		p.log.Error("message cannot be read; catalogued without its text", "owner", j.owner, "message", j.change.Message, "err", err)
	default:
		return fmt.Errorf("open message %d: %w", j.change.Message, err)
	}
	text := min(textOf(l), j.weight)
	attached, err := p.attached(ctx, j, l, int(j.weight-text))
	if err != nil {
		return err
	}
	for _, words := range attached.words {
		text += int64(len(words))
	}
	j.doc = makeDocument(made, j.row, l, attached)
	if text < j.weight {
		p.room.Release(j.weight - text)
		j.weight = text
	}
	return nil
}

// textOf counts the octets of a letter that can be searched.
func textOf(l *letter.Letter) int64 {
	if l == nil {
		return 1
	}
	n := 1 + len(l.Text) + len(l.HTMLText) + len(l.Hidden)
	for _, f := range l.Fields {
		n += len(f.Name) + len(f.Value)
	}
	return int64(n)
}
