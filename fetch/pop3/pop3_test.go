package pop3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

// letters gives n messages that differ and hold what POP3 stumbles over.
func letters(n int) [][]byte {
	var all [][]byte
	for i := range n {
		all = append(all, fmt.Appendf(nil,
			"Subject: letter %d\r\nMessage-ID: <%d@example.org>\r\n\r\n.\r\n..dots\r\n.hidden %s\r\nbare\n.\nlf \x00\xff\r\n%s\r\n",
			i, i, strings.Repeat(".", i%5), strings.Repeat("long", 100*(i%40))))
	}
	return all
}

// open dials srv with good settings.
func open(t *testing.T, srv *pop3test.Server) fetch.Maildrop {
	t.Helper()
	m, err := pop3.New(pop3.Options{Connect: srv.Dial}).Dial(t.Context(), srv.Account("a"))
	if err != nil {
		t.Fatal("dial:", err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// dialError is what Dial says to a server with these faults.
func dialError(t *testing.T, o pop3test.Options, change func(*fetch.Account)) (*pop3test.Server, error) {
	t.Helper()
	srv := pop3test.New(t, o)
	a := srv.Account("a")
	if change != nil {
		change(&a)
	}
	m, err := pop3.New(pop3.Options{}).Dial(t.Context(), a)
	if err == nil {
		m.Close()
	}
	return srv, err
}

func list(t *testing.T, m fetch.Maildrop) []fetch.Item {
	t.Helper()
	items, err := m.List(t.Context())
	if err != nil {
		t.Fatal("list:", err)
	}
	return items
}

// header gives one message's header, nil where the server does not show it.
func header(ctx context.Context, m fetch.Maildrop, it fetch.Item) (head []byte, err error) {
	err = m.(fetch.Prober).Heads(ctx, []fetch.Item{it}, func(_ fetch.Item, h []byte) { head = h })
	return head, err
}

// retrieve gives the messages, and nil for those that were refused.
func retrieve(ctx context.Context, m fetch.Maildrop, items []fetch.Item) (all [][]byte, err error) {
	err = m.Retrieve(ctx, items, func(_ fetch.Item, r io.Reader, err error) error {
		if err != nil {
			all = append(all, nil)
			return nil
		}
		b, err := io.ReadAll(r)
		if err == nil {
			all = append(all, b)
		}
		return err
	})
	return all, err
}

// sameMail fails where the bytes differ. (A diff of binary data takes minutes.)
func sameMail(t *testing.T, got, want [][]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d messages, want %d", len(got), len(want))
	}
	for i := range want {
		if !bytes.Equal(got[i], want[i]) {
			t.Fatalf("message %d is\n%q\nwant\n%q", i+1, got[i], want[i])
		}
	}
}

func TestSession_FetchesDeletesAndQuits(t *testing.T) {
	for _, tt := range []struct {
		name   string
		tls    fetch.TLSMode
		faults pop3test.Faults
	}{
		{"plain", fetch.TLSNone, pop3test.Faults{}},
		{"stls", fetch.TLSStart, pop3test.Faults{}},
		{"implicit tls", fetch.TLSImplicit, pop3test.Faults{}},
		{"without pipelining", fetch.TLSNone, pop3test.Faults{Capa: []string{"UIDL"}}},
		{"without CAPA", fetch.TLSNone, pop3test.Faults{Refuse: map[string]string{"CAPA": "what?"}}},
		{"SASL LOGIN only", fetch.TLSNone, pop3test.Faults{Capa: []string{"SASL CRAM-MD5 LOGIN", "PIPELINING"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := letters(150)
			srv := pop3test.New(t, pop3test.Options{Messages: want, TLS: tt.tls, Faults: tt.faults})
			m := open(t, srv)
			items := list(t, m)
			if len(items) != 150 || items[2] != (fetch.Item{Num: 3, UID: "uid000003", Size: int64(len(want[2]))}) {
				t.Fatalf("%d items, the third is %+v", len(items), items[2])
			}
			got, err := retrieve(t.Context(), m, items)
			if err != nil {
				t.Fatal(err)
			}
			sameMail(t, got, want)
			marked, err := m.Delete(t.Context(), []int{1, 3, 150})
			if err != nil || !slices.Equal(marked, []int{1, 3, 150}) {
				t.Fatal("delete:", marked, err)
			}
			if gone := srv.Deleted(); len(gone) != 0 {
				t.Errorf("%q are gone ahead of QUIT", gone)
			}
			if err := m.Quit(t.Context()); err != nil {
				t.Fatal("quit:", err)
			}
			if gone := srv.Deleted(); !slices.Equal(gone, []string{"uid000001", "uid000003", "uid000150"}) {
				t.Errorf("deleted %q", gone)
			}
			sameMail(t, srv.Messages(), slices.Concat(want[1:2], want[3:149]))
		})
	}
}

func TestRetrieve_KeepsItsContract(t *testing.T) {
	want := letters(100)
	srv := pop3test.New(t, pop3test.Options{Messages: want, Faults: pop3test.Faults{BadRetr: map[int]string{2: "conversion failed", 99: "gone"}}})
	m := open(t, srv)
	items := list(t, m)
	slices.Reverse(items) // the order asked for, not the server's
	var seen []fetch.Item
	err := m.Retrieve(t.Context(), items, func(it fetch.Item, r io.Reader, err error) error {
		seen = append(seen, it)
		if refused := it.Num == 2 || it.Num == 99; refused != (err != nil) || refused != (r == nil) {
			t.Errorf("message %d: reader %v, error %v", it.Num, r, err)
		}
		if err != nil {
			return nil
		}
		switch it.Num % 3 {
		case 0: // leaves all unread
		case 1:
			_, err = io.CopyN(io.Discard, r, 5)
		case 2:
			var got []byte
			if got, err = io.ReadAll(r); string(got) != string(want[it.Num-1]) {
				t.Errorf("message %d is %q", it.Num, got)
			}
		}
		return err
	})
	if err != nil || !slices.Equal(seen, items) {
		t.Fatalf("%d of %d items, %v", len(seen), len(items), err)
	}
	if err := m.Quit(t.Context()); err != nil {
		t.Error("the session is out of step:", err)
	}
}

func TestRetrieve_EndsWithTheErrorOfItsCaller(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{Messages: letters(10), Faults: pop3test.Faults{BadRetr: map[int]string{4: "no"}}})
	full := errors.New("disk full")
	for name, answer := range map[string]func(err error) error{
		"own error":       func(error) error { return full },
		"refusal itself":  func(err error) error { return err },
		"wrapped refusal": func(err error) error { return fmt.Errorf("seen: %w", err) },
	} {
		t.Run(name, func(t *testing.T) {
			m := open(t, srv)
			calls := 0
			var want error
			err := m.Retrieve(t.Context(), list(t, m), func(it fetch.Item, _ io.Reader, err error) error {
				if calls++; it.Num != 4 {
					return nil
				}
				want = answer(err)
				return want
			})
			if err != want || calls != 4 {
				t.Errorf("error %v after %d calls, want %v after 4", err, calls, want)
			}
			if _, err := m.Delete(t.Context(), []int{1}); err == nil {
				t.Error("the session went on, with answers outstanding")
			}
			if err := m.Quit(t.Context()); err == nil {
				t.Error("a dropped session was ended with QUIT")
			}
		})
	}
	if gone := srv.Deleted(); len(gone) > 0 {
		t.Errorf("%q are gone", gone)
	}
}

func TestRetrieve_ACutMessageIsNeverWhole(t *testing.T) {
	msg := letters(1)[0]
	for _, caught := range []bool{true, false} {
		for _, n := range []int{0, 1, len(msg) / 2, len(msg)} { // the last lacks only the dot
			srv := pop3test.New(t, pop3test.Options{Messages: [][]byte{msg}, Faults: pop3test.Faults{CutRetr: map[int]int{1: n}}})
			m := open(t, srv)
			var readErr error
			err := m.Retrieve(t.Context(), list(t, m), func(_ fetch.Item, r io.Reader, _ error) error {
				if _, readErr = io.ReadAll(r); caught {
					return readErr
				}
				return nil // as a caller would that does not look
			})
			if !errors.Is(readErr, io.ErrUnexpectedEOF) || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("cut after %d octets: the reader ended in %v, Retrieve in %v", n, readErr, err)
			}
		}
	}
}

func TestDelete_TellsWhichMarksWereAccepted(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{Messages: letters(3)})
	m := open(t, srv)
	marked, err := m.Delete(t.Context(), []int{2, 2, 9, 3}) // twice, and one that is not there
	if err != nil || !slices.Equal(marked, []int{2, 3}) {
		t.Errorf("marked %v, %v", marked, err)
	}
}

