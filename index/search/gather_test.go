package search

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestGather_WaitsForAFullBatchOrASecond(t *testing.T) {
	for _, test := range []struct {
		name  string
		every time.Duration // between wakes, each with a fifth of a batch
		fails error
		want  time.Duration
	}{
		{name: "a lone change", want: gatherFor},
		{name: "a full batch", every: 100 * time.Millisecond, want: 400 * time.Millisecond},
		{name: "a trickle", every: 700 * time.Millisecond, want: gatherFor},
		{name: "a fault", fails: errors.New("disk on fire"), want: 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				wake := make(chan struct{}, 1)
				fifth := int64(following.messages / 5)
				n := fifth
				if test.every > 0 {
					tick := time.NewTicker(test.every)
					defer tick.Stop()
					go func() {
						for {
							select {
							case <-tick.C:
								wake <- struct{}{}
							case <-ctx.Done():
								return
							}
						}
					}()
				}
				start := time.Now()
				gather(ctx, wake, func() (int64, error) {
					defer func() { n += fifth }()
					return n, test.fails
				})
				if took := time.Since(start); took != test.want {
					t.Errorf("waited %v, want %v", took, test.want)
				}
			})
		})
	}
}

func TestGather_EndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer stop()
		start := time.Now()
		gather(ctx, nil, func() (int64, error) { return 1, nil })
		if took := time.Since(start); took != 10*time.Millisecond {
			t.Errorf("waited %v after its context had ended", took-10*time.Millisecond)
		}
	})
}
