package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"restante/configs"
	"restante/index"
	"restante/serve/auth"
	"restante/serve/pop3d"
)

// people are the users of the settings and of the database. A name in both is
// the settings' one.
type people struct {
	archive  *index.Archive
	settings map[string]configs.User
	ring     *keyring

	know func(name, phc, password string) // where not nil, is told of the passwords of the settings

	mu     sync.Mutex        // guards hashes
	hashes map[string]string // of the settings' users, as argon2id PHC strings
}

func newPeople(cfg *configs.Settings, a *index.Archive, log *slog.Logger) *people {
	p := &people{archive: a, settings: map[string]configs.User{}, hashes: map[string]string{}}
	for _, u := range cfg.Users {
		p.settings[u.Name] = u
	}
	p.ring = newKeyring(p, cfg.Serve.SCRAM, cfg.Serve.Separator, log)
	return p
}

// prepare reads and hashes the settings' passwords, so that a missing one is
// heard of before the doors open. Other commands do not need them: hashing is
// slow on purpose.
func (p *people) prepare(ctx context.Context) error {
	for name := range p.settings {
		if _, err := p.hash(name); err != nil {
			return usage(fmt.Errorf("user %s: %w", name, err))
		}
	}
	return p.ring.prepare(ctx)
}

// hash gives the password hash of a user of the settings.
func (p *people) hash(name string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if phc, ok := p.hashes[name]; ok {
		return phc, nil
	}
	password, phc, err := p.settings[name].ReadPassword()
	if err == nil && phc == "" {
		phc, err = auth.Hash(password)
		if err == nil && p.know != nil {
			p.know(name, phc, password)
		}
	}
	if err != nil {
		return "", err
	}
	p.hashes[name] = phc
	return phc, nil
}

// lookup gives a user's password hash; auth.ErrUnknown when there is none.
func (p *people) lookup(ctx context.Context, name string) (string, error) {
	if _, ok := p.settings[name]; ok {
		return p.hash(name)
	}
	u, err := p.archive.User(ctx, name)
	if errors.Is(err, index.ErrNotFound) {
		return "", auth.ErrUnknown
	}
	return u.Password, err
}

