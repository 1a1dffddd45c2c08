package index

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"restante/index/blob"
)

// Maildrop is a mailbox as it was when the session began: numbers, sizes and
// UIDs stay while it is open. It fits the POP3 server's door.
type Maildrop struct {
	a     *Archive
	owner string
	view  View
	list  []Listing       // shared: not to be changed
	plain map[int64]int64 // sizes of what is made ASCII, by message; shared too
	reads sync.WaitGroup  // of blocks

	mu   sync.Mutex // guards the fields below
	next int        // the message after the one opened last
	rows *block     // of the messages around next; nil until they are opened in order
	then *block     // behind rows, on its way
}

// block is the rows of some messages that follow one another, read at a time.
type block struct {
	first int
	done  chan struct{} // closed when rows is set
	rows  map[int64]Serving
}

// Drop opens what a view lists.
func (a *Archive) Drop(ctx context.Context, v View) (*Maildrop, error) {
	list, err := a.listings.get(ctx, a.store, v)
	if err != nil {
		return nil, err
	}
	plain, err := a.plains.get(ctx, a.store, v.Owner, list)
	if err != nil {
		return nil, err
	}
	return &Maildrop{a: a, owner: v.Owner, view: v, list: list, plain: plain}, nil
}

// Len is the number of messages.
func (d *Maildrop) Len() int { return len(d.list) }

// Size is the octets that Open gives for message i, from 0, once its line ends
// are CRLF.
func (d *Maildrop) Size(i int) int64 { return d.list[i].Served }

// UID is the permanent name of message i.
func (d *Maildrop) UID(i int) string { return d.list[i].UID }

// aheadRows is how many rows are read at a time while messages are opened in
// order: a query for one row costs as much as the message itself.
const aheadRows = 64

// Open gives message i as it is served: added header fields first.
func (d *Maildrop) Open(ctx context.Context, i int) (io.ReadCloser, error) {
	if s, ok := d.ahead(ctx, i); ok {
		if r, err := d.open(ctx, s); err == nil {
			return r, nil
		} // the bytes may have moved since the row was read
	}
	s, err := d.row(ctx, i)
	if err != nil {
		return nil, err
	}
	r, err := d.open(ctx, s)
	if errors.Is(err, blob.ErrErased) { // it may have expired this moment: then it is gone, not damaged
		if _, gone := d.row(ctx, i); gone != nil {
			err = gone
		}
	}
	return r, err
}

// row reads the row of message i.
func (d *Maildrop) row(ctx context.Context, i int) (Serving, error) {
	id := d.list[i].ID
	rows, err := d.a.store.Servings(ctx, d.owner, []int64{id})
	if err != nil {
		return Serving{}, err
	}
	s, ok := rows[id]
	if !ok {
		return Serving{}, fmt.Errorf("message %d: %w", id, ErrNotFound)
	}
	return s, nil
}

// ahead gives the row of message i if messages are opened in order. The next
// block is read while this one's messages are sent. What cannot be read is left
// to who asks for one row, and its error.
func (d *Maildrop) ahead(ctx context.Context, i int) (Serving, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	inOrder := i == d.next
	d.next = i + 1
	if !inOrder || i == 0 { // many sessions open one message, or the newest
		return Serving{}, false
	}
	if d.rows == nil || i >= d.rows.first+aheadRows || i < d.rows.first {
		if d.then == nil || d.then.first != i {
			d.then = d.read(ctx, i)
		}
		d.rows = d.then
		<-d.rows.done
		d.then = nil
		if i+aheadRows < len(d.list) {
			d.then = d.read(ctx, i+aheadRows)
		}
	}
	s, ok := d.rows.rows[d.list[i].ID]
	return s, ok
}

// read begins to read the rows from message i on.
func (d *Maildrop) read(ctx context.Context, i int) *block {
	b := &block{first: i, done: make(chan struct{})}
	var ids []int64
	for _, l := range d.list[i:min(i+aheadRows, len(d.list))] {
		ids = append(ids, l.ID)
	}
	ctx = context.WithoutCancel(ctx) // bounded by the store
	d.reads.Go(func() {
		defer close(b.done)
		if rows, err := d.a.store.Servings(ctx, d.owner, ids); err == nil {
			b.rows = rows
		}
	})
	return b
}

func (d *Maildrop) open(ctx context.Context, s Serving) (io.ReadCloser, error) {
	raw, err := d.a.blobs.Open(ctx, s.Ref, s.Digest)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{served(raw, s.Added, s.Tag), raw}, nil
}

// Delete does what DELE means in the view, all or none. The archive keeps the
// messages. What was taught and moved to another mailbox meanwhile stays there.
func (d *Maildrop) Delete(ctx context.Context, marked []int) error {
	ids := make([]int64, len(marked))
	for i, n := range marked {
		ids[i] = d.list[n].ID
	}
	return d.a.store.Dismiss(ctx, d.view, ids)
}

// Close ends the session's view.
func (d *Maildrop) Close() error {
	d.reads.Wait()
	return nil
}
