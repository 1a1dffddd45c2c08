package evidence_test

import (
	"testing"

	"restante/filter"
	"restante/serve/web/evidence"
)

func TestBars_HaveOneScaleAndOneSideEach(t *testing.T) {
	all := []filter.Evidence{{Weight: 4, Kind: "rule"}, {Weight: .001, Kind: "word"}, {Weight: -2, Kind: "word"}, {Weight: -1, Kind: "word"}}
	type drawn struct {
		x, width   int
		spam, word bool
	}
	for i, want := range []drawn{{100, 100, true, false}, {100, 1, true, true}, {50, 50, false, true}, {75, 25, false, true}} {
		b := evidence.Bars(all)[i]
		if got := (drawn{b.X, b.Width, b.For, b.Seen}); got != want {
			t.Errorf("bar %d is %+v, want %+v", i, got, want)
		}
	}
	loud := evidence.Loudest(all, 2)
	if len(loud) != 2 || loud[0].Weight != 4 || loud[1].Weight != -2 {
		t.Errorf("the loudest are %v", loud)
	}
	if b := evidence.Bars([]filter.Evidence{{}}); b[0].Width != 0 {
		t.Errorf("no weight has a bar of %d", b[0].Width)
	}
}
