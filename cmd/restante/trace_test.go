package main

import (
	"errors"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3"
)

// deaf is a listener that went away: each write to it costs a wait.
type deaf struct{ writes int }

func (d *deaf) Write([]byte) (int, error) {
	d.writes++
	return 0, errors.New("i/o timeout")
}

func TestTaps_AListenerThatWentAwayHoldsUpNobody(t *testing.T) {
	var all taps
	var gone deaf
	shut := all.open([]fetch.Account{{Name: "isp"}, {Name: "home"}}, &gone)
	for range 1000 {
		all.of("isp")(pop3.Server, "+OK")
		all.of("home")(pop3.Server, "+OK")
	}
	if gone.writes != 1 {
		t.Errorf("%d writes, want none behind the one that failed", gone.writes)
	}
	shut()
	if all.of("isp") != nil {
		t.Error("somebody hears a dialogue behind the end")
	}
}
