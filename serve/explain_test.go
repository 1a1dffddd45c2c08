package serve

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

// Inside the package: tests that run as root are refused no port.
func TestExplain_PrivilegedPortNamesTheWaysOut(t *testing.T) {
	refused := &net.OpError{Op: "listen", Net: "tcp", Err: os.NewSyscallError("bind", syscall.EACCES)}
	err := explain("pop3", "0.0.0.0:110", refused)
	for _, want := range []string{"pop3", "0.0.0.0:110", "higher port", "CAP_NET_BIND_SERVICE"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	if !errors.Is(err, syscall.EACCES) {
		t.Error("the cause is lost")
	}
}
