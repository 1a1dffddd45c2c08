package search

import (
	"os"

	"golang.org/x/sys/unix"
)

// notAhead keeps the system from reading ahead, after which it would hold all.
func notAhead(f *os.File) {
	control(f, func(fd int) { _ = unix.Fadvise(fd, 0, 0, unix.FADV_RANDOM) })
}

// absent gives the parts of a piece of a file that are not in memory: all of it
// where the system cannot tell, as before Linux 6.5.
func absent(f *os.File, at, octets int64) (parts []span) {
	control(f, func(fd int) { parts = absentOf(fd, span{at, octets}, nil) })
	return parts
}

func absentOf(fd int, s span, parts []span) []span {
	page := int64(os.Getpagesize())
	var has unix.Cachestat_t
	err := unix.Cachestat(uint(fd), &unix.CachestatRange{Off: uint64(s.at), Len: uint64(s.octets)}, &has, 0)
	switch half := max(s.octets/2/page, 1) * page; {
	case err != nil || has.Cache == 0:
		return append(parts, s)
	case int64(has.Cache) >= (s.octets+page-1)/page:
		return parts
	default:
		return absentOf(fd, span{s.at + half, s.octets - half}, absentOf(fd, span{s.at, half}, parts))
	}
}

// drop gives back the memory of what was read, but for pages that are mapped and in
// use (posix_fadvise(2)).
func drop(f *os.File, s span) {
	control(f, func(fd int) { _ = unix.Fadvise(fd, s.at, s.octets, unix.FADV_DONTNEED) })
}

// control gives advice, which does no harm where it is not taken.
func control(f *os.File, do func(fd int)) {
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { do(int(fd)) })
	}
}
