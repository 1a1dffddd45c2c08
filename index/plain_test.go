package index_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"restante/fetch/wire"
	"restante/filter"
	"restante/index"
	"restante/index/blob"
)

// rawMail has raw UTF-8 in its headers, but for the first and the last.
var rawMail = []string{
	"Subject: a\r\n\r\nplain\r\n",
	"Subject: Grüße\r\nFrom: Jörg <a@example.net>\r\n\r\n.é\r\n",
	"Subject: Grüße\nFrom: Jörg <a@example.net>\n\nbare\n",
	"From ada Fri Jan  2 03:04:05 2026\nSubject: Grüße\n\n",
	"Subject: Grüße",
	"Subject: Grüße\r",
	"Subject: Grüße\r\n " + strings.Repeat("lange Zeilen, süß und ASCII ", 40) + "\nX: \xe9\n\nx",
	"Subject: caf\xe9\r\n\r\nLatin-1\r\n",
}

// forms gives by UID how a maildrop shows its messages, as they are and with
// headers in ASCII, and wants each as long as it is listed.
func (h *house) forms(owner string) (raw, plain map[string]string) {
	h.t.Helper()
	d, err := openDrop(context.Background(), h.Archive, owner, "")
	if err != nil {
		h.t.Fatal(err)
	}
	defer d.Close()
	raw, plain = map[string]string{}, map[string]string{}
	for _, form := range []struct {
		size func(int) int64
		open func(context.Context, int) (io.ReadCloser, error)
		into map[string]string
	}{{d.Size, d.Open, raw}, {d.PlainSize, d.OpenPlain, plain}} {
		for i := range d.Len() {
			r, err := form.open(context.Background(), i)
			if err != nil {
				h.t.Fatal(err)
			}
			var sent strings.Builder
			w := bufio.NewWriter(&sent)
			s := wire.NewStuffer(w)
			if _, err := io.Copy(s, r); err != nil {
				h.t.Fatal(err)
			}
			r.Close()
			if err := s.Close(); err != nil {
				h.t.Fatal(err)
			}
			w.Flush()
			if s.Octets() != form.size(i) {
				h.t.Errorf("message %d: listed with %d octets, sent with %d: %q", i, form.size(i), s.Octets(), sent.String())
			}
			form.into[d.UID(i)] = sent.String()
		}
	}
	return raw, plain
}

func TestPlain_SizesAreThoseOfTheBytesAndStayThroughARebuild(t *testing.T) {
	h := newHouse(t)
	for i, m := range rawMail {
		h.shelve(sorted(t, "ada", "isp", fmt.Sprint(i), m))
		h.shelve(sorted(t, "ada", "isp", fmt.Sprint(i, "tagged"), m+" ", func(s *filter.Sorted) { s.Tag = "[SPAM] " }))
	}
	raw, plain := h.forms("ada")
	made := 0
	for uid, m := range plain {
		head, _, _ := strings.Cut(m, "\r\n\r\n")
		if m != raw[uid] {
			made++
			if strings.Contains(head, "ü") {
				t.Errorf("not made ASCII: %q", m)
			}
		}
	}
	if want := 2 * (len(rawMail) - 2); made != want {
		t.Errorf("%d messages are made ASCII, want %d", made, want)
	}
	h.close()
	h.loseRows()
	h.open(nil, nil)
	againRaw, againPlain := h.forms("ada")
	if fmt.Sprint(againRaw) != fmt.Sprint(raw) || fmt.Sprint(againPlain) != fmt.Sprint(plain) {
		t.Error("a UID shows other bytes after a rebuild")
	}
}

func TestPlain_ShowsMailAsItComesInASessionOfItsOwn(t *testing.T) {
	h := newHouse(t)
	for i, m := range rawMail {
		h.shelve(sorted(t, "ada", "isp", fmt.Sprint(i), m))
		if raw, plain := h.forms("ada"); len(raw) != i+1 || len(plain) != i+1 {
			t.Errorf("%d and %d messages after %d came", len(raw), len(plain), i+1)
		}
		if raw, _ := h.forms("bob"); len(raw) != 0 {
			t.Errorf("bob has %d messages", len(raw))
		}
	}
}

// before is a store as it was when nothing was counted.
type before struct{ index.Store }

func (b before) Add(ctx context.Context, adds []index.Addition, upTo blob.Position) ([]int64, error) {
	for i := range adds {
		adds[i].Message.Plain = 0
	}
	return b.Store.Add(ctx, adds, upTo)
}

func TestPlain_LeavesMailAsItIsThatWasNotCounted(t *testing.T) {
	h := newHouse(t)
	h.close()
	h.open(nil, func(s index.Store) index.Store { return before{s} })
	h.shelve(sorted(t, "ada", "isp", "old", rawMail[1]))
	h.close()
	h.open(nil, nil)
	raw, plain := h.forms("ada")
	if len(raw) != 1 || fmt.Sprint(raw) != fmt.Sprint(plain) {
		t.Errorf("shown as %q and %q", raw, plain)
	}
}
