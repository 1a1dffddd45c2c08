package search

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestVerify_ReadsAtThePaceItIsGiven(t *testing.T) {
	c, file := melted(t)
	st, err := stampOf(file)
	if err != nil {
		t.Fatal(err)
	}
	const pace = 100
	synctest.Test(t, func(t *testing.T) {
		begun, want := time.Now(), time.Duration(st.Octets)*time.Second/pace
		if err := c.Verify(t.Context(), pace); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun).Round(time.Millisecond); took != want {
			t.Errorf("%d octets in %v, want %v", st.Octets, took, want)
		}
		begun = time.Now()
		if err := c.Verify(t.Context(), 0); err != nil || time.Since(begun) > 0 {
			t.Errorf("without a pace it waits for %v, %v", time.Since(begun), err)
		}
	})
}

func TestVerify_HoldsNobodyUpAndEndsAtOnce(t *testing.T) {
	c, _ := melted(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 1)
		go func() { ended <- c.Verify(ctx, 1) }()
		synctest.Wait() // it waits for its first piece
		if !c.mu.TryLock() {
			t.Error("the index cannot be put away or replaced meanwhile")
		} else {
			c.mu.Unlock()
		}
		told := time.Now()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) || c.doubted() {
			t.Errorf("ended with %v, in doubt %v", err, c.doubted())
		}
		if took := time.Since(told); took > 0 {
			t.Errorf("it ended %v after it was told to", took)
		}
	})
}

// A file that is removed while it is read can be read to its end.
func TestVerify_ReadsOnWhatIsRemovedMeanwhile(t *testing.T) {
	c, file := melted(t)
	err := c.verifySegment(file, func(int) error { return os.Remove(file) })
	if err != nil || c.doubted() {
		t.Errorf("%v, in doubt %v", err, c.doubted())
	}
}
