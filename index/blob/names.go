package blob

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	suffix     = ".mbox.zst"
	tempSuffix = ".new" // of a file that is being written; removed when the log opens
	cutSuffix  = ".cut" // of what a crash left unfinished
	chainName  = "chain"
	keyName    = "key"
)

// segmentName is the name of a segment's file. Generation 0 grows; each file
// that takes its place, sealed, has a name of its own, so that whoever copies a
// file by its name never gets a part of one and a part of the next.
func segmentName(seg, gen uint32) string {
	if gen == 0 {
		return fmt.Sprintf("%06d%s", seg, suffix)
	}
	return fmt.Sprintf("%06d-%d%s", seg, gen, suffix)
}

// segmentOf tells which segment a file is named after, and its generation.
func segmentOf(name string) (seg, gen uint32, ok bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	if !ok {
		return 0, 0, false
	}
	digits, later, sealed := strings.Cut(digits, "-")
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || n == 0 {
		return 0, 0, false
	}
	if sealed {
		g, err := strconv.ParseUint(later, 10, 32)
		if err != nil || g == 0 {
			return 0, 0, false
		}
		gen = uint32(g)
	}
	seg = uint32(n)
	return seg, gen, segmentName(seg, gen) == name
}
