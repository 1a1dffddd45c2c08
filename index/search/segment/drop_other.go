//go:build !linux

package segment

// drop is done by the system when it likes.
func drop([]byte) error { return nil }
