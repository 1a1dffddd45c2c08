package record

import (
	"cmp"
	"context"
	"database/sql"
	"math"
	"slices"

	"restante/index"
)

// The listings, each from one index and no row. What a device hid is taken out
// of them here: to look up each message among the hidden ones takes an engine as
// long as to hand over the message.
const (
	mailboxQuery = "SELECT id, uid, served FROM messages WHERE owner = $1 AND mailbox = $2 AND listed = 1 ORDER BY id"
	deviceQuery  = "SELECT id, uid, served FROM messages WHERE owner = $1 AND mailbox = $2 AND listed IN (0, 1) AND received >= $3"
	spanQuery    = "SELECT id, uid, served FROM messages WHERE owner = $1 AND received >= $2 AND received <= $3"
	hiddenQuery  = "SELECT message FROM hidden WHERE device = $1 AND mailbox = $2"

	// No home: into a virtual mailbox, which lists mail wherever it hangs.
	deliveriesQuery = `SELECT m.id, d.uid, m.served, d.behind, d.made FROM deliveries d JOIN messages m ON m.id = d.message AND m.owner = d.owner
		WHERE d.owner = $1 AND d.device = $2 AND d.mailbox = $3 AND d.made >= $4 AND (m.mailbox = d.home OR d.home = '')`
)

// List gives what a view lists, in the order in which it came there: messages by
// their numbers, those of a search in its own order, and what was delivered again behind the last one of that time.
// Where both are there, what was delivered again is: its UID is known to who
// listed the view before the other came.
func (d *DB) List(ctx context.Context, v index.View) ([]index.Listing, error) {
	if index.CheckText("", v.Owner) != nil {
		return nil, nil // strangers send anything
	}
	var all []index.Listing
	var again []delivered
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	err := d.snapshot(ctx, func(tx *sql.Tx) error {
		l := lister{d, ctx, tx}
		for _, box := range v.Boxes {
			if index.CheckText("", box.Name) != nil {
				continue
			}
			base, err := l.box(v, box)
			if err != nil {
				return err
			}
			all = merged(all, base)
			if again, err = l.again(again, v, box); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, d.explain("list mailbox", err)
	}
	return withAgain(all, again), nil
}

// merged merges listings in order of ID, each message once.
func merged(a, b []index.Listing) []index.Listing {
	if len(a) == 0 {
		return b
	}
	a = append(a, b...)
	slices.SortFunc(a, func(x, y index.Listing) int { return cmp.Compare(x.ID, y.ID) })
	return slices.CompactFunc(a, func(x, y index.Listing) bool { return x.ID == y.ID })
}

// lister reads listings as they were at one moment.
type lister struct {
	d   *DB
	ctx context.Context
	tx  *sql.Tx
}

func (l lister) read(each func(scan func(...any) error) error, query string, args ...any) error {
	stmt, err := l.d.prepared(l.ctx, query)
	if err != nil {
		return err
	}
	own := l.tx.StmtContext(l.ctx, stmt)
	defer own.Close()
	rows, err := own.QueryContext(l.ctx, args...)
	if err != nil {
		return err
	}
	return drain(rows, each)
}

// box lists one box without what was hidden from it.
func (l lister) box(v index.View, box index.Box) (all []index.Listing, err error) {
	hidden := map[int64]bool{}
	if v.Device != 0 || box.Virtual {
		err = l.read(func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			hidden[id] = true
			return err
		}, hiddenQuery, v.Device, box.Name)
		if err != nil {
			return nil, err
		}
	}
	place := make(map[int64]int, len(box.Only))
	for i, id := range box.Only {
		place[id] = i
	}
	each := func(scan func(...any) error) error {
		var line index.Listing
		err := scan(&line.ID, &line.UID, &line.Served)
		if len(hidden) > 0 && hidden[line.ID] {
			return err
		}
		if _, wanted := place[line.ID]; wanted || box.Only == nil {
			all = append(all, line)
		}
		return err
	}
	switch {
	case box.Virtual:
		from, until := int64(math.MinInt64), int64(math.MaxInt64)
		if box.Span != (index.Span{}) {
			from, until = nanos(box.Span.From), nanos(box.Span.Until)
		}
		err = l.read(each, spanQuery, v.Owner, from, until)
	case v.Device == 0:
		err = l.read(each, mailboxQuery, v.Owner, box.Name)
	default:
		err = l.read(each, deviceQuery, v.Owner, box.Name, nanos(v.Since))
	}
	order := func(a, b index.Listing) int { return cmp.Compare(a.ID, b.ID) }
	if box.Only != nil {
		order = func(a, b index.Listing) int { return cmp.Compare(place[a.ID], place[b.ID]) }
	}
	if !slices.IsSortedFunc(all, order) {
		slices.SortFunc(all, order)
	}
	return all, err
}

// delivered is a message that was delivered again.
type delivered struct {
	index.Listing
	behind, made int64
}

func (l lister) again(all []delivered, v index.View, box index.Box) ([]delivered, error) {
	err := l.read(func(scan func(...any) error) error {
		var x delivered
		err := scan(&x.ID, &x.UID, &x.Served, &x.behind, &x.made)
		if box.Only != nil { // its order is not by numbers
			x.behind = math.MaxInt64
		}
		all = append(all, x)
		return err
	}, deliveriesQuery, v.Owner, v.Device, box.Name, nanos(v.Since))
	return all, err
}

// withAgain puts what was delivered again into a listing in order of ID.
func withAgain(all []index.Listing, again []delivered) []index.Listing {
	if len(again) == 0 {
		return all
	}
	slices.SortFunc(again, func(a, b delivered) int {
		return cmp.Or(cmp.Compare(a.behind, b.behind), cmp.Compare(a.made, b.made), cmp.Compare(a.ID, b.ID), cmp.Compare(a.UID, b.UID))
	})
	twice := make(map[int64]bool, len(again))
	again = slices.DeleteFunc(again, func(x delivered) bool { // into two of the boxes
		was := twice[x.ID]
		twice[x.ID] = true
		return was
	})
	out := make([]index.Listing, 0, len(all)+len(again))
	for _, line := range all {
		for ; len(again) > 0 && again[0].behind < line.ID; again = again[1:] {
			out = append(out, again[0].Listing)
		}
		if !twice[line.ID] {
			out = append(out, line)
		}
	}
	for _, x := range again {
		out = append(out, x.Listing)
	}
	return out
}
