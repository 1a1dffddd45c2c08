// Package memtest measures how much memory something takes, for tests and
// benchmarks of what must not grow with the mail.
//
// [Heap] watches what a function needs at most, beside what was there before; a
// test can hold it to a bound. [Most] is what the whole process ever had, which
// only a process of its own can be held to.
//
// # Why
//
// The figure after the fact is none: what was let go of is gone by then, and it is
// the top that a small machine must have. So the heap is looked at each
// millisecond, garbage that was not yet swept included, since it is memory too. The
// kernel's own figure is read from /proc (proc(5), VmHWM): what getrusage tells
// begins with that of the process that started this one.
package memtest

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"time"
)

// Heap gives the most octets of heap that there were while f ran, garbage that
// was not yet swept included, beside those before.
func Heap(f func()) int64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	heap := func() int64 {
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64())
	}
	before := heap()
	most := before
	done, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				most = max(most, heap())
			}
		}
	}()
	f()
	close(done)
	<-watched
	return max(most, heap()) - before // f may be quicker than a tick
}

// Most gives the most octets that this process ever had in memory, shared ones
// included. Only Linux tells.
func Most() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(status) {
		if v, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			kib, err := strconv.ParseInt(string(bytes.TrimSuffix(bytes.TrimSpace(v), []byte(" kB"))), 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("/proc/self/status has no VmHWM")
}
