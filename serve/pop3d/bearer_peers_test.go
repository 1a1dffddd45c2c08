package pop3d_test

import (
	"testing"

	"restante/serve/pop3d"
	"restante/serve/pop3d/clients"
)

// curl and mpop each have a hand of their own for both mechanisms. A token is
// longer than a line of theirs may be, or not.
func TestBearer_CurlAndMpopDownloadByTokens(t *testing.T) {
	box := newBearer(t)
	box.Memory = pop3d.NewMemory()
	box.AddUser("ada", "engine one")
	var mail [][]byte
	for _, m := range sample {
		if m == "" { // of which curl makes an empty line
			continue
		}
		if _, err := box.Add("ada", []byte(m)); err != nil {
			t.Fatal(err)
		}
		mail = append(mail, clients.CRLF([]byte(m)))
	}
	drop := maildrop(serve(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Loopback}}))
	for _, name := range []string{"curl", "mpop"} {
		c := clients.Find(t, name)
		for _, mechanism := range []string{"oauthbearer", "xoauth2"} {
			for _, mode := range c.Modes {
				t.Run(name+" "+mechanism+" "+string(mode), func(t *testing.T) {
					drop.Auth, drop.Password = mechanism, goodToken
					clients.Compare(t, clients.Bodies(c.Download(t, drop, mode)), mail)
				})
			}
		}
	}
}
