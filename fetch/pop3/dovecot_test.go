package pop3_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"restante/fetch"
	"restante/fetch/corpora"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test/dovecot"
)

// knotty gives messages with dots at line starts, 8-bit and long lines.
func knotty(n int) (mail [][]byte) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		b := fmt.Appendf(nil, "From: a@example.org\r\nSubject: knotty %d\r\n\r\n", i)
		for range rnd.IntN(200) {
			for range rnd.IntN(4) {
				b = append(b, '.')
			}
			for range rnd.IntN(1 << rnd.IntN(14)) {
				b = append(b, byte(' '+rnd.IntN(256-' ')))
			}
			b = append(b, "\r\n"...)
		}
		mail = append(mail, b)
	}
	return mail
}

// asSent is what POP3 makes of a stored message: CRLF line ends, the last too.
func asSent(msg []byte) []byte {
	msg = bytes.ReplaceAll(bytes.ReplaceAll(msg, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	if !bytes.HasSuffix(msg, []byte("\r\n")) {
		msg = append(msg, "\r\n"...)
	}
	return msg
}

func TestDovecot_GivesTheBytesAndDeletesAfterQuitOnly(t *testing.T) {
	t.Run("made up", func(t *testing.T) { giveAndDelete(t, knotty(100)) })
	t.Run("real", func(t *testing.T) { giveAndDelete(t, corpora.Mail(t, "modern", 200)) })
}

func giveAndDelete(t *testing.T, mail [][]byte) {
	srv := dovecot.Start(t, dovecot.Options{Users: []string{"plain", "starttls", "implicit"}, Mail: mail})
	for user, mode := range map[string]fetch.TLSMode{"plain": fetch.TLSNone, "starttls": fetch.TLSStart, "implicit": fetch.TLSImplicit} {
		t.Run(user, func(t *testing.T) {
			d := pop3.New(pop3.Options{})
			session := func() fetch.Maildrop {
				m, err := d.Dial(t.Context(), srv.Account("a", user, mode))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { m.Close() })
				return m
			}
			m := session()
			items := list(t, m)
			if len(items) != len(mail) {
				t.Fatalf("%d items, want %d", len(items), len(mail))
			}
			got, err := retrieve(t.Context(), m, items)
			if err != nil {
				t.Fatal(err)
			}
			var want [][]byte
			var nums []int
			for i, msg := range mail {
				want = append(want, asSent(msg))
				if i%2 == 0 {
					nums = append(nums, i+1)
				}
			}
			sameMail(t, got, want)
			if marked, err := m.Delete(t.Context(), nums); err != nil || len(marked) != len(nums) {
				t.Fatalf("%d of %d marked, %v", len(marked), len(nums), err)
			}
			m.Close()
			if left := len(srv.Remaining(user)); left != len(mail) {
				t.Fatalf("%d of %d left though QUIT was never sent", left, len(mail))
			}

			m = session() // where the lock is still held Dovecot waits for it
			again := list(t, m)
			for i := range again {
				if again[i].UID != items[i].UID || again[i].UID == "" {
					t.Fatalf("item %d was %+v and is %+v", i, items[i], again[i])
				}
			}
			if _, err := m.Delete(t.Context(), nums); err != nil {
				t.Fatal(err)
			}
			if err := m.Quit(t.Context()); err != nil {
				t.Fatal(err)
			}
			if left := len(srv.Remaining(user)); left != len(mail)-len(nums) {
				t.Errorf("%d left after QUIT, want %d", left, len(mail)-len(nums))
			}
		})
	}
}

// BenchmarkDovecot_Retrieve takes 2,000 messages a round, and counts them a second.
func BenchmarkDovecot_Retrieve(b *testing.B) {
	mail := append(corpora.Mail(b, "modern", 1500), knotty(500)...)
	srv := dovecot.Start(b, dovecot.Options{Mail: mail})
	for name, mode := range map[string]fetch.TLSMode{"plain": fetch.TLSNone, "tls": fetch.TLSImplicit} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				m, err := pop3.New(pop3.Options{}).Dial(b.Context(), srv.Account("a", "user", mode))
				if err != nil {
					b.Fatal(err)
				}
				items, err := m.List(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				var size int64
				err = m.Retrieve(b.Context(), items, func(_ fetch.Item, r io.Reader, err error) error {
					if err != nil {
						return err
					}
					n, err := io.Copy(io.Discard, r)
					size += n
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				if err := m.Quit(b.Context()); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(size)
			}
			b.ReportMetric(float64(b.N*len(mail))/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
