package pop3_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

// pipeTo connects to another address than the account's.
func pipeTo(address string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
}

func TestDial_NeverShowsThePassword(t *testing.T) {
	for _, secret := range []string{"hunter2 with spaces", " hunter2 within spaces "} {
		neverShown(t, secret)
	}
}

func neverShown(t *testing.T, secret string) {
	t.Helper()
	plain := base64.StdEncoding.EncodeToString([]byte("\x00user\x00" + secret))
	login := base64.StdEncoding.EncodeToString([]byte(secret))
	for _, line := range []string{"PASS " + secret, "-ERR unknown command PASS " + secret, "-ERR " + strings.Repeat("x", 190) + secret, login, "-ERR " + plain, "-ERR " + login} {
		for _, capa := range []string{"SASL PLAIN", "SASL LOGIN", "USER"} {
			var log bytes.Buffer
			srv := pop3test.New(t, pop3test.Options{Faults: pop3test.Faults{Capa: []string{capa}, BadLogin: line}})
			a := srv.Account("a")
			a.Password = password(secret)
			d := pop3.New(pop3.Options{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
			_, err := d.Dial(t.Context(), a)
			if err == nil {
				t.Fatalf("%q let us in", line)
			}
			for _, s := range []string{secret, "hunter2", plain, login} {
				if strings.Contains(err.Error()+log.String(), s) {
					t.Errorf("%s, %q: shown in %v, %s", capa, line, err, log.String())
				}
			}
		}
	}
}

func TestDial_ErrorsAreBoundedAndPrintable(t *testing.T) {
	for _, line := range []string{"-ERR " + strings.Repeat("long ", 1000) + "\x1b[31m\x00\x7f\xff", strings.Repeat("babble \x07", 900)} {
		_, err := dialError(t, pop3test.Options{Faults: pop3test.Faults{Say: map[string]string{"GREETING": line}}}, nil)
		if err == nil || len(err.Error()) > 600 || strings.ContainsFunc(err.Error(), func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }) {
			t.Errorf("error is %q", err)
		}
	}
}

func TestDial_RefusesSettingsThatCannotWork(t *testing.T) {
	tests := map[string]func(a *fetch.Account){
		"tls is":       func(a *fetch.Account) { a.TLS = "" },
		"user name":    func(a *fetch.Account) { a.Username = "me\r\nDELE 1" },
		"user name is": func(a *fetch.Account) { a.Username = "" },
		"the password": func(a *fetch.Account) { a.Password = password("x\nDELE 1") },
		"no password":  func(a *fetch.Account) { a.Password = nil },
		"get the password": func(a *fetch.Account) {
			a.Password = func(context.Context) (string, error) { return "", io.ErrNoProgress }
		},
	}
	for want, change := range tests {
		srv, err := dialError(t, pop3test.Options{}, change)
		if err == nil || !strings.Contains(err.Error(), want) || srv.Sessions() != 0 {
			t.Errorf("error %v in %d sessions, want %q in none", err, srv.Sessions(), want)
		}
	}
}

func TestDial_SaysWhenNobodyIsThere(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{})
	a := srv.Account("a")
	srv.Close()
	_, err := pop3.New(pop3.Options{}).Dial(t.Context(), a)
	if err == nil || !strings.Contains(err.Error(), a.Address()) || errors.Is(err, fetch.ErrAuth) {
		t.Errorf("error %v, want one with %s", err, a.Address())
	}
}
