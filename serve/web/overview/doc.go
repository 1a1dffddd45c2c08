// Package overview is the page that tells how a person's mail does: what came,
// what the filter made of it and how often it was corrected, who writes, how the
// accounts stand, and what space there is.
//
// It promises that every drawing is told in words and in a table too, and that what
// is told is the owner's, but for the space of the disk, which is everybody's.
//
// # Why
//
// The drawing is SVG made here: it needs no script, prints, and turns dark with the
// page. Days are those of UTC, as the rows count them. A month of days is what a
// person still compares; longer lines belong to the monitor.
//
// A correction belongs to the day on which somebody made it, whenever the message
// came: who looks through a week of mail on Sunday has worked on Sunday.
//
// The figures are counted when they are asked for, by the same code for the page and
// the API. To hold them would need their age told beside them, and saves little: days
// are counted in the order of an index, of the catalogue the month is looked at, and
// to count all mail there takes less than either.
package overview
