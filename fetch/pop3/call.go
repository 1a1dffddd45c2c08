package pop3

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/proxy"

	"restante/fetch"
)

// call connects to the account's server, through its proxy where it has one, to
// whom the resolving of the name is left.
func (d *Dialer) call(ctx context.Context, a fetch.Account) (net.Conn, error) {
	dial, err := d.dialFrom(a.Source)
	if err != nil {
		return nil, err
	}
	via, err := parseProxy(a.Proxy)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.times.Dial)
	defer cancel()
	if via == nil {
		return dial(ctx, "tcp", a.Address())
	}
	var c net.Conn
	if via.Scheme == "http" {
		c, err = connectHTTP(ctx, dial, via, a.Address())
	} else {
		c, err = connectSOCKS(ctx, dial, via, a.Address())
	}
	if err != nil {
		return nil, fmt.Errorf("proxy %s://%s: %w", via.Scheme, via.Host, err)
	}
	return c, nil
}

// dialFunc is a net.Dialer's DialContext.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

func (d *Dialer) dialFrom(source string) (dialFunc, error) {
	if d.connect != nil {
		return d.connect, nil
	}
	if source == "" {
		return (&net.Dialer{}).DialContext, nil
	}
	ip, err := netip.ParseAddr(source)
	if err != nil {
		return nil, fmt.Errorf("source_address %q is no IP address", source)
	}
	from := net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, 0))
	return (&net.Dialer{LocalAddr: from}).DialContext, nil
}

// parseProxy reads an account's proxy; nil is none. Its errors quote nothing: the
// password may be anywhere in what is wrong.
func parseProxy(s string) (*url.URL, error) {
	if s == "" {
		return nil, nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "socks5" && u.Scheme != "http" || u.Hostname() == "" || u.Port() == "" || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("the proxy is not socks5://host:port or http://host:port, with user:password@ ahead of the host where it wants them")
	}
	return u, nil
}

// connectSOCKS is RFC 1928 and RFC 1929.
func connectSOCKS(ctx context.Context, dial dialFunc, via *url.URL, address string) (net.Conn, error) {
	var auth *proxy.Auth
	if via.User != nil {
		password, _ := via.User.Password()
		auth = &proxy.Auth{User: via.User.Username(), Password: password}
	}
	p, err := proxy.SOCKS5("tcp", via.Host, auth, dial)
	if err != nil {
		return nil, err
	}
	return p.(proxy.ContextDialer).DialContext(ctx, "tcp", address)
}

// Dial makes a dialFunc a proxy.Dialer. Nobody calls it: there is DialContext.
func (f dialFunc) Dial(string, string) (net.Conn, error) {
	return nil, errors.New("no context to dial in")
}

// DialContext makes it a proxy.ContextDialer.
func (f dialFunc) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return f(ctx, network, address)
}

// connectHTTP is RFC 9110, section 9.3.6.
func connectHTTP(ctx context.Context, dial dialFunc, via *url.URL, address string) (_ net.Conn, err error) {
	c, err := dial(ctx, "tcp", via.Host)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	defer func() {
		if !stop() {
			err = errors.Join(err, ctx.Err())
		}
		if err != nil {
			c.Close()
		}
	}()
	request := "CONNECT " + address + " HTTP/1.1\r\nHost: " + address + "\r\n"
	if via.User != nil {
		password, _ := via.User.Password()
		secret := base64.StdEncoding.EncodeToString([]byte(via.User.Username() + ":" + password))
		request += "Proxy-Authorization: Basic " + secret + "\r\n"
	}
	if _, err := c.Write([]byte(request + "\r\n")); err != nil {
		return nil, err
	}
	head, err := readHead(c)
	if err != nil {
		return nil, err
	}
	return c, connected(head)
}

// maxProxyHead bounds what a proxy may answer to CONNECT, in octets.
const maxProxyHead = 16 << 10

// readHead reads up to the empty line and not an octet more: what follows is the
// server's, which with POP3 speaks first.
func readHead(c net.Conn) ([]byte, error) {
	var head []byte
	for octet := make([]byte, 1); len(head) < maxProxyHead; {
		if _, err := c.Read(octet); err != nil {
			return nil, fmt.Errorf("answer to CONNECT: %w", lost(err))
		}
		head = append(head, octet[0])
		if bytes.HasSuffix(head, []byte("\n\r\n")) || bytes.HasSuffix(head, []byte("\n\n")) {
			return head, nil
		}
	}
	return nil, fmt.Errorf("the answer to CONNECT has more than %d octets", maxProxyHead)
}

// connected says what an answer to CONNECT means (RFC 9112, section 4). Of its
// words none are repeated: they may hold what we sent.
func connected(head []byte) error {
	line, _, _ := strings.Cut(string(head), "\n")
	f := strings.Fields(line)
	if len(f) < 2 || !strings.HasPrefix(f[0], "HTTP/1.") {
		return errors.New("it does not answer as an HTTP proxy does")
	}
	code, err := strconv.Atoi(f[1])
	switch {
	case err != nil || code < 100 || code > 999:
		return errors.New("it does not answer as an HTTP proxy does")
	case code == 407:
		return errors.New("it wants a user and a password, or others (407)")
	case code < 200 || code > 299:
		return fmt.Errorf("it refuses to connect (status %d)", code)
	}
	return nil
}
