//go:build linux || darwin || freebsd

package blob

import (
	"os"
	"syscall"
)

// freeOctets counts what this user may still write to the file system of dir.
func freeOctets(dir string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}
