package extract

import (
	"fmt"
	"os"
	"syscall"
)

// cpuSeconds is what a child may take of the processor, should nobody be there
// any more to kill it.
const cpuSeconds = 60

// confine takes from this process what a reader of PDF needs none of: memory
// beyond so many octets more than it has, time, files that grow, dumps.
func confine(memory int64) error {
	// Go reserves addresses when it starts, of which the limit speaks too.
	var pages uint64
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	if _, err := fmt.Sscan(string(b), &pages); err != nil {
		return fmt.Errorf("read statm: %w", err)
	}
	most := pages*uint64(os.Getpagesize()) + uint64(memory)
	for _, l := range []struct {
		what int
		most uint64
	}{{syscall.RLIMIT_AS, most}, {syscall.RLIMIT_CPU, cpuSeconds}, {syscall.RLIMIT_FSIZE, 0}, {syscall.RLIMIT_CORE, 0}} {
		if err := syscall.Setrlimit(l.what, &syscall.Rlimit{Cur: l.most, Max: l.most}); err != nil {
			return fmt.Errorf("set a limit: %w", err)
		}
	}
	return nil
}
