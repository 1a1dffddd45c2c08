package search

import (
	index "github.com/blevesearch/bleve_index_api"
)

// All places of a term in a message go into one of Bleve's locations: the first
// as its position, and each later one as the distance from the one before, in
// the order in which the location is written: start, end, array positions.
// Nothing else uses those. Bleve writes five numbers and more for each location,
// so that one for every place is four times as large.

// place gives the terms their places. Those of one term must come in order.
func place(seen []occurrence) {
	terms, more := 0, 0
	for _, o := range seen {
		if o.freq.Locations == nil {
			o.freq.Locations = unplaced
			terms++
			more += max(o.freq.Frequency()-inLocation, 0)
		}
	}
	locations := make([]index.TokenLocation, terms)
	refs := make([]*index.TokenLocation, terms)
	for i := range locations {
		refs[i] = &locations[i]
	}
	rest := make([]uint64, more)
	for _, o := range seen {
		if len(o.freq.Locations) == 0 {
			o.freq.Locations, refs = refs[:1:1], refs[1:]
			at := o.freq.Locations[0]
			at.Position = o.pos
			if n := o.freq.Frequency() - inLocation; n > 0 {
				at.ArrayPositions, rest = rest[:0:n], rest[n:]
			}
			continue
		}
		switch at := o.freq.Locations[0]; {
		case at.Start == 0:
			at.Start = o.pos
		case at.End == 0:
			at.End = o.pos
		default:
			at.ArrayPositions = append(at.ArrayPositions, uint64(o.pos))
		}
	}
	for i := range locations {
		shorten(&locations[i])
	}
}

// inLocation is how many places a location has beside its array.
const inLocation = 3

// unplaced marks a term that was counted and has no location yet.
var unplaced = make([]*index.TokenLocation, 0)

// shorten makes distances of places.
func shorten(l *index.TokenLocation) {
	for i := len(l.ArrayPositions) - 1; i >= 0; i-- {
		before := uint64(l.End)
		if i > 0 {
			before = l.ArrayPositions[i-1]
		}
		l.ArrayPositions[i] -= before
	}
	if l.End > 0 {
		l.End -= l.Start
	}
	if l.Start > 0 {
		l.Start -= l.Position
	}
}

// placesOf reads the places of a term in a message, in order, into a slice that
// it may make longer.
func placesOf(d *index.TermFieldDoc, into []uint64) []uint64 {
	into = into[:0]
	for _, v := range d.Vectors {
		at := v.Pos
		into = append(into, at)
		if v.Start == 0 {
			continue
		}
		at += v.Start
		into = append(into, at)
		if v.End == 0 {
			continue
		}
		at += v.End
		into = append(into, at)
		for _, n := range v.ArrayPositions {
			at += n
			into = append(into, at)
		}
	}
	return into
}