func TestHead_IsBoundedAndSurvivesARefusal(t *testing.T) {
	endless := []byte("Subject: " + strings.Repeat("x", 2<<20) + "\r\n\r\n")
	m := open(t, pop3test.New(t, pop3test.Options{Messages: [][]byte{endless}}))
	if head, err := header(t.Context(), m, fetch.Item{Num: 1}); head != nil || err != nil {
		t.Errorf("header of 2 MiB: %d octets, %v", len(head), err)
	}
	srv := pop3test.New(t, pop3test.Options{Messages: letters(1), Faults: pop3test.Faults{Refuse: map[string]string{"TOP": "unknown"}}})
	m = open(t, srv)
	if head, err := header(t.Context(), m, fetch.Item{Num: 1}); head != nil || err != nil {
		t.Errorf("refused: %q, %v", head, err)
	}
	if items := list(t, m); len(items) != 1 {
		t.Error("the session did not survive the refusal")
	}
}

func TestClose_DeletesNothingAndMayComeAtAnyTime(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{Messages: letters(3), Faults: pop3test.Faults{Hang: map[string]bool{"RETR": true}}})
	m := open(t, srv)
	if _, err := m.Delete(t.Context(), []int{1}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := retrieve(t.Context(), m, []fetch.Item{{Num: 2}})
		done <- err
	}()
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err == nil {
		t.Error("Retrieve ended well on a closed connection")
	}
	if err := m.Close(); err != nil {
		t.Error("second Close:", err)
	}
	srv.Close()
	if gone := srv.Deleted(); len(gone) > 0 {
		t.Errorf("%q are gone without QUIT", gone)
	}
}

func password(s string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return s, nil }
}
