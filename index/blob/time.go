package blob

import (
	"math"
	"time"
)

// NoTime stands for the zero time, and for one that nanoseconds cannot hold.
const NoTime = math.MinInt64

// Nanos gives a time as it is stored, in segments and in rows alike: in nanoseconds
// since 1970. 64 bits of them reach from within 1677 to within 2262.
func Nanos(t time.Time) int64 {
	if y := t.Year(); y < 1678 || y > 2261 {
		return NoTime
	}
	return t.UnixNano()
}

// FromNanos is the inverse of Nanos. It gives UTC, and the zero time for NoTime.
func FromNanos(n int64) time.Time {
	if n == NoTime {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
