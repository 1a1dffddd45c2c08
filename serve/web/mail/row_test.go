package mail

import (
	"testing"

	"restante/filter"
	"restante/index"
)

func TestLoudest_IsWhatMadeIt(t *testing.T) {
	about := filter.Reason{Name: "PARCEL_NOTICE", Weight: 0.001, Text: "It tells where a parcel is"}
	weak := filter.Reason{Name: "BROKEN_HEADER", Weight: 0.8, Text: "The header is malformed"}
	strong := filter.Reason{Name: "NO_MESSAGE_ID", Weight: 1, Text: "There is no Message-ID"}
	words := filter.Reason{Name: filter.WordsReason, Weight: 5, Text: "Words"}
	for _, c := range []struct {
		class   filter.Class
		reasons []filter.Reason
		want    string
	}{
		{filter.Spam, []filter.Reason{about, weak, strong, words}, strong.Text},
		{filter.Spam, []filter.Reason{about, words}, ""},
		{filter.Unsure, []filter.Reason{weak}, weak.Text},
		{filter.Ham, []filter.Reason{strong}, ""},
	} {
		if got := loudest(index.Message{Class: c.class, Reasons: c.reasons}).Text; got != c.want {
			t.Errorf("%v of %v: %q, want %q", c.reasons, c.class, got, c.want)
		}
	}
}
