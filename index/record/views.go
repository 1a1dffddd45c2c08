package record

import (
	"cmp"
	"context"
	"database/sql"
	"math"
	"slices"

	"restante/index"
)

// The listings, each from one index and no row, with its lines as one text: an
// engine hands over a row in twice the time that it needs to find it. What a
// device hid is taken out of them here: to look up each message among the hidden
// ones takes an engine as long as to hand over the message.
const (
	mailboxQuery = "SELECT " + lineText + " FROM messages WHERE owner = $1 AND mailbox = $2 AND listed = 1"
	deviceQuery  = "SELECT " + lineText + " FROM messages WHERE owner = $1 AND mailbox = $2 AND listed IN (0, 1) AND received >= $3"
	spanQuery    = "SELECT " + lineText + " FROM messages WHERE owner = $1 AND received >= $2 AND received <= $3"
	hiddenQuery  = "SELECT message FROM hidden WHERE device = $1 AND mailbox = $2"

	// No home: into a virtual mailbox, which lists mail wherever it hangs.
	deliveriesQuery = `SELECT m.id, d.uid, m.served, d.behind, d.made FROM deliveries d JOIN messages m ON m.id = d.message AND m.owner = d.owner
		WHERE d.owner = $1 AND d.device = $2 AND d.mailbox = $3 AND d.made >= $4 AND (m.mailbox = d.home OR d.home = '')`
)

// List gives what a view lists, in the order in which it came there: messages by
// their numbers, those of a search in its own order, and what was delivered again
// behind the last one of that time. Where both are there, what was delivered again
// is: its UID is known to who listed the view before the other came.
func (d *DB) List(ctx context.Context, v index.View) ([]index.Listing, error) {
	l, err := d.Relist(ctx, v, index.Lines{}, nil)
	return l.All, err
}

// Relist gives what List does, with what it needs to be asked again. Where old is
// what it gave before, and messages alone, in order of number, may be listed
// otherwise since, it takes as long as these are many. Nil messages are any.
func (d *DB) Relist(ctx context.Context, v index.View, old index.Lines, messages []int64) (index.Lines, error) {
	var out index.Lines
	if index.CheckText("", v.Owner) != nil {
		return out, nil // strangers send anything
	}
	var again []delivered
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	err := d.snapshot(ctx, func(tx *sql.Tx) error {
		l := lister{d, ctx, tx, messages}
		for _, box := range v.Boxes {
			if index.CheckText("", box.Name) != nil {
				continue
			}
			mail, err := l.box(v, box)
			if err != nil {
				return err
			}
			out.Mail = merged(out.Mail, mail)
			if again, err = l.again(again, v, box); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return index.Lines{}, d.explain("list mailbox", err)
	}
	if messages != nil {
		out.Mail = replaced(old.Mail, messages, out.Mail)
	}
	out.All = withAgain(out.Mail, again)
	return out, nil
}

// Unread gives the numbers of what an owner's own view lists in any mailbox.
func (d *DB) Unread(ctx context.Context, owner string) (ids []int64, err error) {
	if index.CheckText("", owner) != nil {
		return nil, nil
	}
	err = d.read(ctx, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT id FROM messages WHERE owner = $1 AND listed = 1", owner)
	return ids, d.explain("list the unread", err)
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

// replaced puts lines in the place of those of some messages. All are in order of
// number.
func replaced(old []index.Listing, messages []int64, now []index.Listing) []index.Listing {
	out := make([]index.Listing, 0, len(old)+len(now))
	for _, id := range messages {
		i, _ := slices.BinarySearchFunc(old, id, func(line index.Listing, id int64) int { return cmp.Compare(line.ID, id) })
		out, old = append(out, old[:i]...), old[i:]
		if len(old) > 0 && old[0].ID == id {
			old = old[1:]
		}
		if len(now) > 0 && now[0].ID == id {
			out, now = append(out, now[0]), now[1:]
		}
	}
	return append(out, old...)
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
