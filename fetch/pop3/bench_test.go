package pop3_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3"
)

// opened is a session whose server goes on to say said.
func opened(b *testing.B, said []byte) fetch.Maildrop {
	login := "+OK ready\r\n-ERR\r\n+OK\r\n+OK\r\n+OK\r\nUIDL\r\nPIPELINING\r\n.\r\n"
	d := pop3.New(pop3.Options{Connect: func(context.Context, string, string) (net.Conn, error) {
		return canned{io.MultiReader(strings.NewReader(login), bytes.NewReader(said))}, nil
	}})
	m, err := d.Dial(b.Context(), fetch.Account{Name: "a", TLS: fetch.TLSNone, Username: "u", Password: password("p")})
	if err != nil {
		b.Fatal(err)
	}
	return m
}

// BenchmarkList lists 100,000 messages.
func BenchmarkList(b *testing.B) {
	var sizes, uids bytes.Buffer
	for n := range 100_000 {
		fmt.Fprintf(&sizes, "%d %d\r\n", n+1, 1000+n)
		fmt.Fprintf(&uids, "%d %016x%08x\r\n", n+1, n, n)
	}
	said := []byte("+OK\r\n" + sizes.String() + ".\r\n+OK\r\n" + uids.String() + ".\r\n")
	b.ReportAllocs()
	for b.Loop() {
		items, err := opened(b, said).List(b.Context())
		if err != nil || len(items) != 100_000 {
			b.Fatal(len(items), err)
		}
	}
}

// BenchmarkRetrieve takes 1,000 messages of 10 kB without a network.
func BenchmarkRetrieve(b *testing.B) {
	msg := "Subject: x\r\n\r\n" + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 140)
	said := []byte(strings.Repeat("+OK 10094 octets\r\n"+msg+".\r\n", 1000))
	items := make([]fetch.Item, 1000)
	for i := range items {
		items[i] = fetch.Item{Num: i + 1, Size: int64(len(msg))}
	}
	b.SetBytes(int64(1000 * len(msg)))
	b.ReportAllocs()
	for b.Loop() {
		err := opened(b, said).Retrieve(b.Context(), items, func(_ fetch.Item, r io.Reader, err error) error {
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, r)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
