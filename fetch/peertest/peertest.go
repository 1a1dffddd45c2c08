// Package peertest is what a test does without the program of others that it
// runs against.
//
// On a plain machine the test skips, and says what is missing. With CI=true in the
// environment it fails: .ci/run installs all that is asked for.
//
// # Why
//
// Whoever has Go can run the tests, and nobody is asked to install twenty programs
// first. But a skip that nobody sees is a test that nobody runs, so where all of
// them should be there, a missing one is a fault.
package peertest

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// Needs gives up on the test where one of the programs is not to be found. A
// benchmark always skips: CI runs none.
func Needs(t testing.TB, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			Missing(t, "%s is not installed", program)
		}
	}
}

// Missing gives up on the test, saying what is missing, and if possible what to
// do about it.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	what := fmt.Sprintf(format, args...)
	if _, bench := t.(*testing.B); !bench && os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}
