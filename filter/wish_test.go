package filter_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"restante/filter"
	"restante/filter/sender"
)

// said is what an owner said.
type said struct {
	who    sender.List
	taught filter.Class
	err    error
}

func (s said) Senders(context.Context, string) (sender.List, error) { return s.who, s.err }
func (s said) Taught(context.Context, string, [32]byte) (filter.Class, error) {
	return s.taught, s.err
}

func TestDeliver_TheOwnersWordDecides(t *testing.T) {
	list := sender.List{"pills.example": {Name: "pills.example"}, "ada@example.com": {Name: "ada@example.com", Blocked: true}}
	forged := "Authentication-Results: mx.isp.example; dmarc=fail\r\n" + pills
	for name, tt := range map[string]struct {
		text   string
		said   said
		class  filter.Class
		reason string // the first
	}{
		"nothing said":            {pills, said{}, filter.Spam, ""},
		"allowed":                 {pills, said{who: list}, filter.Ham, filter.AllowedReason},
		"blocked":                 {lunch, said{who: list}, filter.Spam, filter.BlockedReason},
		"allowed, but forged":     {forged, said{who: list}, filter.Spam, filter.RefutedReason},
		"released, comes again":   {pills, said{taught: filter.Ham}, filter.Ham, filter.TaughtReason},
		"taught as spam":          {lunch, said{taught: filter.Spam}, filter.Spam, filter.TaughtReason},
		"released, and blocked":   {lunch, said{who: list, taught: filter.Ham}, filter.Ham, filter.TaughtReason},
		"released, who is forged": {forged, said{who: list, taught: filter.Ham}, filter.Ham, filter.TaughtReason},
	} {
		got, err := deliver(t, tt.text, filter.Options{Wishes: tt.said})
		if err != nil {
			t.Fatal(err)
		}
		v := got.Verdict
		if v.Class != tt.class || tt.reason != "" && v.Reasons[0].Name != tt.reason {
			t.Errorf("%s: %v in %s by %v", name, v.Class, v.Mailbox, v.Reasons)
		}
		if want := map[filter.Class]string{filter.Ham: filter.Inbox, filter.Spam: filter.Quarantine}[tt.class]; v.Mailbox != want {
			t.Errorf("%s: goes to %s, want %s", name, v.Mailbox, want)
		}
		if tt.reason != "" && !strings.Contains(got.Added, "tests="+tt.reason) {
			t.Errorf("%s: the header does not say so: %s", name, got.Added)
		}
		words := false
		for _, r := range v.Reasons {
			words = words || r.Name == filter.WordsReason
		}
		if !words {
			t.Errorf("%s: the words are not told", name)
		}
	}
	broken := errors.New("no rows today")
	if got, err := deliver(t, lunch, filter.Options{Wishes: said{err: broken}}); !errors.Is(err, broken) || got != nil {
		t.Errorf("where the wishes cannot be read it is kept: %v, %v", got, err)
	}
}
