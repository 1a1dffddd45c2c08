package entry

import (
	"net/http"
	"sync"

	"restante/serve/auth"
	"restante/serve/web"
)

// invites are links that sign somebody in, each once. They live in memory.
type invites struct {
	mu sync.Mutex          // guards of
	of map[[32]byte]string // whom a token's digest lets in
}

// take gives whom a token lets in, and forgets it; empty: nobody.
func (i *invites) take(token string) string {
	secret, ok := auth.InviteTicket.Secret(token)
	if !ok {
		return ""
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	owner := i.of[secret]
	delete(i.of, secret)
	return owner
}

// Invite gives a path that signs an owner in, once, without a password or a second
// factor. It is for who starts a demo, and as good as a password until it is used.
func (d *Desk) Invite(owner string) (path string) {
	token := auth.InviteTicket.New()
	secret, _ := auth.InviteTicket.Secret(token) // of the kind it is
	d.invites.mu.Lock()
	defer d.invites.mu.Unlock()
	if d.invites.of == nil {
		d.invites.of = map[[32]byte]string{}
	}
	d.invites.of[secret] = owner
	return "/enter?token=" + token
}

// enter lets in who was invited. Who only asks for the header, as chat programs do
// that look where a link leads, does not use it up.
func (d *Desk) enter(c *web.Call) error {
	if c.R.Method == http.MethodHead {
		return c.Redirect(SignIn)
	}
	owner := d.invites.take(c.R.URL.Query().Get("token"))
	if owner == "" {
		return c.Redirect(SignIn)
	}
	if err := d.begin(c, owner); err != nil {
		return err
	}
	return c.Redirect("/")
}
