package pop3d_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"restante/serve/pop3d"
)

var errRotten = errors.New("bytes are rotten")

// rotten is a one-message maildrop of a listed size, whose source opens as told.
type rotten struct {
	shaky
	size int64
}

func (r *rotten) Size(int) int64 { return r.size }

func serveRotten(t *testing.T, size int64, open func() (io.ReadCloser, error)) (*client, *journal) {
	t.Helper()
	j := &journal{}
	drop := &rotten{size: size}
	drop.open = open
	s := serve(t, pop3d.Options{Porter: ported{drop}, Profile: pop3d.Profile{Plaintext: pop3d.Always}, Log: j.logger(),
		Damaged: func(err error) bool { return errors.Is(err, errRotten) }})
	return dial(t, s.clear).in(), j
}

func TestDamaged_IsAStubOfTheListedSizeAndTheSessionGoesOn(t *testing.T) {
	sources := map[string]func() (io.ReadCloser, error){
		"open": func() (io.ReadCloser, error) { return nil, fmt.Errorf("open: %w", errRotten) },
		"read": func() (io.ReadCloser, error) { return io.NopCloser(iotest.ErrReader(errRotten)), nil },
		"read later": func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader("Subject: x\r\n\r\nhalf"), iotest.ErrReader(errRotten))), nil
		},
	}
	for name, open := range sources {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int64{0, 2, 3, 10, 130, 200, 359, 360, 361, 362, 363, 364, 365, 366, 367, 1000, 32767, 32768, 100_000} {
				c, j := serveRotten(t, size, open)
				c.ask("RETR 1", fmt.Sprintf("+OK %d octets", size))
				got := c.body()
				if int64(len(got)) != size || size > 0 && !strings.HasSuffix(got, "\r\n") {
					t.Errorf("a message of %d octets came as %d: %q", size, len(got), got[max(0, len(got)-100):])
				}
				if size >= 1000 && (!strings.Contains(got, "Subject: [damaged message]") || !strings.Contains(got, "u1")) {
					t.Errorf("the stub does not say so: %.300q", got)
				}
				c.ask("RETR 1", "+OK")
				if again := c.body(); again != got {
					t.Errorf("size %d: it came otherwise the second time", size)
				}
				c.ask("TOP 1 99999999", "+OK")
				if again := c.body(); again != got {
					t.Errorf("size %d: TOP gives %q", size, again)
				}
				c.ask("TOP 1 0", "+OK")
				if top := c.body(); size >= 1000 && !strings.HasSuffix(top, "us-ascii\r\n\r\n") && top != "Subject: x\r\n\r\n" { // its header is whole
					t.Errorf("TOP 1 0 gives %q", top)
				}
				c.ask("DELE 1", "+OK")
				if !strings.Contains(j.String(), "rotten") || !strings.Contains(j.String(), "uid=u1") {
					t.Errorf("not in the log:\n%s", j)
				}
			}
		})
	}
}

func TestDamaged_BehindTheFirstOctetsIsFilledUpWithANotice(t *testing.T) {
	text := "Subject: x\r\n\r\n" + strings.Repeat("a line of text\r\n", 10_000)
	for name, source := range map[string]string{"CRLF": text, "bare LF": strings.ReplaceAll(text, "\r\n", "\n"), "one line": strings.ReplaceAll(text, "\r\n", "..")} {
		size := int64(len(crlf(text)))
		for _, at := range []int{33_000, 65_536, len(source) - 1, len(source)} {
			at = min(at, len(source))
			c, _ := serveRotten(t, size, func() (io.ReadCloser, error) {
				return io.NopCloser(io.MultiReader(strings.NewReader(source[:at]), iotest.ErrReader(errRotten))), nil
			})
			c.ask("RETR 1", "+OK")
			got := c.body()
			if int64(len(got)) != size || !strings.HasPrefix(got, crlf(source[:32_000])[:32_000]) || !strings.Contains(got, "\r\n[The rest of this message is damaged") {
				t.Errorf("%s, damaged at %d: %d octets of %d, ending in %q", name, at, len(got), size, got[max(0, len(got)-200):])
			}
			c.ask("TOP 1 99999999", "+OK")
			if got := c.body(); !strings.HasPrefix(got, crlf(source[:at])[:at]) || !strings.HasSuffix(got, "may be too.]\r\n") {
				t.Errorf("%s, damaged at %d: TOP ends in %q", name, at, got[max(0, len(got)-200):])
			}
			c.ask("QUIT", "+OK")
		}
	}
}
