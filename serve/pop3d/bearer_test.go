package pop3d_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"restante/serve/pop3d"
)

// bearerBox is a Memory that takes one token, of ada's.
type bearerBox struct {
	*pop3d.Memory
	tokens *pop3d.Tokens
	fault  error
	asked  int
}

const goodToken = "ya29.a0-_~+/Ad8=="

func newBearer(t *testing.T) *bearerBox {
	t.Helper()
	return &bearerBox{Memory: newSample(t), tokens: &pop3d.Tokens{Scope: "mail", Configuration: "https://id.example.org/.well-known/openid-configuration"}}
}

func (b *bearerBox) Bears() *pop3d.Tokens { return b.tokens }

func (b *bearerBox) Bring(ctx context.Context, name, token string, remote netip.Addr) (pop3d.Maildrop, error) {
	b.asked++
	switch {
	case b.fault != nil:
		return nil, b.fault
	case token == "narrow":
		return nil, pop3d.ErrScope
	case token != goodToken || name != "" && name != "ada":
		return nil, pop3d.ErrAuth
	}
	return b.Login(ctx, "ada", "engine one", remote)
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// heard is what a refusal says.
func heard(t *testing.T, line string) string {
	t.Helper()
	text, ok := strings.CutPrefix(line, "+ ")
	b, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil {
		t.Fatalf("server says %q: %v", line, err)
	}
	return string(b)
}

const configured = `"openid-configuration":"https://id.example.org/.well-known/openid-configuration"`

func TestBearer_TokensLogIn(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newBearer(t), Profile: always})
	for _, c := range []struct{ name, mechanism, response string }{
		{"a name", "OAUTHBEARER", "n,a=ada,\x01host=mail.example.org\x01port=995\x01auth=Bearer " + goodToken + "\x01\x01"},
		{"the scheme in small letters", "oauthbearer", "n,a=ada,\x01auth=bearer " + goodToken + "\x01\x01"},
		{"nobody named", "OAUTHBEARER", "n,,\x01auth=Bearer " + goodToken + "\x01\x01"},
		{"it could bind", "OAUTHBEARER", "y,,\x01auth=Bearer " + goodToken + "\x01\x01"},
		{"a pair that nobody knows", "OAUTHBEARER", "n,,\x01x=y\x01auth=Bearer " + goodToken + "\x01\x01"},
		{"XOAUTH2", "XOAUTH2", "user=ada\x01auth=Bearer " + goodToken + "\x01\x01"},
	} {
		for _, initial := range []bool{true, false} {
			client := dial(t, s.clear)
			client.want("+OK")
			line := "AUTH " + c.mechanism + " " + b64(c.response)
			if !initial {
				client.ask("AUTH "+c.mechanism, "+ ")
				line = b64(c.response)
			}
			client.send(line)
			if got := client.line(); !strings.HasPrefix(got, "+OK") {
				t.Errorf("%s, initial response %t: %q", c.name, initial, got)
				continue
			}
			client.ask("STAT", "+OK 4 123")
		}
	}
}

func TestBearer_RefusalIsToldWhyBeforeTheVerdict(t *testing.T) {
	box := newBearer(t)
	s := serve(t, pop3d.Options{Porter: box, Profile: always})
	for _, c := range []struct{ name, mechanism, response, why, verdict string }{
		{"a wrong token", "OAUTHBEARER", "n,a=ada,\x01auth=Bearer old\x01\x01",
			`{"status":"invalid_token","schemes":"bearer","scope":"mail",` + configured + `}`, "-ERR [AUTH]"},
		{"no token", "OAUTHBEARER", "n,a=ada,\x01host=mail.example.org\x01\x01",
			`{"status":"invalid_token","schemes":"bearer","scope":"mail",` + configured + `}`, "-ERR [AUTH]"},
		{"an empty one", "OAUTHBEARER", "n,a=ada,\x01auth=\x01\x01",
			`{"status":"invalid_token","schemes":"bearer","scope":"mail",` + configured + `}`, "-ERR [AUTH]"},
		{"a token for something else", "OAUTHBEARER", "n,,\x01auth=Bearer narrow\x01\x01",
			`{"status":"insufficient_scope","schemes":"bearer","scope":"mail",` + configured + `}`, "-ERR [AUTH]"},
		{"another's name", "OAUTHBEARER", "n,a=eve,\x01auth=Bearer " + goodToken + "\x01\x01",
			`{"status":"invalid_token","schemes":"bearer","scope":"mail",` + configured + `}`, "-ERR [AUTH]"},
		{"a wrong token", "XOAUTH2", "user=ada\x01auth=Bearer old\x01\x01", `{"status":"401","schemes":"bearer","scope":"mail"}`, "-ERR [AUTH]"},
		{"a token for something else", "XOAUTH2", "user=ada\x01auth=Bearer narrow\x01\x01", `{"status":"403","schemes":"bearer","scope":"mail"}`, "-ERR [AUTH]"},
		{"nobody named", "XOAUTH2", "auth=Bearer " + goodToken + "\x01\x01", `{"status":"400","schemes":"bearer","scope":"mail"}`, "-ERR bad response"},
	} {
		// The dummy of the RFC, the empty line of others, and those who go away.
		for _, dummy := range []string{"AQ==", "", "*", "="} {
			client := dial(t, s.clear)
			client.want("+OK")
			client.ask("AUTH "+c.mechanism, "+ ")
			client.send(b64(c.response))
			if got := heard(t, client.line()); got != c.why {
				t.Errorf("%s %s: told %s, want %s", c.mechanism, c.name, got, c.why)
			}
			client.ask(dummy, c.verdict)
			client.ask("STAT", "-ERR")
		}
	}
}

