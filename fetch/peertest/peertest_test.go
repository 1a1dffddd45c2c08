package peertest_test

import (
	"runtime"
	"strings"
	"testing"

	"restante/fetch/peertest"
)

// told is a test that writes down how it ended.
type told struct {
	testing.TB
	failed, skipped string
}

func (t *told) Helper()           {}
func (t *told) Fatal(args ...any) { t.failed = args[0].(string); runtime.Goexit() }
func (t *told) Skip(args ...any)  { t.skipped = args[0].(string); runtime.Goexit() }

// end runs what ends a test.
func end(f func(testing.TB)) *told {
	t := &told{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(t)
	}()
	<-done
	return t
}

func TestNeeds_SkipsOnAPlainMachineAndFailsInCI(t *testing.T) {
	const absent = "no-such-program.example"
	for ci, failed := range map[string]bool{"": false, "true": true} {
		t.Setenv("CI", ci)
		got := end(func(t testing.TB) { peertest.Needs(t, "go", absent) })
		if !strings.Contains(got.failed+got.skipped, absent) || (got.failed != "") != failed || (got.skipped == "") != failed {
			t.Errorf("CI=%q: failed %q, skipped %q", ci, got.failed, got.skipped)
		}
		if got := end(func(t testing.TB) { peertest.Needs(t, "go") }); got.failed+got.skipped != "" {
			t.Errorf("CI=%q, with all there: failed %q, skipped %q", ci, got.failed, got.skipped)
		}
	}
}
