package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"restante/fetch"
	"restante/serve"
	"restante/serve/pop3d"
)

// upstream is one sample account and its server, which is our own over a
// maildrop in memory.
type upstream struct {
	name        string
	tls         fetch.TLSMode
	fingerprint string
	addr        net.Addr
}

// startUpstreams starts the two sample accounts, one in clear on this machine,
// one with implicit TLS. What it returns stops them.
func (d *demo) startUpstreams(ctx context.Context) (stop func(), err error) {
	cert, fingerprint, _, err := serve.SelfSigned(d.dir, nil)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var g errgroup.Group
	stop = func() {
		cancel()
		g.Wait() // servers end with their context, without an error
	}
	d.upstreams = []*upstream{
		{name: "provider-one", tls: fetch.TLSNone},
		{name: "provider-two", tls: fetch.TLSImplicit, fingerprint: fingerprint},
	}
	for i, u := range d.upstreams {
		mem := pop3d.NewMemory()
		mem.AddUser(demoUser, demoPassword)
		for _, m := range d.mail {
			if m.Account == i && !m.Train {
				if _, err := mem.Add(demoUser, m.Raw); err != nil {
					stop()
					return nil, err
				}
			}
		}
		srv, err := pop3d.New(pop3d.Options{
			Porter: mem,
			Profile: pop3d.Profile{
				Plaintext: pop3d.Loopback,
				TLS:       &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12},
			},
		})
		if err == nil {
			err = u.listen(ctx, &g, srv)
		}
		if err != nil {
			stop()
			return nil, errors.Join(errors.New("start a sample account"), err)
		}
	}
	return stop, nil
}

func (u *upstream) listen(ctx context.Context, g *errgroup.Group, srv *pop3d.Server) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	u.addr = l.Addr()
	g.Go(func() error { return srv.Serve(ctx, l, u.tls == fetch.TLSImplicit) })
	return nil
}

// settings is the account as it stands in a settings file.
func (u *upstream) settings() string {
	host, port, err := hostPort(u.addr.String())
	must(err)
	s := fmt.Sprintf("  - { name: %s, user: %s, host: %q, port: %d, tls: %s, username: %s, password: %s, schedule: %q",
		u.name, demoUser, host, port, u.tls, demoUser, demoPassword, "@every "+demoEvery.String())
	if u.fingerprint != "" {
		s += fmt.Sprintf(", fingerprint: %q", u.fingerprint)
	}
	return s + " }\n"
}

// demoEvery is how often the sample accounts are fetched.
const demoEvery = 10 * time.Second
