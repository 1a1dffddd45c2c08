package pop3_test

import (
	"context"
	"crypto/tls"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"restante/fetch"
	"restante/fetch/peertest"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

func TestDial_GoesThroughTheProxyAndKeepsTheNames(t *testing.T) {
	for _, scheme := range []string{"socks5://", "http://"} {
		for _, user := range []string{"", "me@work:s3cr3t"} {
			for _, mode := range []fetch.TLSMode{fetch.TLSNone, fetch.TLSStart, fetch.TLSImplicit} {
				name := make(chan string, 1)
				srv := pop3test.New(t, pop3test.Options{Messages: letters(2), TLS: mode, TLSConfig: func(c *tls.Config) {
					c.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
						name <- h.ServerName
						return nil, nil
					}
				}})
				a := srv.Account("a")
				o := pop3test.GatewayOptions{To: a.Address()}
				o.User, o.Password, _ = strings.Cut(user, ":")
				g := pop3test.NewGateway(t, o)
				a.Host, a.Port, a.Proxy = "pop.example.org", 4711, scheme+g.Address()
				if user != "" {
					a.Proxy = scheme + "me%40work:s3cr3t@" + g.Address()
				}
				if err := use(t.Context(), pop3.New(pop3.Options{}), a); err != nil {
					t.Errorf("%s, %s: %v", a.Proxy, mode, err)
					continue
				}
				if asked := g.Asked(); len(asked) != 1 || asked[0] != "pop.example.org:4711" {
					t.Errorf("%s, %s: asked for %q", a.Proxy, mode, asked)
				}
				if mode != fetch.TLSNone {
					if got := <-name; got != "pop.example.org" {
						t.Errorf("%s, %s: TLS named %q", a.Proxy, mode, got)
					}
				}
			}
		}
	}
}

func TestDial_VerifiesTheHostThroughAProxy(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{TLS: fetch.TLSImplicit})
	a := srv.Account("a")
	g := pop3test.NewGateway(t, pop3test.GatewayOptions{To: a.Address()})
	a.Host, a.Proxy, a.Fingerprint = "pop.example.org", "socks5://"+g.Address(), ""
	_, err := pop3.New(pop3.Options{}).Dial(t.Context(), a)
	if err == nil || !strings.Contains(err.Error(), "pop.example.org") || secrets(srv) {
		t.Errorf("a certificate for localhost: %v", err)
	}
}

// A proxy's error says which proxy, and nothing that may hold its password.
func TestDial_NamesTheProxyWithoutItsPassword(t *testing.T) {
	for name, tt := range map[string]struct {
		proxy string // % is the address
		o     pop3test.GatewayOptions
		want  string
	}{
		"wrong password":        {"http://me:s3cr3t@%", pop3test.GatewayOptions{User: "me", Password: "other"}, "it wants a user and a password, or others (407)"},
		"wrong SOCKS password":  {"socks5://me:s3cr3t@%", pop3test.GatewayOptions{User: "me", Password: "other"}, "authentication failed"},
		"refuses":               {"http://me:s3cr3t@%", pop3test.GatewayOptions{Answer: "HTTP/1.0 502 s3cr3t\r\n\r\n"}, "it refuses to connect (status 502)"},
		"is none":               {"http://me:s3cr3t@%", pop3test.GatewayOptions{Answer: "+OK s3cr3t\r\n\r\n"}, "does not answer as an HTTP proxy does"},
		"babbles":               {"http://me:s3cr3t@%", pop3test.GatewayOptions{Answer: "HTTP/1.1 200 s3cr3t\r\nX: " + strings.Repeat("x", 1<<20)}, "more than 16384 octets"},
		"hangs up":              {"http://me:s3cr3t@%", pop3test.GatewayOptions{Answer: "HTTP/1.1 200"}, "closed the connection"},
		"nobody there":          {"socks5://me:s3cr3t@127.0.0.1:1", pop3test.GatewayOptions{}, "connection refused"},
		"nobody there either":   {"http://me:s3cr3t@127.0.0.1:1", pop3test.GatewayOptions{}, "connection refused"},
		"another scheme":        {"ftp://me:s3cr3t@%", pop3test.GatewayOptions{}, "the proxy is not socks5://host:port"},
		"no port":               {"http://me:s3cr3t@localhost", pop3test.GatewayOptions{}, "the proxy is not"},
		"no URL":                {"http://me:s3cr3t@[::1:80", pop3test.GatewayOptions{}, "the proxy is not"},
		"a control character":   {"http://me:s3cr3t\n@%", pop3test.GatewayOptions{}, "the proxy is not"},
		"a path":                {"http://me:s3cr3t@%/x", pop3test.GatewayOptions{}, "the proxy is not"},
		"a password of a proxy": {"s3cr3t", pop3test.GatewayOptions{}, "the proxy is not"},
	} {
		srv := pop3test.New(t, pop3test.Options{})
		a := srv.Account("a")
		tt.o.To = a.Address()
		g := pop3test.NewGateway(t, tt.o)
		a.Proxy = strings.Replace(tt.proxy, "%", g.Address(), 1)
		_, err := pop3.New(pop3.Options{}).Dial(t.Context(), a)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cr3t") || errors.Is(err, fetch.ErrAuth) {
			t.Errorf("%s: %v does not say %q", name, err, tt.want)
		}
		if strings.Contains(tt.proxy, "@%") && !strings.Contains(tt.want, "the proxy is") && !strings.Contains(err.Error(), g.Address()) {
			t.Errorf("%s: %v does not name the proxy", name, err)
		}
		if srv.Sessions() > 0 {
			t.Errorf("%s: the server was reached", name)
		}
	}
}

func TestDial_AProxyThatSaysNothingEnds(t *testing.T) {
	for _, scheme := range []string{"socks5://", "http://"} {
		g := pop3test.NewGateway(t, pop3test.GatewayOptions{Silent: true})
		a := fetch.Account{Name: "a", Host: "h", Port: 995, TLS: fetch.TLSImplicit, Username: "u", Password: password("p"), Proxy: scheme + g.Address()}
		d := pop3.New(pop3.Options{Timeouts: pop3.Timeouts{Dial: 100 * time.Millisecond}})
		if _, err := d.Dial(t.Context(), a); !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", scheme, err)
		}
	}
}

func TestDial_CallsFromTheSourceAddress(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{})
	a := srv.Account("a")
	a.Source = "127.0.0.2"
	m, err := pop3.New(pop3.Options{}).Dial(t.Context(), a)
	if err != nil {
		peertest.Missing(t, "there is no 127.0.0.2 here: %v", err)
	}
	defer m.Close()
	if from := srv.From(); len(from) != 1 || from[0] != "127.0.0.2" {
		t.Errorf("called from %q", from)
	}
	a.Source = "here"
	if _, err := pop3.New(pop3.Options{}).Dial(t.Context(), a); err == nil || !strings.Contains(err.Error(), `source_address "here" is no IP address`) {
		t.Error(err)
	}
}
