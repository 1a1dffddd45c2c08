package pop3d_test

import (
	"fmt"
	"strings"
	"testing"

	"restante/serve/pop3d"
)

// Sizes that end around the edges of the buffers, lines far longer than any
// scanner takes, and dots where a buffer begins.
func TestRETR_NoLineIsTooLongAndNoEdgeShows(t *testing.T) {
	box := pop3d.NewMemory()
	box.AddUser("ada", "engine one")
	bodies := []string{
		"Subject: x\r\n\r\n" + strings.Repeat("x", 1<<20),
		"Subject: x\r\n\r\n" + strings.Repeat("x", 70_000) + "\r\n.\r\n" + strings.Repeat(".", 70_000),
	}
	for n := 32<<10 - 6; n < 32<<10+6; n++ {
		bodies = append(bodies, "a: b\r\n\r\n"+strings.Repeat("x", n-10)+"\r\n.dot\r\n", strings.Repeat(".\r\n", n/3))
	}
	for _, body := range bodies {
		if _, err := box.Add("ada", []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	s := serve(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Always}})
	c := dial(t, s.clear).in()
	for i, body := range bodies {
		want := crlf(body)
		c.ask(fmt.Sprintf("LIST %d", i+1), fmt.Sprintf("+OK %d %d", i+1, len(want)))
		c.ask(fmt.Sprintf("RETR %d", i+1), "+OK")
		if got := c.body(); got != want {
			t.Errorf("RETR %d gives %d octets, want %d", i+1, len(got), len(want))
		}
		c.ask(fmt.Sprintf("TOP %d 99999999", i+1), "+OK")
		if got := c.body(); got != want {
			t.Errorf("TOP %d gives %d octets, want %d", i+1, len(got), len(want))
		}
	}
	c.ask("TOP 1 0", "+OK")
	if got := c.body(); got != "Subject: x\r\n\r\n" {
		t.Errorf("TOP 1 0 gives %d octets", len(got))
	}
}
