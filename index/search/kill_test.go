package search_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"restante/index"
	"restante/index/killtest"
	"restante/index/search"
)

// childDir names the folder that a child of the kill test fills.
const childDir = "RESTANTE_TEST_CATALOGUE"

// many is the same source in parent and child.
func many() *memory {
	s := newMemory()
	for i := range 3000 {
		s.add(index.Message{}, note(i))
	}
	return s
}

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if what := os.Getenv(errandVariable); what != "" {
		if err := do(what); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child catalogues and says how far it got, until it is killed.
func child(dir string) error {
	c, err := search.Open(dir, search.Options{})
	if err != nil {
		return err
	}
	say := func(done, _ int64) { fmt.Println(done) }
	if len(os.Args) > 1 && os.Args[1] == "rebuild" {
		if err = c.Rebuild(context.Background(), many(), say); err == nil {
			fmt.Println("it is in place")
		}
	} else {
		err = c.CatchUp(context.Background(), many(), say)
	}
	if err != nil {
		return err
	}
	return c.Close()
}

// TestCatchUp_LosesNothingItReportedWhenKilled kills a child fifty times, over and
// over on the same catalogue, which the next one goes on with.
func TestCatchUp_LosesNothingItReportedWhenKilled(t *testing.T) {
	t.Parallel()
	catalogues := 10
	if testing.Short() {
		catalogues = 2
	}
	kills := 0
	for n := range catalogues {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "catalogue")
			s, was := many(), int64(0)
			for kill := range 5 {
				done := was + killAfter(t, dir, (n+kill)%4)
				kills++
				was = reported(t, dir, s, done)
			}
			c := open(t, dir)
			catchUp(t, c, s)
			if got := count(t, c, "note"); got != 3000 {
				t.Errorf("%d messages found, want 3000", got)
			}
			if aside, _ := filepath.Glob(dir + ".broken-*"); len(aside) != 0 {
				t.Errorf("moved aside: %v", aside)
			}
		})
	}
	if kills != 5*catalogues {
		t.Errorf("%d kills, want %d", kills, 5*catalogues)
	}
}

// reported opens what a killed child left, wants all that it had reported, and
// tells how far it got.
func reported(t *testing.T, dir string, s *memory, done int64) int64 {
	t.Helper()
	c, err := search.Open(dir, search.Options{})
	if err != nil {
		t.Fatal(err)
	}
	behind, err := c.Behind(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if got := count(t, c, "note"); int64(got) < done || int64(got) != 3000-behind {
		t.Errorf("%d messages found, %d were reported, %d of 3000 are behind", got, done, behind)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return 3000 - behind
}

func count(t *testing.T, c *search.Catalogue, query string) uint64 {
	t.Helper()
	q, err := search.Parse(query, now)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Search(t.Context(), "ada", q, search.Page{})
	if err != nil {
		t.Fatal(err)
	}
	return got.Total
}

// killAfter kills a child after so many batches and gives what it reported.
func killAfter(t *testing.T, dir string, batches int) (done int64) {
	t.Helper()
	// One that was quicker than the kill is as good.
	said, _ := killtest.After(t, childOf(dir, "catch up"), batches, 0)
	if len(said) > 0 {
		var err error
		if done, err = strconv.ParseInt(said[len(said)-1], 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	return done
}

func childOf(dir, task string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], task)
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	return cmd
}

// TestRebuild_LeavesACatalogueWhenKilled kills a child that rebuilds a catalogue, at
// any moment, over and over: what is there is whole each time, be it the old one
// or the new one, and nothing of the other lies about.
func TestRebuild_LeavesACatalogueWhenKilled(t *testing.T) {
	t.Parallel()
	s := many()
	dir := filepath.Join(t.TempDir(), "catalogue")
	c := open(t, dir)
	catchUp(t, c, s)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	kills := 40
	if testing.Short() {
		kills = 8
	}
	began := time.Now()
	if said, _ := killtest.After(t, childOf(dir, "rebuild"), 3, 0); len(said) != 2 {
		t.Fatalf("a child that nobody killed said %q", said)
	}
	whole := time.Since(began)
	for kill := range kills {
		// The first line comes when all is written, and before it is merged.
		said, _ := killtest.After(t, childOf(dir, "rebuild"), kill%2, whole*time.Duration(kill)/time.Duration(2*kills))
		if got := reported(t, dir, s, 3000); got != 3000 {
			t.Fatalf("kill %d, after %q: %d messages", kill, said, got)
		}
		if left, _ := filepath.Glob(dir + ".*"); len(left) != 1 { // the lock
			t.Fatalf("kill %d, after %q: beside the catalogue lie %v", kill, said, left)
		}
	}
	c = open(t, dir)
	if err := c.Rebuild(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	if got := count(t, c, "note"); got != 3000 {
		t.Errorf("%d messages found, want 3000", got)
	}
}
