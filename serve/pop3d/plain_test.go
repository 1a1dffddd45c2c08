package pop3d_test

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"

	"restante/index/downgrade"
	"restante/serve/pop3d"
)

// plainMemory is a Memory that can make headers ASCII.
type plainMemory struct{ *pop3d.Memory }

func (m plainMemory) Login(ctx context.Context, name, password string, remote netip.Addr) (pop3d.Maildrop, error) {
	drop, err := m.Memory.Login(ctx, name, password, remote)
	if err != nil {
		return nil, err
	}
	return plainDrop{drop}, nil
}

type plainDrop struct{ pop3d.Maildrop }

func (d plainDrop) OpenPlain(ctx context.Context, i int) (io.ReadCloser, error) {
	r, err := d.Open(ctx, i)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(downgrade.Reader(r)), nil
}

func (d plainDrop) PlainSize(i int) int64 {
	r, err := d.OpenPlain(context.Background(), i)
	if err != nil {
		panic(err)
	}
	n, err := io.Copy(io.Discard, r)
	if err != nil {
		panic(err)
	}
	return n
}

// Two messages, the second with raw UTF-8 in its header, as it is and in ASCII.
const (
	asciiMail = "Subject: one\r\n\r\n.dot\r\n"
	rawMail   = "From: Jörg <j@example.net>\r\nSubject: Grüße\r\n\r\nschöne\r\n"
	plainMail = "From: =?utf-8?q?J=C3=B6rg?= <j@example.net>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nschöne\r\n"
)

// shows wants all that a session says of the two messages to be of one form.
func shows(t *testing.T, c *client, second string) {
	t.Helper()
	c.ask("STAT", fmt.Sprintf("+OK 2 %d", len(asciiMail)+len(second)))
	c.ask("LIST", "+OK 2 messages")
	if got, want := c.body(), fmt.Sprintf("1 %d\r\n2 %d\r\n", len(asciiMail), len(second)); got != want {
		t.Errorf("LIST says %q, want %q", got, want)
	}
	c.ask("LIST 2", fmt.Sprintf("+OK 2 %d", len(second)))
	c.ask("UIDL 2", "+OK 2 m00000002")
	c.ask("RETR 2", fmt.Sprintf("+OK %d", len(second)))
	if got := c.body(); got != second {
		t.Errorf("RETR gives %q, want %q", got, second)
	}
	c.ask("RETR 1", fmt.Sprintf("+OK %d", len(asciiMail)))
	if got := c.body(); got != asciiMail {
		t.Errorf("RETR gives %q, want %q", got, asciiMail)
	}
	head, _, _ := strings.Cut(second, "\r\n\r\n")
	for _, top := range []struct{ lines, want string }{{"0", head + "\r\n\r\n"}, {"99999999", second}} {
		c.ask("TOP 2 "+top.lines, "+OK")
		if got := c.body(); got != top.want {
			t.Errorf("TOP 2 %s gives %q, want %q", top.lines, got, top.want)
		}
	}
}

func servePlain(t *testing.T) *serving {
	t.Helper()
	box := pop3d.NewMemory()
	box.AddUser("ada", "engine one")
	for _, m := range []string{asciiMail, rawMail} {
		if _, err := box.Add("ada", []byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	return serve(t, pop3d.Options{Porter: plainMemory{box}, Profile: always})
}

func TestField25_HeadersAreASCIIUntilTheClientSaysUTF8(t *testing.T) {
	s := servePlain(t)
	for _, tt := range []struct{ name, before, after, want string }{
		{"never", "", "", plainMail},
		{"before the login", "UTF8", "", rawMail},
		{"after the login, as Outlook", "", "UTF8", rawMail},
		{"twice", "UTF8", "UTF8", rawMail},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, s.clear)
			c.want("+OK")
			if tt.before != "" {
				c.ask(tt.before, "+OK")
			}
			c.ask("USER ada", "+OK")
			c.ask("PASS engine one", "+OK")
			if tt.after != "" {
				shows(t, c, plainOr(tt.before, rawMail))
				c.ask(tt.after, "+OK")
			}
			shows(t, c, tt.want)
			c.ask("QUIT", "+OK")
		})
	}
}

// plainOr is the form of a session before UTF8 is said after the login.
func plainOr(before, raw string) string {
	if before != "" {
		return raw
	}
	return plainMail
}

func TestUTF8_KeepsMarksAndCountsAnew(t *testing.T) {
	c := dial(t, servePlain(t).clear)
	c.want("+OK")
	c.ask("USER ada", "+OK")
	c.ask("PASS engine one", "+OK")
	c.ask("DELE 1", "+OK")
	c.ask("STAT", fmt.Sprintf("+OK 1 %d", len(plainMail)))
	c.ask("UTF8", "+OK")
	c.ask("STAT", fmt.Sprintf("+OK 1 %d", len(rawMail)))
	c.ask("DELE 2", "+OK")
	c.ask("STAT", "+OK 0 0")
	c.ask("RSET", "+OK")
	c.ask("STAT", fmt.Sprintf("+OK 2 %d", len(asciiMail)+len(rawMail)))
}

// What was sent in clear before TLS may be from somebody else (RFC 2595, 4).
func TestUTF8_IsForgottenWithSTLS(t *testing.T) {
	c := dial(t, servePlain(t).clear)
	c.want("+OK")
	c.ask("UTF8", "+OK")
	c.ask("STLS", "+OK")
	c = c.upgrade()
	c.ask("USER ada", "+OK")
	c.ask("PASS engine one", "+OK")
	shows(t, c, plainMail)
}
