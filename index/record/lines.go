package record

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"restante/index"
)

// lineText is all lines of a listing, in any order: number, octets and UID of a
// message, and an end of line.
const lineText = "string_agg(id || ' ' || served || ' ' || uid, '\n')"

// readLines reads lineText.
func readLines(text string) ([]index.Listing, error) {
	if len(text) == 0 {
		return nil, nil
	}
	n := strings.Count(text, "\n") + 1
	out := make([]index.Listing, n)
	var uids strings.Builder // one for all: each by itself would be an allocation
	uids.Grow(len(text))
	ends := make([]int, n)
	for i := range out {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		id, rest, _ := strings.Cut(line, " ")
		served, uid, _ := strings.Cut(rest, " ")
		var err error
		if out[i].ID, err = strconv.ParseInt(id, 10, 64); err == nil {
			out[i].Served, err = strconv.ParseInt(served, 10, 64)
		}
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", line, err)
		}
		uids.WriteString(uid)
		ends[i] = uids.Len()
	}
	all := strings.Clone(uids.String()) // without the room that the numbers had
	from := 0
	for i, end := range ends {
		out[i].UID, from = all[from:end], end
	}
	return out, nil
}

// lister reads listings as they were at one moment.
type lister struct {
	d        *DB
	ctx      context.Context
	tx       *sql.Tx
	messages []int64 // these only; nil: all
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

// some runs a query about messages, which column names, once, or once for some of
// them at a time.
func (l lister) some(messages []int64, column string, each func(scan func(...any) error) error, query string, args ...any) error {
	if messages == nil {
		return l.read(each, query, args...)
	}
	return pieces(len(messages), func(from, to int) error {
		stmt, all := with(query+" AND "+column+" IN (ids)", args[:len(args):len(args)], messages[from:to])
		return l.read(each, stmt, all...)
	})
}

// maxFound is how many messages of a search are looked up one by one. To read all
// of an archive takes longer up to twenty times as many.
const maxFound = 4096

// box lists one box without what was hidden from it.
func (l lister) box(v index.View, box index.Box) (all []index.Listing, err error) {
	messages := l.messages
	if messages == nil && box.Only != nil && len(box.Only) <= maxFound {
		messages = box.Only
	}
	collect := func(scan func(...any) error) error {
		var text sql.NullString // null: no lines
		if err := scan(&text); err != nil {
			return err
		}
		lines, err := readLines(text.String)
		all = append(all, lines...)
		return err
	}
	switch {
	case box.Virtual:
		from, until := int64(math.MinInt64), int64(math.MaxInt64)
		if box.Span != (index.Span{}) {
			from, until = nanos(box.Span.From), nanos(box.Span.Until)
		}
		err = l.some(messages, "id", collect, spanQuery, v.Owner, from, until)
	case v.Device == 0:
		err = l.some(messages, "id", collect, mailboxQuery, v.Owner, box.Name)
	default:
		err = l.some(messages, "id", collect, deviceQuery, v.Owner, box.Name, nanos(v.Since))
	}
	if err != nil {
		return nil, err
	}
	byNumber := func(a, b index.Listing) int { return cmp.Compare(a.ID, b.ID) }
	if !slices.IsSortedFunc(all, byNumber) {
		slices.SortFunc(all, byNumber)
	}
	if v.Device != 0 || box.Virtual {
		if all, err = l.shown(all, messages, v, box); err != nil {
			return nil, err
		}
	}
	if box.Only != nil {
		all = inOrder(all, box.Only)
	}
	return all, nil
}

// shown takes out what was hidden from a box. All are in order of number.
func (l lister) shown(all []index.Listing, messages []int64, v index.View, box index.Box) ([]index.Listing, error) {
	var hidden []int64
	err := l.some(messages, "message", func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		hidden = append(hidden, id)
		return err
	}, hiddenQuery, v.Device, box.Name)
	if err != nil || len(hidden) == 0 {
		return all, err
	}
	slices.Sort(hidden)
	return slices.DeleteFunc(all, func(line index.Listing) bool {
		for len(hidden) > 0 && hidden[0] < line.ID {
			hidden = hidden[1:]
		}
		return len(hidden) > 0 && hidden[0] == line.ID
	}), nil
}

// inOrder gives the lines of some messages in their order.
func inOrder(all []index.Listing, only []int64) []index.Listing {
	place := make(map[int64]int, len(only))
	for i, id := range only {
		place[id] = i
	}
	all = slices.DeleteFunc(all, func(line index.Listing) bool {
		_, wanted := place[line.ID]
		return !wanted
	})
	slices.SortFunc(all, func(a, b index.Listing) int { return cmp.Compare(place[a.ID], place[b.ID]) })
	return all
}
