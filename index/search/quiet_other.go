//go:build !linux

package search

import "os"

// What stays in memory is for the system to say.
func notAhead(*os.File)                    {}
func absent(*os.File, int64, int64) []span { return nil }
func drop(*os.File, span)                  {}
