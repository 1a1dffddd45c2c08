package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestServe_CommandsRunBesideItHoweverDeepItsFolderLies(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("a/deep/folder/", 12))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(dir, "restante.yaml")
	writeFile(t, conf, fmt.Sprintf("data_dir: %q\nusers: [ { name: alice, password: secret } ]\n%s", dataDir(conf), doors))
	p, _ := startServe(t, conf)
	socket, err := os.Stat(socketPath(dataDir(conf)))
	if err != nil || socket.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("socket: %v, %v", socket, err)
	}
	if out := do(t, conf, "user", "list"); out != "alice\tsettings\n" {
		t.Errorf("user list: %q", out)
	}
	if err := p.end(syscall.SIGINT); err != nil {
		t.Errorf("ended with %v:\n%s", err, p.output())
	}
	if _, err := os.Stat(socketPath(dataDir(conf))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a socket is left: %v", err)
	}
}
