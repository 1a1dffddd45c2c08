//go:build !linux

package dovecot

import "os/exec"

// own does nothing here: only Linux ends a child with its parent.
func own(*exec.Cmd) {}

// kill ends the master; the others notice and end by themselves.
func kill(cmd *exec.Cmd) { cmd.Process.Kill() }
