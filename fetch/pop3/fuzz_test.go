package pop3_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"time"

	"restante/fetch"
	"restante/fetch/pop3"
)

// canned is a server that says what it was given and listens to nobody.
type canned struct{ io.Reader }

func (canned) Write(p []byte) (int, error)      { return len(p), nil }
func (canned) Close() error                     { return nil }
func (canned) LocalAddr() net.Addr              { return nil }
func (canned) RemoteAddr() net.Addr             { return nil }
func (canned) SetDeadline(time.Time) error      { return nil }
func (canned) SetReadDeadline(time.Time) error  { return nil }
func (canned) SetWriteDeadline(time.Time) error { return nil }

func FuzzSession(f *testing.F) {
	login := "+OK ready\r\n+OK\r\nSASL PLAIN\r\nUIDL\r\nPIPELINING\r\n.\r\n+\r\n+OK\r\n+OK\r\nPIPELINING\r\n.\r\n"
	f.Add([]byte(login + "+OK\r\n1 10\r\n2 20\r\n.\r\n+OK\r\n1 a\r\n2 b\r\n.\r\n+OK\r\nA: b\r\n\r\n.\r\n+OK\r\nx\r\n.\r\n-ERR no\r\n+OK\r\n+OK\r\n+OK\r\n"))
	f.Add([]byte("+OK\r\n-ERR\r\n+OK\r\n+OK\r\n-ERR\r\n+OK\r\n1 x\r\n.\r\n-ERR\r\n"))
	f.Add([]byte("+OK\r\n+OK\r\nSASL LOGIN\r\nUTF8\r\n.\r\n+OK\r\n+\r\n+\r\n+ more\r\n-ERR\r\n"))
	f.Add([]byte(login + "+OK\r\n99999999999999999999 1\r\n-1 -1\r\n1\r\n \r\n.\r\n+OK\r\n+OK 1  \x00\xff\r\n.\r\n"))
	f.Fuzz(func(t *testing.T, said []byte) {
		d := pop3.New(pop3.Options{Connect: func(context.Context, string, string) (net.Conn, error) {
			return canned{bytes.NewReader(said)}, nil
		}})
		ctx := t.Context()
		m, err := d.Dial(ctx, fetch.Account{Name: "a", TLS: fetch.TLSNone, Username: "u", Password: password("hunter2")})
		if err != nil {
			if bytes.Contains([]byte(err.Error()), []byte("hunter2")) {
				t.Fatalf("the password is in %v", err)
			}
			return
		}
		defer m.Close()
		items, err := m.List(ctx)
		for i, it := range items {
			if err != nil || it.Num < 1 || it.Size < -1 || i > 0 && it.Num <= items[i-1].Num {
				t.Fatalf("item %d of %v beside %v", i, items, err)
			}
		}
		items = append(items, fetch.Item{Num: 1, Size: -1})
		m.(fetch.Prober).Heads(ctx, items, func(fetch.Item, []byte) {})
		if got, err := retrieve(ctx, m, items); err == nil && len(got) != len(items) {
			t.Fatalf("%d of %d messages and no error", len(got), len(items))
		}
		if marked, err := m.Delete(ctx, []int{1, 2}); err == nil && len(marked) > 2 {
			t.Fatalf("marked %v", marked)
		}
		m.Quit(ctx)
	})
}
