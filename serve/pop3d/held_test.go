package pop3d_test

import (
	"crypto/tls"
	"net"
	"runtime"
	"testing"

	"restante/serve/pop3d"
)

// TestHeld_SessionThatWaitsHoldsLittle measures what 1,000 sessions hold that
// are logged in and wait, with both ends of their connections in this process:
// so the server's share is smaller still.
func TestHeld_SessionThatWaitsHoldsLittle(t *testing.T) {
	const n = 1000
	box := newSample(t)
	s := serve(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Always}, MaxPerUser: 2 * n})
	for _, c := range []struct {
		name, address string
		secure        bool
		most          uint64 // octets a session
	}{{"plain", s.clear, false, 64 << 10}, {"tls", s.tls, true, 128 << 10}} {
		t.Run(c.name, func(t *testing.T) {
			before := inUse()
			held := make([]net.Conn, n)
			for i := range held {
				conn, err := net.Dial("tcp", c.address)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if c.secure {
					conn = tls.Client(conn, clientTLS)
				}
				held[i] = conn
				take(t, conn, "", "+OK")
				take(t, conn, "USER ada\r\n", "+OK")
				take(t, conn, "PASS engine one\r\n", "+OK")
				take(t, conn, "STAT\r\n", "+OK 4")
			}
			each := (inUse() - before) / n
			t.Logf("%d octets a session, its client's end with it", each)
			if each > c.most {
				t.Errorf("a session that waits holds %d octets, want at most %d", each, c.most)
			}
		})
	}
}

// take sends and reads without a buffer that would be counted.
func take(t *testing.T, conn net.Conn, line, want string) {
	t.Helper()
	if _, err := conn.Write([]byte(line)); err != nil {
		t.Fatal(err)
	}
	var b [512]byte
	n, err := conn.Read(b[:])
	if err != nil || len(want) > n || string(b[:len(want)]) != want {
		t.Fatalf("after %q: %q, %v", line, b[:n], err)
	}
}

// inUse is the memory of live objects and of stacks.
func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
