package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"restante/configs"
	"restante/fetch"
)

func TestSeal_ChangesWithTheLoginAndGivesNothingAway(t *testing.T) {
	cfg := &configs.Settings{DataDir: t.TempDir()}
	key := func() ([]byte, error) { return sealKey(cfg) }
	says := func(secret string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) { return secret, nil }
	}
	a := fetch.Account{Host: "pop.example.net", Port: 995, TLS: fetch.TLSImplicit, Username: "ada", Password: says("hunter2")}
	seals := map[string]string{}
	add := func(what string, a fetch.Account) {
		t.Helper()
		s, err := seal(t.Context(), key, a)
		if err != nil || strings.Contains(s, "hunter2") {
			t.Fatalf("%s: %q, %v", what, s, err)
		}
		if other, twice := seals[s]; twice {
			t.Errorf("%s and %s have one seal", what, other)
		}
		seals[s] = what
	}
	add("the account", a)
	for what, change := range map[string]func(*fetch.Account){
		"another password": func(a *fetch.Account) { a.Password = says("hunter3") },
		"a token":          func(a *fetch.Account) { a.Password, a.Token, a.Auth = nil, says("hunter2"), fetch.AuthXOAUTH2 },
		"another name":     func(a *fetch.Account) { a.Username = "eve" },
		"another host":     func(a *fetch.Account) { a.Host = "pop.example.org" },
		"another port":     func(a *fetch.Account) { a.Port = 1995 },
		"other parts":      func(a *fetch.Account) { a.Username, a.Password = "adahunter", says("2") },
	} {
		b := a
		change(&b)
		add(what, b)
	}
	b := a
	b.Schedule, b.Keep = "@daily", fetch.Keep{Delete: true}
	if s, err := seal(t.Context(), key, b); err != nil || seals[s] != "the account" {
		t.Errorf("another schedule made another seal: %v", err)
	}
	info, err := os.Stat(filepath.Join(cfg.DataDir, "seal.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key: %v, %v", info, err)
	}
	// Another key, another seal: nobody can try passwords without it.
	if s, err := seal(t.Context(), func() ([]byte, error) { return make([]byte, 32), nil }, a); err != nil || seals[s] != "" {
		t.Errorf("one seal for two keys: %v", err)
	}
	shut := errors.New("the vault is shut")
	b.Password = func(context.Context) (string, error) { return "", shut }
	if _, err := seal(t.Context(), key, b); !errors.Is(err, shut) {
		t.Errorf("err = %v", err)
	}
}
