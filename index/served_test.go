package index

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestServed_PutsTheAddedHeaderFirst(t *testing.T) {
	const added = "X-Verdict: ham\r\n"
	for _, x := range []struct{ raw, want string }{
		{"", added},
		{"a", added + "a"},
		{"From", added + "From"},
		{"From: ada\r\n\r\nhi\r\n", added + "From: ada\r\n\r\nhi\r\n"},
		{"From ada Fri\nTo: bob\n\nhi\n", "From ada Fri\n" + added + "To: bob\n\nhi\n"},
		{"From ada without an end", added + "From ada without an end"},
		{"From " + strings.Repeat("x", 5000) + "\nTo: bob\n", added + "From " + strings.Repeat("x", 5000) + "\nTo: bob\n"},
	} {
		for name, raw := range map[string]io.Reader{"whole": strings.NewReader(x.raw), "by octet": iotest.OneByteReader(strings.NewReader(x.raw))} {
			if got, err := io.ReadAll(served(raw, added, "")); err != nil || string(got) != x.want {
				t.Errorf("%s: %.40q = %.60q, %v, want %.60q", name, x.raw, got, err, x.want)
			}
		}
	}
}

func TestServed_FaultOfTheSourceIsNoEnd(t *testing.T) {
	fault := errors.New("the disk is gone")
	for _, before := range []string{"", "To", "To: bob\n", "From ", "From ada\nTo: bob\n"} {
		raw := io.MultiReader(strings.NewReader(before), iotest.ErrReader(fault))
		if got, err := io.ReadAll(served(raw, "X: y\r\n", "")); err != fault {
			t.Errorf("after %q: %q, %v, want the fault", before, got, err)
		}
	}
}
