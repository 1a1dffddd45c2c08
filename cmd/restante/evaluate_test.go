package main

import (
	"testing"

	"restante/configs"
	"restante/filter/bayes/trial"
)

// What is measured must be what the filter does with mail.
func TestEvaluate_HasTheCutOffsOfTheSettings(t *testing.T) {
	cfg, err := configs.Load("", configs.Options{Env: func(string) (string, bool) { return "", false }})
	if err != nil {
		t.Fatal(err)
	}
	if f := cfg.Filter; f.HamCutoff != trial.HamCutoff || f.SpamCutoff != trial.SpamCutoff {
		t.Errorf("the settings have %v and %v, a trial has %v and %v", f.HamCutoff, f.SpamCutoff, trial.HamCutoff, trial.SpamCutoff)
	}
}
