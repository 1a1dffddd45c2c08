package fetch_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"restante/fetch"
)

// Exchange and Notes make the MIME form anew each time.
func TestGuard_AnUpstreamThatNeverShowsTheSameHeaderTwiceIsNotTakenAgain(t *testing.T) {
	h := newHouse(t, mail(50)...)
	h.restart(func(o *fetch.Options) { o.Dialer = anew{h.s, new(int)} })
	h.round(fetch.Account{})
	for range 5 {
		h.c.pass(time.Hour)
		h.round(fetch.Account{})
	}
	if len(h.a.kept) > 55 {
		t.Errorf("%d kept of 50", len(h.a.kept))
	}
}

// anew gives a message another header each time that it shows it, of the same
// length.
type anew struct {
	*server
	n *int
}

func (d anew) Dial(ctx context.Context, a fetch.Account) (fetch.Maildrop, error) {
	drop, err := d.server.Dial(ctx, a)
	inner := drop.(*session)
	for i := range inner.mail {
		inner.mail[i].text = "X-Boundary: 00000000\r\n" + inner.mail[i].text
	}
	return changing{inner, d.n}, err
}

type changing struct {
	*session
	n *int
}

func (d changing) change(it fetch.Item) {
	*d.n++
	text := d.mail[it.Num-1].text
	_, rest, _ := strings.Cut(text, "\r\n")
	d.mail[it.Num-1].text = fmt.Sprintf("X-Boundary: %08d\r\n", *d.n) + rest
}

func (d changing) Heads(ctx context.Context, items []fetch.Item, each func(fetch.Item, []byte)) error {
	for _, it := range items {
		d.change(it)
	}
	return d.session.Heads(ctx, items, each)
}

func (d changing) Retrieve(ctx context.Context, items []fetch.Item, each func(fetch.Item, io.Reader, error) error) error {
	for _, it := range items {
		d.change(it)
		if err := d.session.Retrieve(ctx, []fetch.Item{it}, each); err != nil {
			return err
		}
	}
	return nil
}

// A header that says nothing of its own proves nothing.
func TestKeep_MailOfACommonHeaderIsDeletedWhenItWasRetrieved(t *testing.T) {
	for _, head := range []string{"", "\r\n", "From: root@host\r\nSubject: cron\r\n\r\n"} {
		h := newHouse(t, message{"a", head + "the first\r\n"}, message{"b", text(1)})
		acc := fetch.Account{Keep: fetch.Keep{Delete: true, After: time.Hour}}
		h.round(acc)
		h.s.mail[0].text = head + "no. two !\r\n"
		h.c.pass(2 * time.Hour)
		h.restart()
		h.round(acc)
		h.round(acc)
		if len(h.a.kept) != 3 {
			t.Errorf("%q: %d kept, left %v", head, len(h.a.kept), h.s.uids())
		}
	}
}

// One receipt that is found by such a header would stand for another message.
func TestStorm_MailOfACommonHeaderIsDownloaded(t *testing.T) {
	var all []message
	for i := range 40 {
		all = append(all, message{fmt.Sprint("a", i), fmt.Sprintf("From: root@host\r\nSubject: cron\r\n\r\n%02d\r\n", i)})
	}
	h := newHouse(t, all...)
	h.round(fetch.Account{})
	h.s.mail = nil
	for i := range 40 {
		h.s.mail = append(h.s.mail, message{fmt.Sprint("b", i), fmt.Sprintf("From: root@host\r\nSubject: cron\r\n\r\n%02d\r\n", i+20)})
	}
	h.restart()
	if h.round(fetch.Account{}); len(h.a.kept) != 60 {
		t.Errorf("%d kept, want 60", len(h.a.kept))
	}
}

// Equal sizes, and a TOP that is one off: each message shows a known header.
func TestStorm_AnUpstreamThatShowsOtherHeadersIsNotBelieved(t *testing.T) {
	h := stormy(t, 30, fetch.Account{})
	h.s.mail = h.s.mail[10:] // of one size
	h.s.mail = append(h.s.mail, message{"later", text(30)})
	h.s.topOff = 1
	for range 3 {
		h.restart()
		h.round(fetch.Account{})
		h.c.pass(time.Hour)
	}
	if len(h.a.kept) != 31 {
		t.Errorf("%d kept, want 31", len(h.a.kept))
	}
}

// One of the messages shows the header that it had by chance.
func TestKeep_NothingIsDeletedForAHeaderThatIsAnotherMessages(t *testing.T) {
	h := newHouse(t, message{"a", text(1)}, message{"b", text(2)}, message{"c", text(3)})
	acc := fetch.Account{Keep: fetch.Keep{Delete: true, After: time.Hour}}
	h.round(acc)
	h.s.mail = []message{{"x", text(1)}, {"a", text(7)}, {"c", text(3)}}
	h.s.topOff = 1
	h.c.pass(2 * time.Hour)
	h.restart()
	h.round(acc)
	if h.round(acc); h.a.kept[text(7)] != 1 {
		t.Errorf("left %v, kept %d", h.s.uids(), len(h.a.kept))
	}
}
