package segment

import (
	"encoding/binary"
	"math/bits"

	api "github.com/blevesearch/scorch_segment_api/v2"
)

// All places of a term in a document go into one of Bleve's locations: the first
// as its position, and each later one as the distance from the one before, in
// the order in which the location is written: start, end, array positions.
// Nothing else uses those. Bleve writes five numbers and more for each location,
// so that one for every place is four times as large.

// inLocation is how many places a location has beside its array.
const inLocation = 3

// appendLocation writes places, which grow, as zap writes a location: number of
// the field, position, start, end, length of the array, the array.
func appendLocation(b []byte, field uint8, places []uint32) []byte {
	b = binary.AppendUvarint(b, uint64(field))
	before := uint32(0)
	for i := range max(inLocation, len(places)) {
		if i == inLocation {
			b = binary.AppendUvarint(b, uint64(len(places)-inLocation))
		}
		step := uint32(0)
		if i < len(places) {
			step, before = places[i]-before, places[i]
		}
		b = binary.AppendUvarint(b, uint64(step))
	}
	if len(places) <= inLocation {
		b = append(b, 0)
	}
	return b
}

// locationLen is how many octets appendLocation writes.
func locationLen(field uint8, places []uint32) int {
	n := uvarintLen(uint64(field)) + max(inLocation-len(places), 0)
	n += uvarintLen(uint64(max(len(places)-inLocation, 0)))
	before := uint32(0)
	for _, p := range places {
		n += uvarintLen(uint64(p - before))
		before = p
	}
	return n
}

func uvarintLen(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }

// PlacesOf reads the places of a term in a document, in order, into a slice that
// it may make longer.
func PlacesOf(locations []api.Location, into []uint64) []uint64 {
	into = into[:0]
	for _, l := range locations {
		at := l.Pos()
		into = append(into, at)
		if l.Start() == 0 {
			continue
		}
		at += l.Start()
		into = append(into, at)
		if l.End() == 0 {
			continue
		}
		at += l.End()
		into = append(into, at)
		for _, n := range l.ArrayPositions() {
			at += n
			into = append(into, at)
		}
	}
	return into
}
