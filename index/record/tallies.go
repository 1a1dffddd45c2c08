package record

import (
	"cmp"
	"context"
	"slices"
	"time"

	"restante/filter"
	"restante/index"
)

// countedQuery counts what came each day by its class now, in the order of an index
// that holds all it reads. Where a first round took a hundred thousand messages in a
// day, to sort them would take most of the time.
const countedQuery = `SELECT m.received / 86400000000000, 0, 0,
		COUNT(*) FILTER (WHERE m.class = 0), COUNT(*) FILTER (WHERE m.class = 1), COUNT(*) FILTER (WHERE m.class = 2)
	FROM messages m
	WHERE m.owner = $1 AND m.received / 86400000000000 >= $2 / 86400000000000 - 1 AND m.received >= $2
	GROUP BY m.received / 86400000000000`

// otherwiseQuery counts what was first judged otherwise than it is now. A message's
// first lesson noted how it was judged.
const otherwiseQuery = `SELECT m.received / 86400000000000, f.class, m.class, COUNT(*), 0, 0
	FROM (SELECT message, MIN(number) AS number FROM moved WHERE owner = $1 GROUP BY message) o
	JOIN moved f ON f.owner = $1 AND f.number = o.number AND f.message = o.message
	JOIN messages m ON m.id = o.message
	WHERE m.owner = $1 AND m.received >= $2 AND f.class <> m.class
	GROUP BY m.received / 86400000000000, f.class, m.class`

// kind is what messages are counted by: a day of the Unix epoch, the class as first
// judged, and the class now.
type kind struct{ day, judged, now int64 }

func (k kind) tally(n int64) index.Tally {
	return index.Tally{Day: time.Unix(0, k.day*int64(24*time.Hour)).UTC(), Judged: filter.Class(k.judged), Now: filter.Class(k.now), Count: int(n)}
}

// Judged counts an owner's messages received since a time, by day, class as
// first judged, and class now.
func (d *DB) Judged(ctx context.Context, owner string, since time.Time) ([]index.Tally, error) {
	count := map[kind]int64{}
	err := d.read(ctx, func(scan func(...any) error) error {
		var k kind
		var n [3]int64
		if err := scan(&k.day, &k.judged, &k.now, &n[0], &n[1], &n[2]); err != nil {
			return err
		}
		if k.judged != k.now { // counted as what it is now, too
			count[k] += n[0]
			count[kind{k.day, k.now, k.now}] -= n[0]
			return nil
		}
		for class, n := range n {
			count[kind{k.day, int64(class), int64(class)}] += n
		}
		return nil
	}, countedQuery+" UNION ALL "+otherwiseQuery, owner, nanos(since))
	if err != nil {
		return nil, d.explain("count messages", err)
	}
	var all []index.Tally
	for k, n := range count {
		if n != 0 {
			all = append(all, k.tally(n))
		}
	}
	return byDay(all), nil
}

// correctedQuery counts what is another class now than it was first judged. A
// message's first lesson noted how it was judged; its last one is that which stands,
// since to take one back is to teach again what it replaced.
const correctedQuery = `SELECT l.taught / 86400000000000, f.class, m.class, COUNT(*)
	FROM (SELECT message, MIN(number) AS first, MAX(number) AS last FROM moved WHERE owner = $1 GROUP BY message) o
	JOIN lessons l ON l.owner = $1 AND l.number = o.last
	JOIN moved f ON f.owner = $1 AND f.number = o.first AND f.message = o.message
	JOIN messages m ON m.id = o.message
	WHERE l.taught >= $2 AND m.owner = $1 AND f.class <> m.class
	GROUP BY l.taught / 86400000000000, f.class, m.class`

// Corrected counts an owner's messages that are of another class than they were
// first judged, by the day of the last lesson about them.
func (d *DB) Corrected(ctx context.Context, owner string, since time.Time) (all []index.Tally, err error) {
	err = d.read(ctx, func(scan func(...any) error) error {
		var k kind
		var n int64
		err := scan(&k.day, &k.judged, &k.now, &n)
		all = append(all, k.tally(n))
		return err
	}, correctedQuery, owner, nanos(since))
	if err != nil {
		return nil, d.explain("count corrections", err)
	}
	return byDay(all), nil
}

func byDay(all []index.Tally) []index.Tally {
	slices.SortFunc(all, func(a, b index.Tally) int {
		return cmp.Or(a.Day.Compare(b.Day), cmp.Compare(a.Judged, b.Judged), cmp.Compare(a.Now, b.Now))
	})
	return all
}
