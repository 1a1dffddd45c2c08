package main

import (
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"restante/serve/auth/token/tokentest"
	"restante/serve/pop3d/clients"
)

// tokenHouse is a house whose users' tokens are of an issuer.
func tokenHouse(t *testing.T, tokens string) (conf string) {
	t.Helper()
	conf = filepath.Join(t.TempDir(), "restante.yaml")
	open, rest, _ := strings.Cut(doors, "{")
	writeFile(t, conf, fmt.Sprintf("data_dir: %q\n%s{ tokens: { %s }, %s"+
		"users:\n  - { name: alice, password: secret }\n  - { name: bob, password: engine two }\n", dataDir(conf), open, tokens, rest))
	mail := filepath.Join(t.TempDir(), "mail.eml")
	writeFile(t, mail, string(letterAbout("apples")))
	do(t, conf, "import", "--user", "alice", mail)
	return conf
}

const relayName = "https://mail.example.org"

func TestInterop_TokensLogTheirUserIn(t *testing.T) {
	t.Parallel()
	for way, tokens := range map[string]string{
		"signed": `issuer: %q, audience: "` + relayName + `", scope: mail, claim: email, domain: example.org`,
		"asked":  `issuer: %q, introspection: %q, client_id: "` + tokentest.ClientID + `", client_secret_file: %q, scope: mail, claim: email, domain: example.org`,
	} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			i := tokentest.New(t)
			secret := filepath.Join(t.TempDir(), "secret")
			writeFile(t, secret, tokentest.ClientSecret+"\n")
			args := []any{i.URL, i.IntrospectionURL(), secret}
			mint := func(user string, more map[string]any) string {
				claims := i.Claims(relayName, user, more)
				text := i.Token("ES256", claims)
				i.Know(text, claims)
				return text
			}
			drop := serveInterop(t, tokenHouse(t, fmt.Sprintf(tokens, args[:strings.Count(tokens, "%q")]...)))
			good := mint("alice@Example.org", nil)
			for _, name := range []string{"curl", "mpop"} {
				drop.Auth, drop.Password = "oauthbearer", good
				for _, drop.User = range []string{"alice", "alice@example.org", "alice+inbox@example.org"} {
					if got := clients.Find(t, name).Download(t, drop, clients.TLS); len(got) != 1 {
						t.Errorf("%s as %s: %d messages", name, drop.User, len(got))
					}
				}
			}
			// Our own fetcher, through TLS too.
			for _, mechanism := range []string{"oauthbearer", "xoauth2", "auto"} {
				if out := do(t, tokenFetch(t, drop, "alice", mechanism, good), "fetch"); !strings.Contains(out, "1 taken") {
					t.Errorf("%s: %q", mechanism, out)
				}
			}
			for name, c := range map[string]struct {
				user, token, want string
			}{
				"another user's":  {"bob", good, "invalid_token"},
				"nobody's":        {"carol", mint("carol@example.org", nil), "invalid_token"},
				"another domain":  {"alice", mint("alice@example.net", nil), "invalid_token"},
				"of no domain":    {"alice", mint("alice", nil), "invalid_token"},
				"for other mail":  {"alice", mint("alice@example.org", map[string]any{"scope": "openid"}), "insufficient_scope"},
				"over":            {"alice", mint("alice@example.org", map[string]any{"exp": 1}), "invalid_token"},
				"of nobody's key": {"alice", good[:len(good)-8] + "AAAAAAAA", "invalid_token"},
			} {
				conf := tokenFetch(t, drop, c.user, "oauthbearer", c.token)
				if r := finish(t, program(conf, "fetch")); r.status == 0 || !strings.Contains(r.out+r.errOut, c.want) || strings.Contains(r.out+r.errOut, c.token) {
					t.Errorf("%s: %+v", name, r)
				}
			}
		})
	}
}

// tokenFetch is a house that fetches with a token from another.
func tokenFetch(t *testing.T, from clients.Maildrop, user, mechanism, text string) (conf string) {
	t.Helper()
	_, port, err := net.SplitHostPort(from.TLS)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, ca := filepath.Join(dir, "token"), filepath.Join(dir, "ca.pem")
	writeFile(t, file, text)
	writeFile(t, ca, string(from.CA))
	return settings(t, fmt.Sprintf("accounts:\n  - { name: far, user: alice, host: localhost, port: %s, ca_file: %q, auth: %s, username: %q, token_file: %q }\n",
		port, ca, mechanism, user, file))
}

func TestTokens_AnIssuerThatIsDownIsNoWrongToken(t *testing.T) {
	i := tokentest.New(t)
	i.Break(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	conf := tokenHouse(t, fmt.Sprintf("issuer: %q, audience: %q, claim: email", i.URL, relayName))
	p, pop3 := startServe(t, conf)
	c := dial(t, pop3)
	text := i.Token("RS256", i.Claims(relayName, "alice", nil))
	c.ok("CAPA")
	if got := c.body(); !strings.Contains(got, " OAUTHBEARER XOAUTH2\n") {
		t.Errorf("CAPA: %q", got)
	}
	if got := c.ask("AUTH OAUTHBEARER"); got != "+ " {
		t.Fatalf("AUTH: %q", got)
	}
	if got := c.ask(base64.StdEncoding.EncodeToString([]byte("n,,\x01auth=Bearer " + text + "\x01\x01"))); !strings.HasPrefix(got, "-ERR [SYS/TEMP]") {
		t.Errorf("%q", got)
	}
	p.await(`level=ERROR msg="pop3 login".* 502`)
	if strings.Contains(p.output(), text) {
		t.Error("the token is in the log")
	}
}
