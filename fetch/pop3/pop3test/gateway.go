package pop3test

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
)

// GatewayOptions of a Gateway.
type GatewayOptions struct {
	To             string // host:port to which all connections go, whatever is asked for
	User, Password string // asked for where User is set
	Answer         string // what it says to CONNECT, whatever that is; then it hangs up
	Silent         bool   // it says nothing at all
}

// Gateway is a proxy for tests: SOCKS5 (RFC 1928) and HTTP's CONNECT at one port.
type Gateway struct {
	opts     GatewayOptions
	listener net.Listener
	wg       sync.WaitGroup

	mu    sync.Mutex // guards the fields below
	conns []net.Conn
	asked []string
}

// NewGateway starts a proxy that ends with the test.
func NewGateway(t testing.TB, o GatewayOptions) *Gateway {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &Gateway{opts: o, listener: l}
	g.wg.Go(g.accept)
	t.Cleanup(func() {
		l.Close()
		g.mu.Lock()
		for _, c := range g.conns {
			c.Close()
		}
		g.conns = nil
		g.mu.Unlock()
		g.wg.Wait()
	})
	return g
}

// Address is its host:port.
func (g *Gateway) Address() string { return g.listener.Addr().String() }

// Asked gives where it was asked to connect to, as host:port.
func (g *Gateway) Asked() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.asked)
}

func (g *Gateway) accept() {
	for {
		c, err := g.listener.Accept()
		if err != nil {
			return
		}
		g.keep(c)
		g.wg.Go(func() {
			defer c.Close()
			r := bufio.NewReader(c)
			first, err := r.Peek(1)
			switch {
			case err != nil:
			case g.opts.Silent:
				io.Copy(io.Discard, r)
			case first[0] == 5:
				err = g.socks(c, r)
			default:
				err = g.connect(c, r)
			}
			if err == nil && !g.opts.Silent {
				g.pass(c, r)
			}
		})
	}
}

// keep has a connection closed at the end of the test.
func (g *Gateway) keep(c net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns = append(g.conns, c)
}

func (g *Gateway) ask(target string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, target)
}

var errRefused = errors.New("refused")

func (g *Gateway) connect(c net.Conn, r *bufio.Reader) error {
	req, err := http.ReadRequest(r)
	if err != nil {
		return err
	}
	g.ask(req.RequestURI)
	o := g.opts
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(o.User+":"+o.Password))
	switch {
	case o.Answer != "":
		io.WriteString(c, o.Answer)
		return errRefused
	case o.User != "" && req.Header.Get("Proxy-Authorization") != want:
		io.WriteString(c, "HTTP/1.1 407 Who are you, "+req.Header.Get("Proxy-Authorization")+"?\r\n\r\n")
		return errRefused
	}
	_, err = io.WriteString(c, "HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
	return err
}

func (g *Gateway) socks(c net.Conn, r *bufio.Reader) error {
	methods, err := read(r, 2)
	if err != nil {
		return err
	}
	if _, err := read(r, int(methods[1])); err != nil {
		return err
	}
	if err := g.socksLogin(c, r); err != nil {
		return err
	}
	head, err := read(r, 5)
	if err != nil {
		return err
	}
	var host string
	switch head[3] {
	case 1: // an IPv4 address
		rest, err := read(r, 3)
		if err != nil {
			return err
		}
		host = net.IP(append(head[4:5], rest...)).String()
	case 3: // a name
		name, err := read(r, int(head[4]))
		if err != nil {
			return err
		}
		host = string(name)
	default:
		return fmt.Errorf("address type %d", head[3])
	}
	port, err := read(r, 2)
	if err != nil {
		return err
	}
	g.ask(net.JoinHostPort(host, strconv.Itoa(int(port[0])<<8|int(port[1]))))
	_, err = c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	return err
}

// socksLogin is RFC 1929.
func (g *Gateway) socksLogin(c net.Conn, r *bufio.Reader) error {
	if g.opts.User == "" {
		_, err := c.Write([]byte{5, 0})
		return err
	}
	if _, err := c.Write([]byte{5, 2}); err != nil {
		return err
	}
	var words [2]string
	for i, skip := range []int{1, 0} {
		head, err := read(r, skip+1)
		if err != nil {
			return err
		}
		word, err := read(r, int(head[skip]))
		if err != nil {
			return err
		}
		words[i] = string(word)
	}
	if words != [2]string{g.opts.User, g.opts.Password} {
		c.Write([]byte{1, 1})
		return errRefused
	}
	_, err := c.Write([]byte{1, 0})
	return err
}

func read(r io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}

// pass carries octets both ways until one side ends.
func (g *Gateway) pass(c net.Conn, r io.Reader) {
	up, err := net.Dial("tcp", g.opts.To)
	if err != nil {
		return
	}
	defer up.Close()
	g.keep(up)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		io.Copy(up, r)
		up.Close()
	})
	io.Copy(c, up)
	c.Close()
}
