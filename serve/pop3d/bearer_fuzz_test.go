package pop3d

import (
	"errors"
	"strings"
	"testing"
)

// FuzzBearer reads whatever it likes as a response. What is taken must be a name
// and a token that stood there, and what we write must be read again.
func FuzzBearer(f *testing.F) {
	for _, seed := range []string{
		"n,a=ada,\x01host=mail.example.org\x01port=995\x01auth=Bearer ya29.x==\x01\x01", "n,,\x01auth=bearer x\x01\x01",
		"y,a=a=2Cb=3D,\x01auth=Bearer x\x01auth=Bearer y\x01\x01", "user=ada\x01auth=Bearer x\x01\x01", "p=x,,\x01\x01", "\x01", "",
		"y,a=\x01,\x01\x01", "user=a\x00\x01\x01",
	} {
		f.Add(seed)
	}
	parsers := map[string]func([]byte) (string, string, error){
		"OAUTHBEARER": parseBearer, "XOAUTH2": parseXOAUTH2,
	}
	f.Fuzz(func(t *testing.T, text string) {
		for mechanism, parse := range parsers {
			name, token, err := parse([]byte(text))
			if err != nil {
				if !errors.Is(err, errBring) || errors.Is(err, ErrAuth) {
					t.Errorf("%s %q: %v", mechanism, text, err)
				}
				continue
			}
			if !strings.Contains(text, token) || strings.ContainsAny(token+name, kvsep) || strings.ContainsAny(token, " \r\n\x00,") {
				t.Errorf("%s %q: token %q of %q", mechanism, text, token, name)
			}
			again := "n,a=" + strings.NewReplacer("=", "=3D", ",", "=2C").Replace(name) + "," + kvsep
			if mechanism == "XOAUTH2" {
				again = "user=" + name + kvsep
			}
			if token != "" {
				again += "auth=Bearer " + token + kvsep
			}
			name2, token2, err := parse([]byte(again + kvsep))
			if err != nil || name2 != name || token2 != token {
				t.Errorf("%s %q: %q and %q, then %q and %q, %v", mechanism, text, name, token, name2, token2, err)
			}
		}
	})
}
