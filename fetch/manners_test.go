package fetch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"restante/fetch"
)

type unhurried struct {
	fetch.Maildrop
	known bool
}

func (u unhurried) LoginDelay() (time.Duration, bool) { return time.Minute, u.known }

type dials func() (fetch.Maildrop, error)

func (d dials) Dial(context.Context, fetch.Account) (fetch.Maildrop, error) { return d() }

func TestRound_TellsTheLoginDelayThatASessionKnows(t *testing.T) {
	for name, tt := range map[string]struct {
		wrap func(fetch.Maildrop) fetch.Maildrop
		want string
	}{
		"unhurried": {func(m fetch.Maildrop) fetch.Maildrop { return unhurried{m, true} }, "isp 1m0s"},
		"not asked": {func(m fetch.Maildrop) fetch.Maildrop { return unhurried{m, false} }, ""},
		"another":   {func(m fetch.Maildrop) fetch.Maildrop { return m }, ""},
	} {
		h, told := newHouse(t, mail(1)...), ""
		h.restart(func(o *fetch.Options) {
			o.Dialer = dials(func() (fetch.Maildrop, error) {
				m, err := h.s.Dial(t.Context(), fetch.Account{})
				return tt.wrap(m), err
			})
			o.LoginDelay = func(_ context.Context, account string, delay time.Duration) { told += account + " " + delay.String() }
		})
		if h.round(fetch.Account{}); told != tt.want {
			t.Errorf("%s: told %q", name, told)
		}
	}
}

// What a person must look at is an error in the log, what passes is not.
func TestRound_SaysLoudlyWhatAPersonMustMend(t *testing.T) {
	for err, want := range map[error]string{
		fetch.ErrUnproven: "may be another than it seems; nothing was taken or deleted",
		fetch.ErrHungUp:   "check the account's name and its password or token",
		fetch.ErrAuth:     "check the account's name and its password or token",
		fetch.ErrBusy:     "",
	} {
		var log bytes.Buffer
		f := fetch.New(fetch.Options{
			Dialer: dials(func() (fetch.Maildrop, error) { return nil, fmt.Errorf("isp: %w", err) }),
			Log:    slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError})),
		})
		_, got := f.Round(t.Context(), fetch.Account{Name: "isp", Keep: fetch.Keep{Delete: true}})
		if !errors.Is(got, err) || !strings.Contains(log.String(), want) || (want == "") != (log.Len() == 0) {
			t.Errorf("%v: %v, log %q", err, got, log.String())
		}
	}
}
