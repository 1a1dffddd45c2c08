package wire_test

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"

	"restante/fetch/wire"
)

// letterBytes is 1 MiB in lines of 72 octets, each fiftieth starting with a dot.
func letterBytes(end string) []byte {
	line := strings.Repeat("x", 72) + end
	msg := strings.Repeat(strings.Repeat(line, 49)+"."+line, (1<<20)/(50*len(line)))
	return []byte(msg)
}

func BenchmarkStuff(b *testing.B) {
	for name, msg := range map[string][]byte{"crlf": letterBytes("\r\n"), "lf": letterBytes("\n")} {
		b.Run(name, func(b *testing.B) {
			w := bufio.NewWriterSize(io.Discard, 32<<10)
			b.SetBytes(int64(len(msg)))
			for b.Loop() {
				s := wire.NewStuffer(w)
				s.Write(msg)
				s.Close()
			}
		})
	}
}

func BenchmarkUnstuff(b *testing.B) {
	msg := letterBytes("\r\n")
	sent := stuff(b, msg, 1<<20)
	r := bufio.NewReaderSize(nil, 32<<10)
	p := make([]byte, 32<<10)
	b.SetBytes(int64(len(msg)))
	for b.Loop() {
		r.Reset(bytes.NewReader(sent))
		for u := wire.Unstuff(r); ; {
			if _, err := u.Read(p); err == io.EOF {
				break
			}
		}
	}
}
