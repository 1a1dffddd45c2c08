package evidence_test

import (
	"testing"

	"restante/filter"
	"restante/serve/web/evidence"
	"restante/serve/web/words"
)

func TestBars_HaveOneScaleAndOneSideEach(t *testing.T) {
	all := []filter.Evidence{{Weight: 4, Kind: "rule"}, {Weight: .001, Kind: "word"}, {Weight: -2, Kind: "word"}, {Weight: -1, Kind: "word"}}
	type drawn struct {
		x, width   int
		spam, word bool
	}
	for i, want := range []drawn{{100, 100, true, false}, {100, 1, true, true}, {50, 50, false, true}, {75, 25, false, true}} {
		b := evidence.Bars(words.ByCode("en"), all)[i]
		if got := (drawn{b.X, b.Width, b.For, b.Seen}); got != want {
			t.Errorf("bar %d is %+v, want %+v", i, got, want)
		}
	}
	loud := evidence.Loudest(all, 2)
	if len(loud) != 2 || loud[0].Weight != 4 || loud[1].Weight != -2 {
		t.Errorf("the loudest are %v", loud)
	}
	if b := evidence.Bars(words.ByCode("en"), []filter.Evidence{{}}); b[0].Width != 0 {
		t.Errorf("no weight has a bar of %d", b[0].Width)
	}
}

func TestBars_SayRulesInTheReadersLanguage(t *testing.T) {
	ours := filter.Reason{Name: "NO_DATE", Text: "There is no Date, which every mail program writes"}
	theirs := filter.Reason{Name: "NO_DATE", Text: "the boss wants dates"}
	all := []filter.Evidence{{Kind: "rule", Text: "NO_DATE: " + ours.Text, Reason: ours}, {Kind: "rule", Text: "NO_DATE: " + theirs.Text, Reason: theirs}, {Kind: "word", Text: "subject: date"}}
	for code, want := range map[string]string{"en": "NO_DATE: " + ours.Text, "de": "NO_DATE: Das Date-Feld fehlt, das jedes Mailprogramm schreibt"} {
		bars := evidence.Bars(words.ByCode(code), all)
		if bars[0].Said != want || bars[0].Lang != code {
			t.Errorf("in %s: %q, of %s", code, bars[0].Said, bars[0].Lang)
		}
		for i := 1; i < 3; i++ {
			if bars[i].Said != all[i].Text || bars[i].Lang != "und" {
				t.Errorf("in %s what is not ours is %q, of %s", code, bars[i].Said, bars[i].Lang)
			}
		}
	}
}
