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

func TestCatchUp_LosesNothingItReportedWhenKilled(t *testing.T) {
	for _, batches := range []int{0, 1, 2, 5, 9} {
		t.Run(strconv.Itoa(batches), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "catalogue")
			done := killAfter(t, dir, batches)
			s := many()
			c := open(t, dir)
			behind, err := c.Behind(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if got := int64(len(find(t, c, "ada", "in:inbox before:2027"))); got < min(done, 1000) {
				t.Errorf("%d messages found, %d were reported", got, done)
			}
			if behind > 3000-done {
				t.Errorf("%d changes behind, but %d of 3000 were reported", behind, done)
			}
			catchUp(t, c, s)
			q, err := search.Parse("note", now)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := c.Search(t.Context(), "ada", q, search.Page{}); err != nil || got.Total != 3000 {
				t.Errorf("%d messages found, %v, want 3000", got.Total, err)
			}
			if aside, _ := filepath.Glob(dir + ".broken-*"); len(aside) != 0 {
				t.Errorf("moved aside: %v", aside)
			}
		})
	}
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
