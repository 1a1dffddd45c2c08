package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"syscall"

	"restante/configs"
	"restante/index/blob"
	"restante/serve"
	"restante/serve/monitor"
	"restante/serve/pop3d"
)

// listen opens all doors, and gives where each is.
func (h *house) listen(ctx context.Context) (*serve.Group, map[string]net.Addr, error) {
	cfg := h.cfg.Serve
	var err error
	if h.porter, err = newPorter(h); err != nil {
		return nil, nil, err
	}
	if err := h.people.prepare(ctx); err != nil {
		return nil, nil, err
	}
	h.people.warm(ctx)
	get, err := certificate(h.cfg, h.log)
	if err != nil {
		return nil, nil, err
	}
	if get, err = h.withACME(get); err != nil {
		return nil, nil, err
	}
	h.overheard.separator = cfg.Separator
	srv, err := pop3d.New(pop3d.Options{
		Porter: h.porter, Idle: cfg.Idle, Log: h.log, Trace: &h.overheard, Damaged: damaged, Expire: h.archive.LeastDays,
		MaxSessions: cfg.Sessions, MaxPerAddr: cfg.PerAddress, MaxPerUser: cfg.PerUser, Exclusive: cfg.Exclusive,
	})
	if err != nil {
		return nil, nil, err
	}
	inherited, err := serve.Inherited()
	if err != nil {
		return nil, nil, err
	}
	g := &serve.Group{Log: h.log, Drain: drainTime, Inherited: inherited}
	at := map[string]net.Addr{}
	for _, d := range allDoors(cfg) {
		if d.Address == "" && inherited[d.Name] == nil {
			continue
		}
		p, err := profile(d, get)
		if err == nil {
			door := serve.Door{Name: d.Name, Address: d.Address, ImplicitTLS: d.ImplicitTLS, Proxies: prefixes(d.Proxies)}
			at[d.Name], err = g.Listen(ctx, door, srv.Door(p))
		}
		if err != nil {
			g.Close()
			return nil, nil, err
		}
	}
	if err := errors.Join(h.watch(ctx, g, at), h.listenACME(ctx, g, at), h.openWeb(ctx, g, at, get)); err != nil {
		g.Close()
		return nil, nil, err
	}
	return g, at, nil
}

// watch opens the monitor's door, if there is to be one.
func (h *house) watch(ctx context.Context, g *serve.Group, at map[string]net.Addr) error {
	const name = "monitor"
	address := h.cfg.Monitor.Address
	if address == "" && g.Inherited[name] == nil {
		return nil
	}
	var err error
	at[name], err = g.Listen(ctx, serve.Door{Name: name, Address: address}, monitor.New(watched{h}, h.log))
	return err
}

// allDoors are all listeners of the settings.
func allDoors(cfg configs.Serve) []configs.Door {
	return append([]configs.Door{
		{Name: "pop3", Address: cfg.POP3.Address, Plaintext: cfg.POP3.Plaintext},
		{Name: "pop3s", Address: cfg.POP3S.Address, ImplicitTLS: true},
	}, cfg.Doors...)
}

// versions are what tls_min may say.
var versions = map[string]uint16{
	"": tls.VersionTLS12, "1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13,
}

func profile(d configs.Door, get getCertificate) (pop3d.Profile, error) {
	clear, err := pop3d.ParsePolicy(cmp.Or(d.Plaintext, "loopback"))
	return pop3d.Profile{
		TLS: serve.TLSConfig(get, versions[d.TLSMin]), Plaintext: clear, Networks: prefixes(d.Networks),
		ReadOnly: d.ReadOnly, Mend: d.OldOutlook,
	}, err
}

// prefixes reads networks that the settings' check has let pass.
func prefixes(list []string) (all []netip.Prefix) {
	for _, text := range list {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// damaged tells what no later try will mend from what passes: a database that
// is locked, a disk that is full, a connection that is down.
func damaged(err error) bool {
	return errors.Is(err, blob.ErrDamaged) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EIO)
}

// getCertificate is tls.Config.GetCertificate.
type getCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error)

// certificate is the settings' one, read again when its files change, or one of
// our own making.
func certificate(cfg *configs.Settings, log *slog.Logger) (getCertificate, error) {
	if t := cfg.Serve.TLS; t.CertFile != "" {
		c, err := serve.LoadCertificate(t.CertFile, t.KeyFile, log)
		if err != nil {
			return nil, err
		}
		return c.Get, nil
	}
	cert, fingerprint, made, err := serve.SelfSigned(tlsDir(cfg), nil)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	said := "serving with the self-signed certificate"
	if made {
		said = "made a self-signed certificate; check this fingerprint in your mail program"
	}
	log.Info(said, "fingerprint", fingerprint, "folder", tlsDir(cfg))
	return func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &cert, nil }, nil
}
