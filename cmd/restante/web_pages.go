package main

import (
	"context"
	"errors"
	"net"
	"net/netip"

	"restante/fetch"
	"restante/index"
	"restante/serve/auth"
	"restante/serve/web"
	"restante/serve/web/devices"
	"restante/serve/web/mail"
	"restante/serve/web/overview"
	"restante/serve/web/review"
)

// registerPages gives the pages what they stand on, in the order of the navigation.
// At are the doors that are open.
func (h *house) registerPages(s *web.Server, at map[string]net.Addr) {
	mail.Register(s, mail.Options{
		Archive: h.archive, Catalogue: h.catalogue, Searches: h.archive, Teacher: h.archive, Mailboxes: h.archive, Senders: h.archive, Judge: h.sorter,
		Seen: h.seen, Log: h.log,
	})
	review.Register(s, review.Options{Archive: h.archive, Lessons: h.archive, Catalogue: h.catalogue, Senders: h.archive, Judge: h.sorter, Log: h.log})
	overview.Register(s, h.overview())
	devices.Register(s, devices.Options{Archive: h.archive, Maker: webHouse{h}, Doors: popDoors(at)})
}

func (h *house) overview() overview.Options {
	return overview.Options{Archive: h.archive, Catalogue: h.catalogue, House: webHouse{h}}
}

// popDoors are the doors that every mail program may use, the safer first.
func popDoors(at map[string]net.Addr) (out []devices.Door) {
	for _, x := range []struct {
		name string
		tls  bool
	}{{"pop3s", true}, {"pop3", false}} {
		if a := at[x.name]; a != nil {
			if ap, err := netip.ParseAddrPort(a.String()); err == nil {
				out = append(out, devices.Door{Port: int(ap.Port()), TLS: x.tls})
			}
		}
	}
	return out
}

// webHouse is the house as the pages ask it.
type webHouse struct{ h *house }

// Accounts tells how an owner's accounts stand.
func (w webHouse) Accounts(ctx context.Context, owner string) (out []overview.Account, err error) {
	for _, a := range w.h.accounts {
		if a.Owner != owner {
			continue
		}
		s, err := w.h.standing(a)
		if err != nil {
			return nil, err
		}
		notes, err := w.h.store.Notes(ctx, a.Owner, a.Name)
		if err != nil {
			return nil, err
		}
		x := overview.Account{Name: a.Name, State: string(s.State), Why: s.Why, Good: s.LastOK, Next: s.NextTry, Quiet: s.Quiet}
		for _, n := range notes {
			if n.Kind <= fetch.NoteLarge {
				x.Stuck++
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// Space gives what the archive takes, and what is free beside it.
func (w webHouse) Space(context.Context) (used, free int64, err error) {
	files, err := w.h.blobs.Files()
	if err != nil {
		return 0, 0, err
	}
	for _, f := range files {
		used += f.Octets
	}
	free, _, ferr := w.h.blobs.Free()
	return used, free, errors.Join(err, ferr)
}

// MakeDevice keeps a device and gives its app password.
func (w webHouse) MakeDevice(ctx context.Context, d *index.Device) (password string, err error) {
	return w.h.makeDevice(ctx, d)
}

// makeDevice keeps a device, and gives its app password, which is kept nowhere.
func (h *house) makeDevice(ctx context.Context, d *index.Device) (password string, err error) {
	password = auth.NewAppPassword()
	d.Secret, _ = auth.AppSecret(d.Owner, password) // of the form it has
	if err := h.archive.AddDevice(ctx, d); err != nil {
		return "", err
	}
	return password, h.people.ring.keep(ctx, d.Owner, password, d.Secret)
}
