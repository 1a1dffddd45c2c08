package segment

import "syscall"

// drop takes the pages of a file that is mapped for reading out of the memory of
// this process; they come back when they are looked at.
func drop(mapped []byte) error { return syscall.Madvise(mapped, syscall.MADV_DONTNEED) }
