package bayes

import "math"

// Every feature belongs to a group: what part of a letter it was read from.
// The lowest three bits of its key say which. Features of one group say much
// the same thing, those of different groups are nearer to independent
// witnesses; so each group is heard on its own and none may outshout the rest.
type group uint8

const (
	inText    group = iota // words of the text
	inPairs                // pairs of words of the text
	inLinks                // hosts and paths of links
	inSubject              // words and pairs of the subject
	inPeople               // addresses and names
	inRoute                // Received, Message-ID, References
	inFormat               // types, sizes, dates, defects, tricks
	inOthers               // all other header fields
	groups    = 8          // how many there are

	groupMask = 7
)

func (g group) key(h uint64) uint32 { return max(uint32(h>>32)&^groupMask|uint32(g), groups) }

func groupOf(key uint32) group { return group(key & groupMask) }

// reach is the length of each group's part of the regression's input; the
// squares add up to 1. Words and their pairs say most that lasts.
var reach = [groups]float64{inText: 0.5, inPairs: 0.5, inLinks: 0.2, inSubject: 0.3, inPeople: 0.3, inRoute: 0.25, inFormat: 0.25, inOthers: 0.3}

// voice is how much of its evidence a group's counts give. The format is the
// sender's program more than the letter, and its features repeat each other.
var voice = [groups]float64{inText: 1, inPairs: 1, inLinks: 1, inSubject: 1, inPeople: 1, inRoute: 1, inFormat: 0.3, inOthers: 1}

// inputs gives the regression's input for a feature of each group: each group
// of a letter has its reach, however many features it has.
func inputs(b Bag) (x [groups]float64) {
	var n [groups]int
	for _, k := range b {
		n[groupOf(k)]++
	}
	for g := range x {
		if n[g] > 0 {
			x[g] = reach[g] / math.Sqrt(float64(n[g]))
		}
	}
	return x
}
