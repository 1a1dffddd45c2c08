//go:build !(linux || darwin || freebsd)

package blob

import "math"

// freeOctets has nobody to ask here: no floor is kept.
func freeOctets(string) (int64, error) { return math.MaxInt64, nil }
