package index_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"restante/index"
	"restante/index/blob"
	"restante/index/killtest"
)

// keeperDir says to this program that it is a keeper, and of which house.
const keeperDir = "RESTANTE_TEST_KEEPER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(keeperDir); dir != "" {
		keepForEver(dir)
	}
	os.Exit(m.Run())
}

// keepForEver shelves the messages from the number of its first argument on, some
// at a time, and prints the number of each that is kept. Segments end all the time,
// and are sealed meanwhile.
func keepForEver(dir string) {
	t := new(testing.B) // for the helpers; nothing is told to it unless it fails
	from, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	a, blobs, _ := openBench(t, dir, time.Millisecond)
	go func() {
		for {
			if _, err := blobs.Seal(context.Background()); err != nil {
				panic(err)
			}
		}
	}()
	rnd := rand.New(rand.NewPCG(uint64(from), 5))
	for n := from; ; {
		var wg sync.WaitGroup
		for range 1 + rnd.IntN(12) {
			s := sorted(t, "ada", "isp", fmt.Sprint("u", n), keptText(n))
			wg.Go(func() {
				if err := a.Shelve(context.Background(), s); err != nil {
					panic(err)
				}
				if _, err := fmt.Println(s.Parcel.UID[1:]); err != nil {
					panic(err)
				}
			})
			n++
		}
		wg.Wait()
	}
}

// keptText is the message of a number: mostly short ones.
func keptText(n int) string { return text(n) + string(bytes.Repeat([]byte("x"), n*n%5000)) }

// A house is killed again and again while it keeps mail and seals segments, and opens
// again by itself each time. What was acknowledged is there, once, whole; and what
// was not, and comes again, is there once too.
func TestCrash_KillsLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	times := killtest.Times(t)
	dir := t.TempDir()
	acked := map[int]bool{}
	next := 0 // the first number that is not acknowledged
	rnd := rand.New(rand.NewPCG(1, 2))
	for kill := range times {
		killKeeper(t, dir, next, rnd, acked)
		for acked[next] {
			next++
		}
		checkKept(t, dir, acked, kill%20 == 19 || kill == times-1)
		if t.Failed() {
			t.Fatalf("after %d kills", kill+1)
		}
	}
	t.Logf("%d messages kept through %d kills", len(acked), times)
}

// killKeeper lets a keeper go on for a while, and notes what it acknowledged.
func killKeeper(t *testing.T, dir string, next int, rnd *rand.Rand, acked map[int]bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], strconv.Itoa(next))
	cmd.Env = append(os.Environ(), keeperDir+"="+dir)
	pause := time.Duration(rnd.IntN(5000)) * time.Microsecond // anywhere in a commit
	said, lived := killtest.After(t, cmd, 1+rnd.IntN(30), pause)
	for _, line := range said {
		n, err := strconv.Atoi(line)
		if err != nil {
			t.Fatalf("the keeper said %q", line)
		}
		acked[n] = true
	}
	if !lived {
		t.Fatal("the keeper ended by itself")
	}
}

// checkKept opens the house as the next start would.
func checkKept(t *testing.T, dir string, acked map[int]bool, whole bool) {
	t.Helper()
	ctx := context.Background()
	a, blobs, store := openBench(t, dir, time.Millisecond)
	defer closeBench(t, a, blobs, store)
	has, rows := map[blob.Digest]int{}, 0
	err := store.Each(ctx, func(m index.Message) error {
		has[m.Digest]++
		rows++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := range acked {
		if got := has[sha256.Sum256([]byte(keptText(n)))]; got != 1 {
			t.Errorf("message %d is there %d times", n, got)
		}
	}
	for d, n := range has {
		if n != 1 {
			t.Errorf("message %s is there %d times", d, n)
		}
	}
	if !whole {
		return
	}
	p, err := a.Verify(ctx, nil)
	if err != nil || p.Messages != rows || len(p.Faults) > 0 {
		t.Errorf("verify: %d messages of %d, %v, %v", p.Messages, rows, p.Faults, err)
	}
	if r, err := blobs.Verify(ctx, true, nil); err != nil || len(r.Faults) > 0 || r.Sealed == 0 {
		t.Errorf("verify the segments: %+v, %v", r, err)
	}
}
