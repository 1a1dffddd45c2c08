package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"restante/index"
	"restante/serve/auth"
	"restante/serve/pop3d"
)

var _ pop3d.Prover = (*porter)(nil)

// Proves tells whether SCRAM can be offered: whether everybody could use it.
func (p *porter) Proves(ctx context.Context) bool {
	return p.people.ring.on && p.people.ring.complete(ctx)
}

// Challenge begins a login by SCRAM. While the gate lets nobody try, app passwords
// can be proved all the same: nobody guesses those.
func (p *porter) Challenge(ctx context.Context, name string, remote netip.Addr) (pop3d.Challenge, error) {
	owner, _, err := p.split(ctx, name)
	if err != nil {
		return pop3d.Challenge{}, err
	}
	salt, all, err := p.people.ring.challenge(ctx, owner)
	if err != nil {
		return pop3d.Challenge{}, err
	}
	c := pop3d.Challenge{Salt: salt, Iterations: iterations}
	wait := p.gate.Begin(owner, remote)
	if wait != nil {
		c.Wrong = fmt.Errorf("%w: %w", pop3d.ErrThrottled, wait)
	}
	for _, k := range all {
		switch {
		case wait == nil:
			k.Of = hex.EncodeToString(k.secret[:])
		case k.device:
			k.Of = uncounted + hex.EncodeToString(k.secret[:])
		default:
			continue
		}
		c.Keys = append(c.Keys, k.Keys)
	}
	return c, nil
}

// uncounted is in front of the secret where the gate has not counted the try.
const uncounted = "uncounted "

// Proved opens the mailbox that the name means to who has proved a password. It may
// have been changed since, or the device removed.
func (p *porter) Proved(ctx context.Context, name string, by pop3d.Keys, remote netip.Addr) (pop3d.Maildrop, error) {
	owner, mailbox, err := p.split(ctx, name)
	if err != nil {
		return nil, err
	}
	text, free := strings.CutPrefix(by.Of, uncounted)
	if !free {
		p.gate.Settle(owner, remote, true)
	}
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != sha256.Size {
		return nil, fmt.Errorf("%q is no secret of ours", text)
	}
	secret := [sha256.Size]byte(b)
	secrets, err := p.people.secrets(ctx, owner)
	if err == nil && secrets[0] == secret {
		return p.open(ctx, owner, mailbox, nil)
	}
	var device index.Device
	if err == nil {
		device, err = p.archive.DeviceOf(ctx, owner, secret)
	}
	switch {
	case errors.Is(err, auth.ErrUnknown), errors.Is(err, index.ErrNotFound):
		return nil, fmt.Errorf("%w: the password is none any more", pop3d.ErrAuth)
	case err != nil:
		return nil, err
	}
	return p.open(ctx, owner, mailbox, &device)
}

// secrets gives what stands for each of an owner's passwords, the account's
// first; auth.ErrUnknown where there is no such user.
func (p *people) secrets(ctx context.Context, owner string) ([][32]byte, error) {
	devices, err := p.archive.Devices(ctx, owner) // of a name that nobody has too: it takes as long
	if err != nil {
		return nil, err
	}
	phc, err := p.lookup(ctx, owner)
	if err != nil {
		return nil, err
	}
	all := [][32]byte{secretOf(phc)}
	for _, d := range devices {
		all = append(all, d.Secret)
	}
	return all, nil
}

// allSecrets is secrets of everybody, by name.
func (p *people) allSecrets(ctx context.Context) (map[string][][32]byte, error) {
	all := map[string][][32]byte{}
	us, err := p.archive.Users(ctx)
	if err != nil {
		return nil, err
	}
	for _, u := range us {
		all[u.Name] = [][32]byte{secretOf(u.Password)}
	}
	for name := range p.settings {
		phc, err := p.hash(name)
		if err != nil {
			return nil, err
		}
		all[name] = [][32]byte{secretOf(phc)}
	}
	devices, err := p.archive.Devices(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, d := range devices {
		if has, ok := all[d.Owner]; ok { // a user who was taken out of the settings may have left some
			all[d.Owner] = append(has, d.Secret)
		}
	}
	return all, nil
}

// sent is told of a password that was right.
func (p *porter) sent(ctx context.Context, owner, password string, device *index.Device) {
	ring := p.people.ring
	if !ring.on || ring.complete(ctx) {
		return
	}
	if device != nil {
		ring.learn(ctx, owner, password, device.Secret)
		return
	}
	phc, err := p.people.lookup(ctx, owner)
	if err != nil {
		ring.log.Warn("no login keys", "user", owner, "err", err)
		return
	}
	ring.learn(ctx, owner, password, secretOf(phc))
}
