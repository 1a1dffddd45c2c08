package search_test

import (
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// What a question has read is let go of while others read the same, and all are
// answered as before.
func TestSearch_LetsGoOfWhatItReadWhileOthersRead(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the system does not tell how much of files a process has in memory")
	}
	dir := filepath.Join(t.TempDir(), "catalogue")
	s, truth := sampleIndex(t, dir)
	c := open(t, dir)
	c.EaseAbove(1)
	late := time.Now().Add(time.Minute)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for c.Eased() < 3 && time.Now().Before(late) {
				askAll(t, c, s, truth, true)
			}
		})
	}
	all.Wait()
	if c.Eased() < 3 {
		t.Errorf("it let go %d times", c.Eased())
	}
}
