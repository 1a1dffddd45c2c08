package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// socketAddress gives what to call a socket by whose path may be too long for one:
// then its folder is opened, and named by the descriptor, until release.
func socketAddress(path string) (address string, release func(), err error) {
	if len(path) <= socketMost {
		return path, func() {}, nil
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path)), func() { dir.Close() }, nil
}
