package pop3d_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/xdg-go/scram"

	"restante/serve/pop3d"
)

// proverBox is a Memory with one user's keys, of two passwords; fault is what
// Challenge says.
type proverBox struct {
	*pop3d.Memory
	challenge pop3d.Challenge
	fault     error
	lacks     bool // keys of somebody else
}

func newProver(t *testing.T) *proverBox {
	t.Helper()
	p := &proverBox{Memory: newSample(t), challenge: pop3d.Challenge{Salt: []byte("some salt of ours"), Iterations: 4096}}
	for _, password := range []string{"engine one", "app password"} {
		k, err := pop3d.DeriveKeys(password, p.challenge.Salt, p.challenge.Iterations)
		if err != nil {
			t.Fatal(err)
		}
		k.Of = password
		p.challenge.Keys = append(p.challenge.Keys, k)
	}
	return p
}

func (p *proverBox) Proves(context.Context) bool { return !p.lacks }

func (p *proverBox) Challenge(_ context.Context, name string, _ netip.Addr) (pop3d.Challenge, error) {
	c := p.challenge
	if name != "ada" {
		c.Keys = nil
	}
	return c, p.fault
}

func (p *proverBox) Proved(ctx context.Context, name string, by pop3d.Keys, remote netip.Addr) (pop3d.Maildrop, error) {
	if name != "ada" {
		return nil, fmt.Errorf("%s has proved the password %q", name, by.Of)
	}
	return p.Login(ctx, name, "engine one", remote)
}

// overTLS opens a connection with TLS of at most some version.
func overTLS(t *testing.T, s *serving, max uint16) (*client, scram.ChannelBinding) {
	t.Helper()
	conn, err := tls.Dial("tcp", s.tls, &tls.Config{InsecureSkipVerify: true, MaxVersion: max})
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, conn)
	c.want("+OK")
	state := conn.ConnectionState()
	b, err := scram.NewTLSExporterBinding(&state)
	if err != nil {
		t.Fatal(err)
	}
	return c, b
}

// prove plays a client's side up to the server's last word, which it gives.
func (c *client) prove(mechanism string, conv *scram.ClientConversation, initial bool) string {
	c.t.Helper()
	say, err := conv.Step("")
	if err != nil {
		c.t.Fatal(err)
	}
	line := base64.StdEncoding.EncodeToString([]byte(say))
	if initial {
		line = "AUTH " + mechanism + " " + line
	} else {
		c.ask("AUTH "+mechanism, "+ ")
	}
	for {
		c.send(line)
		heard := c.line()
		challenge, more := strings.CutPrefix(heard, "+ ")
		if !more {
			return heard
		}
		text, err := base64.StdEncoding.DecodeString(challenge)
		if err != nil {
			c.t.Fatal(err)
		}
		if say, err = conv.Step(string(text)); err != nil {
			c.t.Fatal(err)
		}
		line = base64.StdEncoding.EncodeToString([]byte(say))
	}
}

func TestSCRAM_ProvesWithoutSendingThePassword(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newProver(t), Profile: always})
	for _, initial := range []bool{true, false} {
		for _, who := range []struct{ name, password, want string }{
			{"ada", "engine one", "+OK"}, {"ada", "app password", "+OK"}, {"ada", "engine", "-ERR [AUTH]"}, {"eve", "engine one", "-ERR [AUTH]"},
		} {
			user, err := scram.SHA256.NewClient(who.name, who.password, "")
			if err != nil {
				t.Fatal(err)
			}
			plain := dial(t, s.clear)
			plain.want("+OK")
			old, _ := overTLS(t, s, tls.VersionTLS12)
			bound, binding := overTLS(t, s, tls.VersionTLS13)
			able, _ := overTLS(t, s, tls.VersionTLS13)
			for _, way := range []struct {
				c         *client
				mechanism string
				conv      *scram.ClientConversation
			}{
				{plain, "SCRAM-SHA-256", user.NewConversation()},
				{old, "scram-sha-256", user.NewConversation()},
				{able, "SCRAM-SHA-256", user.NewConversation()},
				{bound, "SCRAM-SHA-256-PLUS", user.NewConversationWithChannelBinding(binding)},
			} {
				got := way.c.prove(way.mechanism, way.conv, initial)
				if !strings.HasPrefix(got, who.want) {
					t.Errorf("%s as %s: %q, want %q", way.mechanism, who.name, got, who.want)
				}
				if who.want == "+OK" {
					way.c.ask("STAT", "+OK 4 123")
				} else {
					way.c.ask("STAT", "-ERR")
				}
			}
		}
	}
}

