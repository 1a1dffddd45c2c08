package search_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"restante/index"
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
	err = c.CatchUp(context.Background(), many(), func(done, _ int64) { fmt.Println(done) })
	if err != nil {
		return err
	}
	return c.Close()
}

// TestCatchUp_LosesNothingItReportedWhenKilled kills a child fifty times, over and
// over on the same catalogue, which the next one goes on with.
func TestCatchUp_LosesNothingItReportedWhenKilled(t *testing.T) {
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
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for range batches {
		if !lines.Scan() {
			break
		}
		if done, err = strconv.ParseInt(strings.TrimSpace(lines.Text()), 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // says that it was killed, or nothing if it was quicker
	return done
}
