package main

import (
	"bytes"
	"path/filepath"
	"testing"
)

func TestSettings_EnvironmentAloneIsEnough(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("HOME", dir)
	t.Setenv("XDG_CONFIG_HOME", dir)
	data := filepath.Join(dir, "data")
	var said bytes.Buffer
	e := &env{cwd: dir, out: &said, errOut: &said, lookup: func(name string) (string, bool) {
		return data, name == "RESTANTE_DATA_DIR"
	}}
	cfg, err := e.settings()
	if err != nil || cfg.DataDir != data {
		t.Fatalf("%+v, %v", cfg, err)
	}
	e.config = "nowhere.yaml" // a file that is named has to be there
	if _, err := e.settings(); err == nil {
		t.Error("a settings file that is not there is passed over")
	}
}
