package main

import (
	"context"
	"net"

	"restante/serve"
)

// withACME has the certificates of an authority served before those of ours, if
// one is to be asked.
func (h *house) withACME(ours getCertificate) (getCertificate, error) {
	cfg := h.cfg.Serve.TLS.ACME
	if len(cfg.Hosts) == 0 {
		return ours, nil
	}
	roots, err := cfg.Roots()
	if err != nil {
		return nil, usage(err)
	}
	h.acme = serve.NewACME(serve.ACMEOptions{
		Hosts: cfg.Hosts, Email: cfg.Email, Directory: cfg.Directory, Roots: roots, Cache: acmeDir(h.cfg), Fallback: ours, Log: h.log,
	})
	return h.acme.Get, nil
}

// listenACME opens the doors at which the authority knocks.
func (h *house) listenACME(ctx context.Context, g *serve.Group, at map[string]net.Addr) error {
	if h.acme == nil {
		return nil
	}
	cfg := h.cfg.Serve.TLS.ACME
	for _, c := range []struct {
		serve.Door
		answers func() serve.Server
	}{
		{serve.Door{Name: "acme-http", Address: cfg.HTTP}, h.acme.HTTP},
		{serve.Door{Name: "acme-tls", Address: cfg.TLS, ImplicitTLS: true}, h.acme.TLS},
	} {
		if c.Address == "" && g.Inherited[c.Name] == nil {
			continue
		}
		var err error
		if at[c.Name], err = g.Listen(ctx, c.Door, c.answers()); err != nil {
			return err
		}
	}
	return nil
}
