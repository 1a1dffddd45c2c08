//go:build !linux

package main

import "fmt"

// socketAddress gives what to call a socket by, which is its path.
func socketAddress(path string) (address string, release func(), err error) {
	if len(path) > socketMost {
		return "", nil, fmt.Errorf("the path of the socket %s has %d octets, and the system takes %d; set data_dir to a shorter one", path, len(path), socketMost)
	}
	return path, func() {}, nil
}
