package dovecot

import (
	"os/exec"
	"syscall"
)

// own puts Dovecot's processes into a group of their own, and has the kernel end
// them where the test is killed.
func own(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}

// kill ends all that is left of the group.
func kill(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
