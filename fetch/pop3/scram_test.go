package pop3_test

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3/pop3test"
)

func challenge(s string) string { return "+ " + base64.StdEncoding.EncodeToString([]byte(s)) }

func TestSCRAM_AServerThatDoesNotProveItselfIsRefused(t *testing.T) {
	for name, f := range map[string]pop3test.Faults{
		"lets in at once":             {SCRAMFirst: "+OK welcome"},
		"asks for nothing":            {SCRAMFirst: "+"},
		"lets in without a proof":     {SCRAMLast: "+OK welcome"},
		"proves something else":       {SCRAMLast: challenge("v=cmVzdGFudGU=")},
		"proves in the wrong line":    {SCRAMLast: "+OK dj1jbVZ6ZEdGdWRHVT0="},
		"proves with trailing extras": {SCRAMLast: challenge("v=cmVzdGFudGU=,x=y")},
	} {
		f.Capa = []string{"SASL SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN"}
		srv, err := dialError(t, pop3test.Options{TLS: fetch.TLSImplicit, Faults: f}, nil)
		if !errors.Is(err, fetch.ErrUnproven) || errors.Is(err, fetch.ErrAuth) || !strings.Contains(err.Error(), "without proving that it knows the password") || len(ways(srv)) != 1 {
			t.Errorf("%s: %v, asked for %q", name, err, ways(srv))
		}
	}
}

func TestSCRAM_ARefusedProofIsTheEnd(t *testing.T) {
	for name, f := range map[string]pop3test.Faults{
		"-ERR":          {},
		"e=":            {SCRAMLast: challenge("e=invalid-proof")},
		"hangs up":      {HangUpOnBadPassword: true},
		"no more sense": {SCRAMLast: challenge("hello")},
	} {
		f.Capa = []string{everything}
		srv, err := dialError(t, pop3test.Options{TLS: fetch.TLSImplicit, Faults: f}, func(a *fetch.Account) { a.Password = password("wrong") })
		if got := ways(srv); !errors.Is(err, fetch.ErrAuth) || !slices.Equal(got, []string{"SCRAM-SHA-256-PLUS"}) {
			t.Errorf("%s: %v, asked for %q", name, err, got)
		}
	}
}

func TestSCRAM_SaysWhenSomebodyIsInBetween(t *testing.T) {
	for _, last := range []string{challenge("e=channel-bindings-dont-match"), "-ERR [AUTH] e=channel-bindings-dont-match"} {
		srv, err := dialError(t, pop3test.Options{TLS: fetch.TLSImplicit, Faults: pop3test.Faults{Capa: []string{everything}, SCRAMLast: last}}, nil)
		if !errors.Is(err, fetch.ErrAuth) || !strings.Contains(err.Error(), "somebody is in between") || len(ways(srv)) != 1 {
			t.Errorf("%s: %v, asked for %q", last, err, ways(srv))
		}
	}
}

// A server may not know a user by every hash, or have no hash of his at all.
func TestSCRAM_WhatEndsAheadOfTheProofCostsOneTryAHash(t *testing.T) {
	for name, tt := range map[string]struct {
		first string
		want  []string
	}{
		"unknown":          {"-ERR [AUTH] Authentication failed.", []string{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "PLAIN"}},
		"cannot bind so":   {"-ERR e=unsupported-channel-binding-type", []string{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", "PLAIN"}},
		"too few rounds":   {challenge("r=x,s=c2FsdA==,i=1"), []string{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "PLAIN"}},
		"too many rounds":  {challenge("r=x,s=c2FsdA==,i=2000001"), []string{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "PLAIN"}},
		"far too many":     {challenge("r=x,s=c2FsdA==,i=99999999999999999999"), []string{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "PLAIN"}},
		"another nonce":    {challenge("r=x,s=c2FsdA==,i=4096"), []string{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "PLAIN"}},
		"an extension":     {challenge("m=x,r=x,s=c2FsdA==,i=4096"), []string{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "PLAIN"}},
		"nothing of SCRAM": {challenge("hello"), []string{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "PLAIN"}},
	} {
		srv, err := dialError(t, pop3test.Options{TLS: fetch.TLSImplicit, Faults: pop3test.Faults{Capa: []string{everything}, SCRAMFirst: tt.first}}, nil)
		if got := ways(srv); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, asked for %q, want %q", name, err, got, tt.want)
		}
	}
	_, err := dialError(t, pop3test.Options{TLS: fetch.TLSImplicit, Faults: pop3test.Faults{Capa: []string{everything}, SCRAMFirst: challenge("r=x,s=c2FsdA==,i=2000001")}},
		func(a *fetch.Account) { a.Auth = fetch.AuthSCRAM256 })
	if err == nil || !strings.Contains(err.Error(), "more than 2000000 iterations") {
		t.Errorf("error %v", err)
	}
	_, err = dialError(t, pop3test.Options{TLS: fetch.TLSImplicit, Faults: pop3test.Faults{Capa: []string{everything}}},
		func(a *fetch.Account) { a.Auth, a.Username = fetch.AuthSCRAM, "nobody" })
	if !errors.Is(err, fetch.ErrAuth) {
		t.Errorf("a name that is not known: %v", err)
	}
}

// The server notices by the flag y that its PLUS did not arrive.
func TestSCRAM_APlusTakenOutOfTheListIsNoticed(t *testing.T) {
	for _, auth := range []fetch.Auth{fetch.AuthAuto, fetch.AuthSCRAM} {
		srv, err := dialError(t, pop3test.Options{TLS: fetch.TLSImplicit, Faults: pop3test.Faults{Capa: []string{everything + " "}, StripPlus: true}},
			func(a *fetch.Account) { a.Auth = auth })
		if got := ways(srv); err == nil || !strings.Contains(err.Error(), "somebody on the way") || !slices.Equal(got, []string{"SCRAM-SHA-256"}) {
			t.Errorf("%s: %v, asked for %q", auth, err, got)
		}
	}
}

// Names and passwords go through SASLprep and the escapes of RFC 5802.
func TestSCRAM_TakesAnyNameAndPassword(t *testing.T) {
	for _, tt := range []struct{ user, password string }{
		{"me@example.org", " two  words "}, {"a=b,c", "x,y=z"}, {"jürgen", "pässwörd"},
	} {
		srv, err := dialError(t, pop3test.Options{User: tt.user, Password: tt.password, TLS: fetch.TLSImplicit, Faults: pop3test.Faults{Capa: []string{everything}}}, nil)
		if got := ways(srv); err != nil || !slices.Equal(got, []string{"SCRAM-SHA-256-PLUS"}) {
			t.Errorf("%q: %v, asked for %q", tt.user, err, got)
		}
	}
}
