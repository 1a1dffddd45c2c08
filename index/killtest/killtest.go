// Package killtest kills programs in the middle of what they do, for tests of what
// they leave behind.
//
// # Why
//
// Three tests kill a child over and over, of the archive, of the catalogue and of
// the command. What is hard is the same in each: lines that the child said and nobody
// had read when it was killed count as said.
package killtest

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// Times is how often a test shall kill: as RESTANTE_KILLS says, else a hundred
// times, which takes about a minute, and twenty in short mode.
func Times(t testing.TB) int {
	t.Helper()
	const variable = "RESTANTE_KILLS"
	text := os.Getenv(variable)
	switch {
	case text == "" && testing.Short():
		return 20
	case text == "":
		return 100
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q; give a number from 1 on", variable, text)
	}
	return n
}

// After starts a program, which says what it has done a line at a time, waits
// for so many lines and so long after them, and kills it (SIGKILL). It gives all
// lines that were said. lived is false when the program ended by itself before it
// had said as many; what it complained of is logged then.
func After(t testing.TB, cmd *exec.Cmd, lines int, pause time.Duration) (said []string, lived bool) {
	t.Helper()
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewScanner(out)
	next := func() bool {
		more := reader.Scan()
		if more {
			said = append(said, reader.Text())
		}
		return more
	}
	for range lines {
		if !next() {
			_ = cmd.Wait() // what it was is in the complaint
			t.Logf("%s ended by itself: %s", cmd.Path, complaint.String())
			return said, false
		}
	}
	<-time.After(pause)
	// It may have ended meanwhile, which is no error here.
	_ = cmd.Process.Kill()
	for next() { // said, and not read before the kill
	}
	_ = cmd.Wait() // killed, as it was to be
	return said, true
}
