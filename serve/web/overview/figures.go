package overview

import (
	"context"
	"time"

	"restante/filter"
	"restante/index"
	"restante/index/search"
)

// Day is a day's mail by its class.
type Day struct {
	Day               time.Time // its beginning, UTC
	Ham, Unsure, Spam int64
}

// Correction is how many messages were judged one thing and are another.
type Correction struct {
	Was, Now string // classes
	Count    int64
}

// Sender is who wrote much lately.
type Sender struct {
	Address string
	Count   int64
}

// Figures tell how a person's mail does.
type Figures struct {
	Days        []Day // the last 30, the first first: by what mail was judged to be
	Corrected   []Day // the same days: mail that was corrected then, by what it is since
	Corrections []Correction
	Ham, Spam   int64     // lessons
	Taught      time.Time // when the last of them was given; zero: never
	Senders     []Sender  // the most first
	Messages    int64     // in the archive
	Used, Free  int64     // octets, of the archive of all owners
}

// days is how far back is looked.
const days = 30

// recent asks for the mail of whose senders is told.
const recent = "newer:30d"

// sendersMost is how many senders are told.
const sendersMost = 10

// Count gathers an owner's figures.
func Count(ctx context.Context, o Options, owner string, now time.Time) (*Figures, error) {
	first := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-days)
	s, err := o.Archive.FilterStats(ctx, owner, first)
	if err != nil {
		return nil, err
	}
	f := &Figures{
		Days: perDay(s.Tallies, first, judged), Corrected: perDay(s.Corrected, first, corrected), Corrections: corrections(s.Corrected),
		Ham: int64(s.Model.Ham), Spam: int64(s.Model.Spam), Taught: s.Last,
	}
	lately, err := o.search(ctx, owner, recent, now, search.Page{Limit: 1, Facets: true})
	if err != nil {
		return nil, err
	}
	if lately.Facets != nil {
		for _, n := range lately.Facets.Senders[:min(len(lately.Facets.Senders), sendersMost)] {
			f.Senders = append(f.Senders, Sender{n.Value, int64(n.Hits)})
		}
	}
	all, err := o.search(ctx, owner, "", now, search.Page{Limit: 1})
	if err != nil {
		return nil, err
	}
	f.Messages = int64(all.Total)
	f.Used, f.Free, err = o.House.Space(ctx)
	return f, err
}

func (o Options) search(ctx context.Context, owner, query string, now time.Time, page search.Page) (search.Result, error) {
	q, err := search.Parse(query, now)
	if err != nil {
		return search.Result{}, err
	}
	return o.Catalogue.Search(ctx, owner, q, page)
}

// judged is the class that a message was first given.
func judged(t index.Tally) (filter.Class, bool) { return t.Judged, true }

// corrected is the class that a person gave to mail that was judged otherwise.
func corrected(t index.Tally) (filter.Class, bool) { return t.Now, t.Now != filter.Unsure }

// perDay counts mail by the day of its tally and by the class that of gives, where it
// counts at all. What lies outside the days, as after a clock was wrong, is left out.
func perDay(all []index.Tally, first time.Time, of func(index.Tally) (filter.Class, bool)) []Day {
	out := make([]Day, days)
	for i := range out {
		out[i].Day = first.AddDate(0, 0, i)
	}
	for _, t := range all {
		i := int(t.Day.Sub(first) / (24 * time.Hour))
		class, counts := of(t)
		if i < 0 || i >= days || t.Day.Before(first) || !counts {
			continue
		}
		switch n := int64(t.Count); class {
		case filter.Ham:
			out[i].Ham += n
		case filter.Spam:
			out[i].Spam += n
		default:
			out[i].Unsure += n
		}
	}
	return out
}

// corrections counts what lessons said otherwise than the filter had.
func corrections(all []index.Tally) (out []Correction) {
	count := map[[2]filter.Class]int64{}
	for _, t := range all {
		if class, ok := corrected(t); ok {
			count[[2]filter.Class{t.Judged, class}] += int64(t.Count)
		}
	}
	for _, x := range [][2]filter.Class{{filter.Spam, filter.Ham}, {filter.Ham, filter.Spam}, {filter.Unsure, filter.Ham}, {filter.Unsure, filter.Spam}} {
		out = append(out, Correction{x[0].String(), x[1].String(), count[x]})
	}
	return out
}
