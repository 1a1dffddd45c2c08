package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync"

	"restante/configs"
	"restante/fetch"
	"restante/fetch/schedule"
)

// newClock makes what rings for the house's accounts, and knows how they stand.
func newClock(ctx context.Context, h *house) (*schedule.Runner, error) {
	o := schedule.Options{Book: h.store, Log: h.log}
	key := sync.OnceValues(func() ([]byte, error) { return sealKey(h.cfg) })
	for _, a := range h.accounts {
		s, err := schedule.Parse(a.Schedule)
		if err != nil {
			return nil, fmt.Errorf("account %s: %w", a.Name, err)
		}
		o.Jobs = append(o.Jobs, schedule.Job{
			Name: a.Name, Schedule: s,
			Round: func(ctx context.Context) (fetch.Summary, error) {
				defer h.rounds.enter(a.Name)()
				sum, err := h.fetcher.Round(ctx, a) // which tells the log itself
				if h.ended != nil {
					h.ended(sum, err)
				}
				return sum, err
			},
			Seal: func(ctx context.Context) (string, error) { return seal(ctx, key, a) },
		})
	}
	return schedule.New(ctx, o)
}

// rounds are those of this process that are under way.
type rounds struct {
	mu sync.Mutex // guards by
	by map[string]int
}

// enter counts a round in, and gives what counts it out.
func (r *rounds) enter(account string) (leave func()) {
	add := func(n int) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.by == nil {
			r.by = map[string]int{}
		}
		r.by[account] += n
	}
	add(1)
	return func() { add(-1) }
}

func (r *rounds) underWay(account string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.by[account] > 0
}

// seal sums up what an account's login rests on, its secret included. Without
// the key nobody can try secrets against it; the key is not in the database,
// which may be elsewhere and is where seals are.
func seal(ctx context.Context, key func() ([]byte, error), a fetch.Account) (string, error) {
	k, err := key()
	if err != nil {
		return "", err
	}
	ask := a.Password
	if ask == nil {
		ask = a.Token
	}
	secret, err := ask(ctx)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, k)
	for _, part := range []string{
		a.Host, strconv.Itoa(a.Port), string(a.TLS), a.ClientCert, a.ClientKey, string(a.Auth), a.Username, secret,
	} {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// sealKey is made when it is first wanted. A lost one costs an account that
// needs a login one more try.
func sealKey(cfg *configs.Settings) ([]byte, error) {
	path := sealKeyPath(cfg)
	key, err := os.ReadFile(path)
	if err == nil && len(key) == sha256.Size {
		return key, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the key of seals: %w", err)
	}
	key = make([]byte, sha256.Size)
	rand.Read(key)
	if err := os.WriteFile(path, key, 0o600); err != nil {
		return nil, fmt.Errorf("write the key of seals: %w", err)
	}
	return key, nil
}
