package fetch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"restante/fetch"
)

type unhurried struct{ fetch.Maildrop }

func (unhurried) LoginDelay() time.Duration { return time.Minute }

type dials func() (fetch.Maildrop, error)

func (d dials) Dial(context.Context, fetch.Account) (fetch.Maildrop, error) { return d() }

func TestHeed_TellsWhatASessionKnowsAndHandsItOn(t *testing.T) {
	refused := errors.New("refused")
	for name, tt := range map[string]struct {
		drop fetch.Maildrop
		err  error
		want string
	}{
		"unhurried": {unhurried{}, nil, "isp 1m0s"},
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
