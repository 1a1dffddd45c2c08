package pop3d_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"testing"

	"restante/serve/pop3d"
)

// BenchmarkRETR downloads all of a maildrop of 10,000 messages of 8 kB over
// loopback, one command at a time and pipelined, plain and with TLS.
func BenchmarkRETR(b *testing.B) {
	const count = 10_000
	box := pop3d.NewMemory()
	box.AddUser("ada", "engine one")
	msg := append([]byte("Subject: bench\r\n\r\n"), bytes.Repeat([]byte("0123456789012345678901234567890123456789012345678901234567890123456789\r\n"), 114)...)
	for range count {
		if _, err := box.Add("ada", msg); err != nil {
			b.Fatal(err)
		}
	}
	s := serve(b, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Always}})
	for _, c := range []struct {
		name   string
		tls    bool
		window int // commands under way
	}{{"plain", false, 1}, {"plain-pipelined", false, 50}, {"tls", true, 1}, {"tls-pipelined", true, 50}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(count * len(msg)))
			b.ReportAllocs()
			for b.Loop() {
				download(b, s, c.tls, count, c.window)
			}
			b.ReportMetric(float64(count*b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

func download(b *testing.B, s *serving, secure bool, count, window int) {
	var conn net.Conn
	var err error
	if secure {
		conn, err = tls.Dial("tcp", s.tls, clientTLS)
	} else {
		conn, err = net.Dial("tcp", s.clear)
	}
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	r, w := bufio.NewReaderSize(conn, 64<<10), bufio.NewWriter(conn)
	status := func() {
		if line, err := r.ReadSlice('\n'); err != nil || line[0] != '+' {
			b.Fatalf("%q, %v", line, err)
		}
	}
	io.WriteString(w, "USER ada\r\nPASS engine one\r\n")
	w.Flush()
	for range 3 {
		status()
	}
	for sent, got := 0, 0; got < count; got++ {
		for ; sent < count && sent < got+window; sent++ {
			fmt.Fprintf(w, "RETR %d\r\n", sent+1)
		}
		if w.Buffered() > 0 && (sent == got+1 || got%(window/2+1) == 0) {
			w.Flush()
		}
		status()
		for {
			line, err := r.ReadSlice('\n')
			if err != nil {
				b.Fatal(err)
			}
			if len(line) == 3 && line[0] == '.' {
				break
			}
		}
	}
	io.WriteString(w, "QUIT\r\n")
	w.Flush()
	status()
}

// BenchmarkUIDL lists a maildrop of 100,000.
func BenchmarkUIDL(b *testing.B) {
	box := pop3d.NewMemory()
	box.AddUser("ada", "engine one")
	for range 100_000 {
		if _, err := box.Add("ada", []byte("x")); err != nil {
			b.Fatal(err)
		}
	}
	s := serve(b, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Always}})
	c := dial(b, s.clear).in()
	for b.Loop() {
		c.ask("UIDL", "+OK")
		for {
			if line, err := c.r.ReadSlice('\n'); err != nil || line[0] == '.' {
				break
			}
		}
	}
}
