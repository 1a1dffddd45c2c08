package pop3d_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"

	"restante/serve/pop3d"
)

// ported is a Porter that lets everybody into one maildrop.
type ported struct{ pop3d.Maildrop }

func (p ported) Login(context.Context, string, string, netip.Addr) (pop3d.Maildrop, error) {
	return p.Maildrop, nil
}

// openDoor serves another profile and gives its address.
func (s *serving) openDoor(t *testing.T, p pop3d.Profile) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Door(p).Serve(context.Background(), ln, false) }()
	t.Cleanup(func() {
		ln.Close()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return ln.Addr().String()
}

func TestDoor_ReadOnlyRefusesDELEAndNothingElse(t *testing.T) {
	box := newSample(t)
	s := serve(t, pop3d.Options{Porter: box})
	c := dial(t, s.openDoor(t, pop3d.Profile{Plaintext: pop3d.Always, ReadOnly: true})).in()
	c.ask("DELE 1", "-ERR [SYS/PERM]")
	c.ask("STAT", "+OK 4 123")
	c.ask("RETR 1", "+OK")
	c.body()
	c.ask("QUIT", "+OK")
	c.wantEnd()
	if n := len(box.UIDs("ada")); n != 4 {
		t.Errorf("%d messages are left", n)
	}
}

func TestDoor_MendsForOldOutlook(t *testing.T) {
	box := pop3d.NewMemory()
	box.AddUser("ada", "engine one")
	for in, want := range map[string]string{
		"a: b\r\n\r\nx\x00\x00y\r\n": "a: b\r\n\r\nx\x80\x80y\r\n",
		"a: b\r\nc: d":               "a: b\r\nc: d\r\n\r\n",
		"a: b\r\n":                   "a: b\r\n\r\n",
		"":                           "\r\n",
		"\r\nbody\r\n":               "\r\nbody\r\n",
		"a: b\r\n\r\n":               "a: b\r\n\r\n",
	} {
		if _, err := box.Add("ada", []byte(in)); err != nil {
			t.Fatal(err)
		}
		s := serve(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Always}})
		c := dial(t, s.openDoor(t, pop3d.Profile{Plaintext: pop3d.Always, Mend: true})).in()
		for _, cmd := range []string{"RETR 1", "TOP 1 9"} {
			c.ask(cmd, "+OK")
			if got := c.body(); got != want {
				t.Errorf("%s of %q: %q, want %q", cmd, in, got, want)
			}
		}
		c.ask("DELE 1", "+OK")
		plain := dial(t, s.clear).in()
		plain.ask("RETR 1", "+OK")
		if got := plain.body(); got != crlf(in) {
			t.Errorf("without it %q comes as %q", in, got)
		}
		c.ask("QUIT", "+OK")
	}
}

func TestDoor_TakesItsNetworksOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, pop3d.Options{Porter: newSample(t), Profile: pop3d.Profile{
			Networks: []netip.Prefix{netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("fe80::/10")}}})
		defer b.end()
		for remote, want := range map[string]string{
			"192.168.1.5:1": "+OK", "[fe80::1%eth0]:1": "+OK", "[::ffff:192.168.1.5]:1": "+OK",
			"192.0.2.1:1": "-ERR [SYS/PERM]", "[2001:db8::1]:1": "-ERR [SYS/PERM]", "pipe": "-ERR [SYS/PERM]",
		} {
			c := b.dial(remote)
			c.want(want)
			if strings.HasPrefix(want, "-ERR") {
				c.wantEnd()
			}
		}
	})
}

func TestExclusive_OneSessionAtATime(t *testing.T) {
	box := newSample(t)
	box.AddUser("bob", "builder")
	s := serve(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Always}, Exclusive: true})
	first := dial(t, s.clear).in()
	second := dial(t, s.clear)
	second.want("+OK")
	second.ask("USER ada", "+OK")
	second.ask("PASS engine one", "-ERR [IN-USE]")
	second.ask("USER bob", "+OK")
	second.ask("PASS builder", "+OK")
	first.ask("DELE 1", "+OK")
	first.ask("QUIT", "+OK")
	third := dial(t, s.clear).in() // whoever heard the answer to QUIT may come again
	third.Close()
	for range 1000 { // a lost connection frees the maildrop as soon as it is seen
		c := dial(t, s.clear)
		c.want("+OK")
		c.ask("USER ada", "+OK")
		c.send("PASS engine one")
		if strings.HasPrefix(c.line(), "+OK") {
			return
		}
	}
	t.Error("a lost connection still holds the maildrop")
}

func TestLimits_SessionsOfAUser(t *testing.T) {
	box := newSample(t)
	s := serve(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Always}, MaxPerUser: 2})
	one, two := dial(t, s.clear).in(), dial(t, s.clear).in()
	c := dial(t, s.clear)
	c.want("+OK")
	c.ask("USER ada", "+OK")
	c.ask("PASS engine one", "-ERR [IN-USE]")
	one.ask("QUIT", "+OK")
	c.ask("USER ada", "+OK")
	c.ask("PASS engine one", "+OK")
	two.ask("NOOP", "+OK")
}

func TestLimits_LoopbackHasNoneOfItsOwn(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newSample(t), MaxPerAddr: 2})
	for range 10 {
		dial(t, s.clear).want("+OK")
	}
}