func TestSCRAM_OffersTheBoundOneWhereItCanBe(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newProver(t), Profile: always})
	plain := dial(t, s.clear)
	plain.want("+OK")
	old, _ := overTLS(t, s, tls.VersionTLS12)
	bound, _ := overTLS(t, s, tls.VersionTLS13)
	for c, want := range map[*client]string{
		plain: "SASL SCRAM-SHA-256 PLAIN LOGIN\r\n", old: "SASL SCRAM-SHA-256 PLAIN LOGIN\r\n",
		bound: "SASL SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN\r\n",
	} {
		c.ask("CAPA", "+OK")
		if got := c.body(); !strings.Contains(got, want) {
			t.Errorf("CAPA lacks %q:\n%s", want, got)
		}
		c.ask("AUTH", "+OK")
		if got := "SASL " + strings.ReplaceAll(strings.TrimSpace(c.body()), "\r\n", " ") + "\r\n"; got != want {
			t.Errorf("AUTH lists %q", got)
		}
	}
	plain.ask("AUTH SCRAM-SHA-256-PLUS", "-ERR unknown mechanism")
}

func TestSCRAM_IsNotOfferedWhileSomebodyCouldNotUseIt(t *testing.T) {
	box := newProver(t)
	box.lacks = true
	c := dial(t, serve(t, pop3d.Options{Porter: box, Profile: always}).clear)
	c.want("+OK")
	c.ask("CAPA", "+OK")
	if got := c.body(); !strings.Contains(got, "SASL PLAIN LOGIN\r\n") {
		t.Errorf("CAPA: %q", got)
	}
	c.ask("AUTH SCRAM-SHA-256", "-ERR unknown mechanism")
}

func TestSCRAM_SomebodyInBetweenIsNoticed(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newProver(t), Profile: always})
	user, err := scram.SHA256.NewClient("ada", "engine one", "")
	if err != nil {
		t.Fatal(err)
	}
	_, other := overTLS(t, s, tls.VersionTLS13)
	c, _ := overTLS(t, s, tls.VersionTLS13)
	if got := c.prove("SCRAM-SHA-256-PLUS", user.NewConversationWithChannelBinding(other), true); !strings.HasPrefix(got, "-ERR [AUTH]") {
		t.Errorf("bound to another connection: %q", got)
	}
	// The client can bind, and somebody took PLUS from what we offered.
	if got := c.prove("SCRAM-SHA-256", user.NewConversationAdvertisingChannelBinding(), true); !strings.HasPrefix(got, "-ERR") {
		t.Errorf("downgraded: %q", got)
	}
	c.ask("STAT", "-ERR")
}

func TestSCRAM_NonsenseLogsNobodyIn(t *testing.T) {
	box := newProver(t)
	s := serve(t, pop3d.Options{Porter: box, Profile: always})
	c := dial(t, s.clear)
	c.want("+OK")
	for _, text := range []string{"", "n", "n,,", "n,,n=ada", "p=tls-unique,,n=ada,r=abc", "x,,n=ada,r=abc", "n,,m=x,n=ada,r=abc", "n,,n=,r=abc",
		"n,a=ada,n=,r=abc", "n,,n=ada,r=", "n,,n=ada,r=,x=y", "\x00\xff"} {
		c.ask("AUTH SCRAM-SHA-256", "+ ")
		c.ask(base64.StdEncoding.EncodeToString([]byte(text)), "-ERR bad response")
	}
	c.ask("AUTH SCRAM-SHA-256 "+base64.StdEncoding.EncodeToString([]byte("n,a=eve,n=ada,r=abc")), "-ERR [AUTH]")
	c.ask("AUTH SCRAM-SHA-256 "+base64.StdEncoding.EncodeToString([]byte("n,,n=ada,r=abc")), "+ ")
	c.ask("*", "-ERR cancelled")
	c.ask("AUTH SCRAM-SHA-256 "+base64.StdEncoding.EncodeToString([]byte("n,,n=ada,r=abc")), "+ ")
	c.ask(base64.StdEncoding.EncodeToString([]byte("c=biws,r=abc,p=AAAA")), "-ERR [AUTH]")
	c.ask("STAT", "-ERR")
	box.challenge.Wrong = pop3d.ErrThrottled
	c.ask("AUTH SCRAM-SHA-256 "+base64.StdEncoding.EncodeToString([]byte("n,,n=ada,r=abc")), "+ ")
	c.ask(base64.StdEncoding.EncodeToString([]byte("c=biws,r=abc,p=AAAA")), "-ERR [SYS/TEMP] too many")
	for fault, want := range map[error]string{pop3d.ErrThrottled: "-ERR [SYS/TEMP] too many", errors.New("locked"): "-ERR [SYS/TEMP] something"} {
		box.fault = fault
		c.ask("AUTH SCRAM-SHA-256 "+base64.StdEncoding.EncodeToString([]byte("n,,n=ada,r=abc")), want)
	}
}
