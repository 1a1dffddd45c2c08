package serve

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// firstInherited is the first file descriptor that a service manager hands over.
const firstInherited = 3

// Inherited gives the listeners that the service manager has opened for this
// process, by the names that it gave them: systemd's FileDescriptorName, which
// must be a door's name such as pop3 or pop3s (sd_listen_fds(3)). It may be
// called once; the process's children are not told of them. It gives none where
// there is no such manager.
func Inherited() (map[string]net.Listener, error) {
	pid, count, names := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS"), os.Getenv("LISTEN_FDNAMES")
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
		os.Unsetenv(name)
	}
	if pid != strconv.Itoa(os.Getpid()) { // none, or another process's
		return nil, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || n > 100 {
		return nil, fmt.Errorf("inherit sockets: LISTEN_FDS is %.20q", count)
	}
	all := make(map[string]net.Listener, n)
	called := strings.Split(names, ":")
	for i := range n {
		name := ""
		if i < len(called) {
			name = called[i]
		}
		file := os.NewFile(uintptr(firstInherited+i), name)
		ln, err := net.FileListener(file)
		file.Close() // FileListener has made a copy
		if err == nil && (name == "" || all[name] != nil) {
			err = errors.Join(fmt.Errorf("each needs a name of its own, not %q; set FileDescriptorName", name), ln.Close())
		}
		if err != nil {
			for _, ln := range all {
				ln.Close()
			}
			return nil, fmt.Errorf("inherit socket %d: %w", firstInherited+i, err)
		}
		all[name] = ln
	}
	return all, nil
}
