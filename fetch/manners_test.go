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

func TestHeed_TellsWhatASessionKnowsAndHandsItOn(t *testing.T) {
	refused := errors.New("refused")
	for name, tt := range map[string]struct {
		drop fetch.Maildrop
		err  error
		want string
	}{
		"unhurried": {unhurried{known: true}, nil, "isp 1m0s"},
		"not asked": {unhurried{}, nil, ""},
		"another":   {struct{ fetch.Maildrop }{}, nil, ""},
		"refused":   {nil, refused, ""},
	} {
		told := ""
		d := fetch.Heed(dials(func() (fetch.Maildrop, error) { return tt.drop, tt.err }),
			func(_ context.Context, account string, delay time.Duration) { told += account + " " + delay.String() })
		drop, err := d.Dial(t.Context(), fetch.Account{Name: "isp"})
		if drop != tt.drop || err != tt.err || told != tt.want {
			t.Errorf("%s: %v, %v, told %q", name, drop, err, told)
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
