package serve_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"restante/serve"
	"restante/serve/pop3d"
)

// seer lets nobody in and knows from where they tried.
type seer struct{ from chan netip.Addr }

func (s seer) Login(_ context.Context, _, _ string, remote netip.Addr) (pop3d.Maildrop, error) {
	s.from <- remote
	return nil, pop3d.ErrDisabled
}

// openProxied serves a door that trusts proxies, and gives its address.
func openProxied(t *testing.T, s seer, proxies ...string) string {
	t.Helper()
	srv, err := pop3d.New(pop3d.Options{Porter: s, Profile: pop3d.Profile{Plaintext: pop3d.Always}})
	if err != nil {
		t.Fatal(err)
	}
	d := serve.Door{Name: "proxied", Address: "127.0.0.1:0"}
	for _, p := range proxies {
		d.Proxies = append(d.Proxies, netip.MustParsePrefix(p))
	}
	var g serve.Group
	addr, err := g.Listen(t.Context(), d, srv)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	return addr.String()
}

func say(t *testing.T, address, text string) (heard string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	all, _ := io.ReadAll(conn)
	return string(all)
}

func TestProxies_TellWhoCalls(t *testing.T) {
	s := seer{make(chan netip.Addr, 1)}
	address := openProxied(t, s, "127.0.0.1/32", "::1/128")
	const v2 = "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x07\x7f\x00\x00\x01\x04\xd2\x03\xe3"
	for header, want := range map[string]string{
		"PROXY TCP4 192.0.2.7 127.0.0.1 1234 995\r\n":     "192.0.2.7",
		"PROXY TCP6 2001:db8::7 2001:db8::1 1234 995\r\n": "2001:db8::7",
		"PROXY UNKNOWN\r\n":                               "127.0.0.1",
		v2:                                                "192.0.2.7",
	} {
		heard := say(t, address, header+"USER ada\r\nPASS x\r\nQUIT\r\n")
		if !strings.HasPrefix(heard, "+OK") || !strings.Contains(heard, "[SYS/PERM]") {
			t.Fatalf("after %q the server says %q", header, heard)
		}
		if got := <-s.from; got != netip.MustParseAddr(want) {
			t.Errorf("%q is from %v, want %s", header, got, want)
		}
	}
	for _, header := range []string{"PROXY TCP4 192.0.2.7\r\n", "USER ada\r\nPASS x\r\nQUIT\r\n", "\r\n\r\n\x00\r\nQUIT\n\x21\xff\xff\xff"} {
		if heard := say(t, address, header); heard != "" {
			t.Errorf("a proxy that says %q hears %q", header, heard)
		}
	}
}

func TestProxies_NobodyElseTellsAnything(t *testing.T) {
	s := seer{make(chan netip.Addr, 1)}
	address := openProxied(t, s, "192.0.2.1/32")
	heard := say(t, address, "PROXY TCP4 192.0.2.7 127.0.0.1 1234 995\r\nUSER ada\r\nPASS x\r\nQUIT\r\n")
	if got := <-s.from; got != netip.MustParseAddr("127.0.0.1") || !strings.Contains(heard, "-ERR unknown command") {
		t.Errorf("believed to be from %v: %q", got, heard)
	}
}

func TestProxies_SilentOneHoldsUpNobody(t *testing.T) {
	address := openProxied(t, seer{make(chan netip.Addr, 1)}, "127.0.0.0/8")
	for range 3 {
		silent, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close()
	}
	if heard := say(t, address, "PROXY TCP4 192.0.2.7 127.0.0.1 1234 995\r\nQUIT\r\n"); !strings.HasPrefix(heard, "+OK") {
		t.Errorf("behind silent proxies a client hears %q", heard)
	}
}

// inChild is set where the test binary runs once more, with a socket.
const inChild = "RESTANTE_TEST_INHERIT"

func TestInherited_SocketsComeByName(t *testing.T) {
	if os.Getenv(inChild) != "" {
		childInherits(t)
		return
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	file, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	// The shell's own number is the child's, since it is replaced by it.
	cmd := exec.Command("sh", "-c", `LISTEN_PID=$$ exec "$0" -test.run=TestInherited_SocketsComeByName`, os.Args[0])
	cmd.Env = append(os.Environ(), inChild+"="+ln.Addr().String(), "LISTEN_FDS=1", "LISTEN_FDNAMES=pop3")
	cmd.ExtraFiles = []*os.File{file}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("child: %v\n%s", err, out)
	}
}

func childInherits(t *testing.T) {
	all, err := serve.Inherited()
	if err != nil || len(all) != 1 || all["pop3"] == nil {
		t.Fatalf("inherited %v, %v", all, err)
	}
	if again, err := serve.Inherited(); len(again) != 0 || err != nil {
		t.Errorf("the second time: %v, %v", again, err)
	}
	srv, err := pop3d.New(pop3d.Options{Porter: pop3d.NewMemory()})
	if err != nil {
		t.Fatal(err)
	}
	g := serve.Group{Inherited: all}
	addr, err := g.Listen(t.Context(), serve.Door{Name: "pop3", Address: "no address at all"}, srv)
	if err != nil || addr.String() != os.Getenv(inChild) {
		t.Fatalf("listens on %v, %v", addr, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- g.Run(ctx) }()
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); !strings.HasPrefix(line, "+OK") {
		t.Errorf("greeting %q, %v", line, err)
	}
	conn.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
}

func TestInherited_NothingWithoutAManager(t *testing.T) {
	t.Setenv("LISTEN_PID", "1")
	t.Setenv("LISTEN_FDS", "3")
	if all, err := serve.Inherited(); len(all) != 0 || err != nil {
		t.Errorf("another process's: %v, %v", all, err)
	}
}
