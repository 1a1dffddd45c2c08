package mbox_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"restante/fetch"
)

func TestPlace_NamesTheFileAndTheNumberInIt(t *testing.T) {
	dir := lay(t, map[string]string{
		"a.eml": "A: b\n", "b": fromLine + "A: 1\n\n" + fromLine + "A: 2\n\n" + fromLine + "A: 3\n", "c": fromLine + "A: 1\n",
	})
	for path, want := range map[string][]string{
		"":      {"a.eml 0", "b 1", "b 2", "b 3", "c 0"},
		"b":     {". 1", ". 2", ". 3"},
		"c":     {". 0"},
		"a.eml": {". 0"},
	} {
		s, items := open(t, filepath.Join(dir, path))
		// The order of asking must not matter.
		got := make([]string, len(items))
		for _, it := range slices.Concat(items[len(items)/2:], items[:len(items)/2]) {
			rel, n := s.Place(it)
			got[it.Num-1] = fmt.Sprint(rel, " ", n)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q: %s", path, d)
		}
		if rel, n := s.Place(fetch.Item{Num: len(items) + 1}); rel != "" || n != 0 {
			t.Errorf("%q: no message lies at %s %d", path, rel, n)
		}
	}
}
