package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"restante/index"
	"restante/serve"
	"restante/serve/auth"
	"restante/serve/web"
	"restante/serve/web/api"
	"restante/serve/web/entry"
)

const webDoor = "web"

// openWeb opens the pages' door, if there is to be one. It shares the gate with
// POP3: who guesses at one is slowed down at both.
func (h *house) openWeb(ctx context.Context, g *serve.Group, at map[string]net.Addr, get getCertificate) error {
	cfg := h.cfg.Web
	if cfg.Address == "" && g.Inherited[webDoor] == nil {
		return nil
	}
	desk := entry.New(entry.Options{Store: h.store, People: webPeople{h}, Gate: h.porter.gate, Log: h.log})
	pages := web.New(web.Options{Sessions: desk, SignIn: entry.SignIn, TLS: serve.TLSConfig(get, versions[""]), Log: h.log})
	h.registerPages(pages, at)
	api.Register(pages, api.Options{
		Tokens: h.store, Known: h.people.known, Archive: h.archive, Filter: h.archive, Judge: h.sorter, Senders: h.archive, Mailboxes: h.archive, Shelf: h.archive,
		Changes: h.archive, Catalogue: h.catalogue, Desk: desk, Maker: webHouse{h}, Overview: h.overview(), Seen: h.seen, Log: h.log,
	})
	desk.Register(pages)
	addr, err := g.Listen(ctx, serve.Door{Name: webDoor, Address: cfg.Address, ImplicitTLS: cfg.TLS}, pages)
	if err != nil {
		return err
	}
	at[webDoor], h.desk = addr, desk
	all, err := h.people.names(ctx)
	if err == nil && len(all) == 0 {
		h.first = webURL(addr, cfg.TLS) + desk.Arm()
	}
	return err
}

// webURL is where a browser on this machine finds the pages.
func webURL(addr net.Addr, tls bool) string {
	scheme := "http"
	if tls {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(addr.String())
	if ip := net.ParseIP(host); err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// seenSoon is how long a page waits for the catalogue to see what was just done.
const seenSoon = time.Second

// seen waits for the catalogue, for a moment at most. What it has not seen by then
// it sees soon.
func (h *house) seen(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, seenSoon)
	defer cancel()
	behind, err := h.catalogue.Behind(ctx, h.archive)
	if err == nil && behind <= catchUpMost {
		err = h.catalogue.CatchUp(ctx, h.archive, nil)
	}
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		h.log.Warn("the catalogue does not see what was done", "err", err)
	}
}

// webPeople are the people as the pages see them.
type webPeople struct{ h *house }

func (p webPeople) Known(ctx context.Context, name string) (bool, error) {
	return p.h.people.known(ctx, name)
}

func (p webPeople) AddUser(ctx context.Context, name, password string) error {
	if !userName.MatchString(name) || p.h.parts(name) {
		return entry.ErrName
	}
	phc, err := auth.Hash(password)
	if err != nil {
		return err
	}
	err = p.h.addUser(ctx, name, password, phc)
	if errors.Is(err, index.ErrExists) {
		return fmt.Errorf("%w: %w", entry.ErrTaken, err)
	}
	return err
}

func (p webPeople) SetPassword(ctx context.Context, name, password string) error {
	if _, ok := p.h.people.settings[name]; ok {
		return entry.ErrFixed
	}
	phc, err := auth.Hash(password)
	if err != nil {
		return err
	}
	return p.h.setPassword(ctx, name, password, phc)
}

// parts tells whether a name holds what parts a user from a mailbox.
func (h *house) parts(name string) bool {
	sep := h.cfg.Serve.Separator
	return sep != "" && strings.Contains(name, sep)
}

// addUser makes a user of the database; ErrExists where the name is taken.
func (h *house) addUser(ctx context.Context, name, password, phc string) error {
	if ok, err := h.people.known(ctx, name); err != nil {
		return err
	} else if ok {
		return fmt.Errorf("user %q: %w", name, index.ErrExists)
	}
	if err := h.archive.AddUser(ctx, index.User{Name: name, Password: phc}); err != nil {
		return err
	}
	return h.people.ring.keep(ctx, name, password, secretOf(phc))
}

// setPassword changes the password of a user of the database. Sessions on the
// pages go on: their caller ends them.
func (h *house) setPassword(ctx context.Context, name, password, phc string) error {
	if err := h.archive.SetPassword(ctx, name, phc); err != nil {
		return err
	}
	return h.people.ring.keep(ctx, name, password, secretOf(phc))
}
