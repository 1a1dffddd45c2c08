package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"restante/index"
	"restante/serve/auth"
	"restante/serve/pop3d"
)

// keyring has the keys by which people log in without sending their password.
// They are made where a password is seen: when it is set, at the start for those
// of the settings, and otherwise at a login that sends it.
//
// All passwords of an owner's have one salt, for it is told before it is known
// which of them the client has. It follows from the name, whether anybody has
// that or not.
type keyring struct {
	people    *people
	archive   *index.Archive
	separator string
	on        bool
	log       *slog.Logger

	setting sync.Mutex // held by who changes keys

	mu    sync.Mutex            // guards the fields below
	seed  string                // of the salts; empty: not read yet
	clear map[string]pop3d.Keys // of the settings' users whose password is there in clear
	full  bool                  // there are keys of every password
	asked time.Time             // when that was found
}

const (
	iterations = 10_000           // of PBKDF2: some 3 ms here, and on the client at each login
	fullFor    = 10 * time.Second // how long a finding stands: others may have added people
)

func newKeyring(p *people, on bool, separator string, log *slog.Logger) *keyring {
	return &keyring{people: p, archive: p.archive, on: on, separator: separator, log: log, clear: map[string]pop3d.Keys{}}
}

// secretOf stands for a password that is stored as phc.
func secretOf(phc string) [32]byte { return sha256.Sum256([]byte(phc)) }

// salt gives the salt of a name. What is behind the first separator does not
// matter: so it tells nobody whether a name that holds one is a user's.
func (r *keyring) salt(ctx context.Context, name string) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seed == "" {
		seed, err := r.archive.KeySeed(ctx)
		if err != nil {
			return nil, err
		}
		r.seed = seed
	}
	if i := strings.Index(name, r.separator); r.separator != "" && i > 0 {
		name = name[:i]
	}
	h := hmac.New(sha256.New, []byte(r.seed))
	h.Write([]byte(name))
	return h.Sum(nil)[:16], nil
}

// prepare makes the keys of the settings' users whose password is there in clear.
// Where there are to be no keys, it forgets those that were kept.
func (r *keyring) prepare(ctx context.Context) error {
	if !r.on {
		return r.archive.DropLoginKeys(ctx)
	}
	for name, u := range r.people.settings {
		password, _, err := u.ReadPassword()
		if err == nil && password == "" { // there is a hash in its place
			continue
		}
		k, _, err2 := r.derive(ctx, name, password)
		if err = errors.Join(err, err2); err != nil {
			return fmt.Errorf("make login keys of %s: %w", name, err)
		}
		r.mu.Lock()
		r.clear[name] = k
		r.mu.Unlock()
	}
	if !r.complete(ctx) {
		r.log.Info("SCRAM is not offered yet: keys are missing of passwords that were set without it; each comes with a login that sends the password")
	}
	return nil
}

func (r *keyring) derive(ctx context.Context, owner, password string) (k pop3d.Keys, text string, err error) {
	salt, err := r.salt(ctx, owner)
	if err == nil {
		k, err = pop3d.DeriveKeys(password, salt, iterations)
	}
	return k, k.Text(salt, iterations), err
}

// texts gives the keys of all forms in which a password may be typed.
func (r *keyring) texts(ctx context.Context, owner, password string) (string, error) {
	forms := auth.AppForms(password)
	if !slices.Contains(forms, password) {
		forms = append(forms, password)
	}
	var all []string
	for _, form := range forms {
		_, text, err := r.derive(ctx, owner, form)
		if err != nil {
			return "", fmt.Errorf("make login keys: %w", err)
		}
		all = append(all, text)
	}
	return strings.Join(all, " "), nil
}