func TestBearer_NonsenseIsNoTry(t *testing.T) {
	box := newBearer(t)
	c := dial(t, serve(t, pop3d.Options{Porter: box, Profile: always}).clear)
	c.want("+OK")
	for i, text := range []string{
		"", "\x01", "n", "n,,", "n,a=ada", "n,ada,\x01auth=Bearer x\x01\x01", "p=tls-exporter,,\x01auth=Bearer x\x01\x01",
		"n,,auth=Bearer x\x01\x01", "n,,\x01auth=Bearer x", "n,,\x01auth=Bearer x\x01", "n,,\x01auth=Bearer x\x01\x01more",
		"n,,\x01auth=Basic x\x01\x01", "n,,\x01auth=Bearer\x01\x01", "n,,\x01auth=Bearer a b\x01\x01", "n,,\x01auth=Bearer a\nb\x01\x01",
		"n,,\x01auth=Bearer ==\x01\x01", "n,,\x01auth\x01\x01", "\x00\xff",
	} {
		c.ask("AUTH OAUTHBEARER", "+ ")
		c.send(b64(text))
		if got := heard(t, c.line()); !strings.HasPrefix(got, `{"status":"invalid_request",`) {
			t.Errorf("%q: told %s", text, got)
		}
		c.ask("AQ==", "-ERR bad response")
		if i%10 == 9 {
			c.ask("CAPA", "+OK") // which makes sense
			c.body()
		}
	}
	c.ask("AUTH OAUTHBEARER", "+ ")
	c.ask("*", "-ERR cancelled")
	if box.asked != 0 {
		t.Errorf("the porter was asked %d times", box.asked)
	}
}

func TestBearer_FaultOfTheIssuerIsNoWrongToken(t *testing.T) {
	box := newBearer(t)
	box.fault = errors.New("the issuer does not answer")
	c := dial(t, serve(t, pop3d.Options{Porter: box, Profile: always}).clear)
	c.want("+OK")
	for _, line := range []string{"OAUTHBEARER " + b64("n,,\x01auth=Bearer x\x01\x01"), "XOAUTH2 " + b64("user=ada\x01auth=Bearer x\x01\x01")} {
		if got := c.ask("AUTH "+line, "-ERR [SYS/TEMP]"); strings.Contains(got, "issuer") {
			t.Errorf("the client hears of the inside: %q", got)
		}
	}
}

func TestBearer_IsOfferedWhereTokensAreTakenAndMayCome(t *testing.T) {
	box := newBearer(t)
	capa := func(p pop3d.Profile) string {
		t.Helper()
		c := dial(t, serve(t, pop3d.Options{Porter: box, Profile: p}).clear)
		c.want("+OK")
		c.ask("CAPA", "+OK")
		return c.body()
	}
	if got := capa(always); !strings.Contains(got, "SASL PLAIN LOGIN OAUTHBEARER XOAUTH2\r\n") {
		t.Errorf("CAPA: %q", got)
	}
	if got := capa(pop3d.Profile{Plaintext: pop3d.Never}); strings.Contains(got, "SASL") {
		t.Errorf("CAPA before TLS: %q", got)
	}
	c := dial(t, serve(t, pop3d.Options{Porter: box}).clear)
	c.want("+OK")
	c.ask("AUTH OAUTHBEARER "+b64("n,,\x01auth=Bearer "+goodToken+"\x01\x01"), "-ERR no logins without TLS")
	box.tokens = nil
	if got := capa(always); !strings.Contains(got, "SASL PLAIN LOGIN\r\n") {
		t.Errorf("CAPA without tokens: %q", got)
	}
	c = dial(t, serve(t, pop3d.Options{Porter: box, Profile: always}).clear)
	c.want("+OK")
	c.ask("AUTH OAUTHBEARER", "-ERR unknown mechanism")
}

// Tokens are longer than what RFC 5034, 4 allows to an initial response.
func TestBearer_LongTokenMayComeAtOnce(t *testing.T) {
	c := dial(t, serve(t, pop3d.Options{Porter: newBearer(t), Profile: always}).clear)
	c.want("+OK")
	long := strings.Repeat("x", 4000)
	c.send("AUTH XOAUTH2 " + b64("user=ada\x01auth=Bearer "+long+"\x01\x01"))
	if got := heard(t, c.line()); !strings.Contains(got, `"401"`) {
		t.Errorf("told %s", got)
	}
	c.ask("", "-ERR [AUTH]")
	c.ask("USER "+long, "-ERR line too long")
	c.ask("AUTH XOAUTH2 "+strings.Repeat("x", 13000), "-ERR line too long")
	c.ask("AUTH XOAUTH2 "+b64("user=ada\x01auth=Bearer "+goodToken+"\x01\x01"), "+OK")
	c.ask("LIST "+strings.Repeat("1", 300), "-ERR line too long")
	c.ask("STAT", "+OK 4")
}
