// Package lru remembers what was used last, up to a weight.
//
// A [Cache] never weighs more than its user says, and lets go of what was used
// longest ago first. It is safe for several goroutines.
//
// # Why
//
// Unpacked blocks, listings of views and letters on their way to the catalogue are
// all cheap to hold and dear to make, and each must have a bound in octets or rows
// and not in entries, since one may be a thousand times as large as another.
package lru