// keep makes the keys of a password that is right, and forgets those of
// passwords that are not any more. Secret stands for the password.
func (r *keyring) keep(ctx context.Context, owner, password string, secret [32]byte) error {
	if !r.on {
		return nil
	}
	text, err := r.texts(ctx, owner, password)
	if err != nil {
		return err
	}
	r.setting.Lock()
	defer r.setting.Unlock()
	kept, err := r.keys(ctx, owner)
	if err != nil {
		return err
	}
	next := []index.LoginKeys{{Owner: owner, Secret: secret, Keys: text}}
	for _, k := range kept {
		if k.secret != secret && k.first {
			next = append(next, index.LoginKeys{Owner: owner, Secret: k.secret, Keys: k.text})
		}
	}
	if err := r.archive.SetLoginKeys(ctx, owner, next); err != nil {
		return err
	}
	r.mu.Lock()
	r.asked = time.Time{}
	r.mu.Unlock()
	return nil
}

// learn is keep for a password that a login has sent. A login does not fail for
// it.
func (r *keyring) learn(ctx context.Context, owner, password string, secret [32]byte) {
	kept, err := r.keys(ctx, owner)
	for _, k := range kept {
		if k.secret == secret {
			return
		}
	}
	if err == nil {
		err = r.keep(ctx, owner, password, secret)
	}
	if err != nil {
		r.log.Warn("no login keys", "user", owner, "err", err)
	}
}

// heldKeys are the keys of a password that is right now.
type heldKeys struct {
	pop3d.Keys
	secret [32]byte
	device bool   // it is not the account's
	text   string // of all that are kept of this secret
	first  bool   // of these
}

// keys gives an owner's.
func (r *keyring) keys(ctx context.Context, owner string) ([]heldKeys, error) {
	kept, err := r.archive.LoginKeys(ctx, owner) // of a name that nobody has too: it takes as long
	if err != nil {
		return nil, err
	}
	secrets, err := r.people.secrets(ctx, owner)
	if err != nil {
		return nil, err
	}
	return r.valid(ctx, owner, secrets, kept)
}

// valid picks the keys that are of these secrets.
func (r *keyring) valid(ctx context.Context, owner string, secrets [][32]byte, kept []index.LoginKeys) (all []heldKeys, err error) {
	salt, err := r.salt(ctx, owner)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, s := range secrets {
		if k, ok := r.clear[owner]; ok && i == 0 {
			all = append(all, heldKeys{Keys: k, secret: s})
			continue
		}
		for _, k := range kept {
			if k.Secret != s {
				continue
			}
			for j, text := range strings.Fields(k.Keys) {
				parsed, of, n, err := pop3d.ParseKeys(text)
				if err == nil && n == iterations && string(of) == string(salt) {
					all = append(all, heldKeys{Keys: parsed, secret: s, device: i > 0, text: k.Keys, first: j == 0})
				}
			}
		}
	}
	return all, nil
}

// complete tells whether there are keys of every password.
func (r *keyring) complete(ctx context.Context) bool {
	r.mu.Lock()
	full, asked := r.full, r.asked
	r.mu.Unlock()
	if time.Since(asked) < fullFor {
		return full
	}
	full, err := r.look(ctx)
	if err != nil {
		r.log.Warn("look for missing login keys", "err", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.full, r.asked = full, time.Now()
	return full
}

func (r *keyring) look(ctx context.Context) (full bool, err error) {
	all, err := r.people.allSecrets(ctx)
	if err != nil {
		return false, err
	}
	rows, err := r.archive.LoginKeys(ctx, "")
	if err != nil {
		return false, err
	}
	kept := map[string][]index.LoginKeys{}
	for _, k := range rows {
		kept[k.Owner] = append(kept[k.Owner], k)
	}
	for owner, secrets := range all {
		has, err := r.valid(ctx, owner, secrets, kept[owner])
		if err != nil {
			return false, err
		}
		for _, s := range secrets {
			if !slices.ContainsFunc(has, func(k heldKeys) bool { return k.secret == s }) {
				return false, nil
			}
		}
	}
	return true, nil
}

// challenge gives the salt of a name, and the keys if it is somebody's.
func (r *keyring) challenge(ctx context.Context, owner string) (salt []byte, all []heldKeys, err error) {
	if salt, err = r.salt(ctx, owner); err != nil {
		return nil, nil, err
	}
	all, err = r.keys(ctx, owner)
	if errors.Is(err, auth.ErrUnknown) {
		return salt, nil, nil
	}
	return salt, all, err
}