func (p *people) known(ctx context.Context, name string) (bool, error) {
	if _, ok := p.settings[name]; ok {
		return true, nil
	}
	_, err := p.archive.User(ctx, name)
	if errors.Is(err, index.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// names gives all names, in order, with where each is from.
func (p *people) names(ctx context.Context) ([]person, error) {
	var out []person
	for name := range p.settings {
		out = append(out, person{Name: name, From: "settings"})
	}
	us, err := p.archive.Users(ctx)
	if err != nil {
		return nil, err
	}
	for _, u := range us {
		if _, ok := p.settings[u.Name]; !ok {
			out = append(out, person{Name: u.Name, From: "database"})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out, nil
}

// warmth is how long doors wait for listings to be read.
const warmth = 2 * time.Second

// warm has the archive read the listing of everybody's inbox and of every device,
// so that the first login finds it read: those first whose owners' archives saw the
// most changes, because they are the longest. What cannot be read is told to who
// logs in.
func (p *people) warm(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, warmth)
	defer cancel()
	all, err := p.names(ctx)
	if err != nil {
		return
	}
	devices, err := p.archive.Devices(ctx, "")
	if err != nil {
		return
	}
	heads, err := p.archive.Heads(ctx)
	if err != nil {
		return
	}
	ways := make([]*index.Device, 0, len(all)+len(devices)) // without an ID: the owner's own
	for _, who := range all {
		ways = append(ways, &index.Device{Owner: who.Name})
	}
	for i := range devices {
		ways = append(ways, &devices[i])
	}
	slices.SortStableFunc(ways, func(a, b *index.Device) int { return cmp.Compare(heads[b.Owner], heads[a.Owner]) })
	for _, d := range ways {
		if ctx.Err() != nil {
			return
		}
		owner := d.Owner
		if d.ID == 0 {
			d = nil
		}
		v, err := p.archive.View(ctx, owner, "", d)
		if err != nil {
			continue
		}
		if drop, err := p.archive.Drop(ctx, v); err == nil {
			drop.Close()
		}
	}
}

type person struct {
	Name string `json:"name"`
	From string `json:"from"` // settings or database
}

// porter lets users of the POP3 service into their mailboxes: alice into her
// inbox, alice+spam into another.
type porter struct {
	people    *people
	gate      *auth.Gate
	archive   *index.Archive
	separator string
	bearer    *bearer // nil: no token logs in
}

var _ pop3d.Porter = (*porter)(nil)

func newPorter(h *house) (*porter, error) {
	b, err := newBearer(h.cfg.Serve.Tokens)
	gate := auth.New(auth.Options{
		Lookup: h.people.lookup, Trusted: prefixes(h.cfg.Serve.Trusted), Ban: h.cfg.Serve.Ban, Banned: h.banned,
	})
	h.people.know = gate.Know
	return &porter{people: h.people, archive: h.archive, separator: h.cfg.Serve.Separator, bearer: b, gate: gate}, err
}

// ownDrop is a maildrop that says whose it is.
type ownDrop struct {
	*index.Maildrop
	label pop3d.Label
	days  int
}

func (l ownDrop) Label() pop3d.Label { return l.label }

// Expire tells for how many days mail is listed; 0: for ever.
func (l ownDrop) Expire() int { return l.days }

// Login checks the password and opens the mailbox that the name means. An app
// password opens the view of its device.
func (p *porter) Login(ctx context.Context, name, password string, remote netip.Addr) (pop3d.Maildrop, error) {
	owner, mailbox, err := p.split(ctx, name)
	if err != nil {
		return nil, err
	}
	device, err := p.device(ctx, owner, password)
	if err == nil && device == nil {
		err = p.gate.Check(ctx, owner, password, remote)
	}
	switch {
	case errors.Is(err, auth.ErrWrong):
		return nil, fmt.Errorf("%w: %w", pop3d.ErrAuth, err)
	case errors.Is(err, auth.ErrThrottled):
		return nil, fmt.Errorf("%w: %w", pop3d.ErrThrottled, err)
	case err != nil:
		return nil, err
	}
	p.sent(ctx, owner, password, device)
	return p.open(ctx, owner, mailbox, device)
}

// open opens the mailbox that a name means. Device is nil for the owner's own view.
func (p *porter) open(ctx context.Context, owner, mailbox string, device *index.Device) (pop3d.Maildrop, error) {
	view, err := p.archive.View(ctx, owner, mailbox, device)
	if errors.Is(err, index.ErrNotFound) {
		return nil, fmt.Errorf("%w: %w", pop3d.ErrAuth, err)
	}
	if err != nil {
		return nil, err
	}
	drop, err := p.archive.Drop(ctx, view)
	if err != nil {
		return nil, err // not drop: a nil *index.Maildrop is no nil pop3d.Maildrop
	}
	own := ownDrop{Maildrop: drop, label: pop3d.Label{Owner: owner, Mailbox: boxNames(view)}}
	if device != nil {
		own.label.Device = device.Name
	}
	if device != nil && !view.Since.IsZero() {
		own.days = device.Days
	}
	return own, nil
}

func boxNames(v index.View) string {
	var names []string
	for _, b := range v.Boxes {
		names = append(names, b.Name)
	}
	return strings.Join(names, ",")
}

// device gives the device whose app password it is; nil: it is none's. The gate
// is not asked: an app password cannot be guessed, and whoever has it is let in
// while others' guesses are made to wait.
func (p *porter) device(ctx context.Context, owner, password string) (*index.Device, error) {
	secret, ok := auth.AppSecret(owner, password)
	if !ok {
		return nil, nil
	}
	if known, err := p.people.known(ctx, owner); !known || err != nil {
		return nil, err
	}
	d, err := p.archive.DeviceOf(ctx, owner, secret)
	if errors.Is(err, index.ErrNotFound) {
		return nil, nil
	}
	return &d, err
}

// maxSplits bounds how many users are asked for to read one login name.
const maxSplits = 4

// split parts a login name; mailbox is empty where there is only a user's. What is
// nobody's as it was sent is read again as auth.Prepare spells it. No database is
// asked about octets that are no text, or about NUL: PostgreSQL has an error for both.
func (p *porter) split(ctx context.Context, name string) (owner, mailbox string, err error) {
	name = strings.ReplaceAll(strings.ToValidUTF8(name, "\uFFFD"), "\x00", "\uFFFD")
	owner, mailbox, err = p.splitAsIs(ctx, name)
	prepared := auth.Prepare(name)
	if err != nil || prepared == name {
		return owner, mailbox, err
	}
	if known, err := p.people.known(ctx, owner); known || err != nil {
		return owner, mailbox, err
	}
	return p.splitAsIs(ctx, prepared)
}

// splitAsIs parts a name at a separator. A user's exact name wins, because names may
// themselves hold the separator; then the longest that is a user's, because names of
// searches may.
func (p *porter) splitAsIs(ctx context.Context, name string) (owner, mailbox string, err error) {
	i := strings.LastIndex(name, p.separator)
	if p.separator == "" || i <= 0 {
		return name, "", nil
	}
	exact, err := p.people.known(ctx, name)
	if exact || err != nil {
		return name, "", err
	}
	for at, tries := i, 0; at > 0 && tries < maxSplits; at, tries = strings.LastIndex(name[:at], p.separator), tries+1 {
		if at+len(p.separator) == len(name) {
			continue
		}
		known, err := p.people.known(ctx, name[:at])
		if known || err != nil {
			return name[:at], name[at+len(p.separator):], err
		}
	}
	return name, "", nil
}
