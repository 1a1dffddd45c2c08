package search_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"syscall"
	"testing"
	"time"

	"restante/fetch/memtest"
	"restante/index/search"
)

// What is measured runs in a process of its own, so that its memory is its own.

// errand is what such a process shall do.
type errand struct {
	Catalogue string
	Maildir   string // read from; empty: generated mail
	Messages  int
	Ask       []class // instead of indexing
}

// measured is what it says.
type measured struct {
	CPU     time.Duration
	Octets  int64 // most memory, resident
	Classes []answered
}

const errandVariable = "RESTANTE_TEST_ERRAND"

// send runs an errand.
func send(t testing.TB, e errand) (m measured) {
	t.Helper()
	what, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), errandVariable+"="+string(what))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &m); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return m
}

// do runs in the other process.
func do(what string) (err error) {
	debug.SetGCPercent(50) // as the program does
	var e errand
	if err := json.Unmarshal([]byte(what), &e); err != nil {
		return err
	}
	src := madeStream(e.Messages, generatedMail(e.Messages))
	if e.Maildir != "" {
		src = maildirStream(e.Messages, e.Maildir)
	}
	c, err := search.Open(e.Catalogue, search.Options{Unread: unreadOf(e.Messages)})
	if err != nil {
		return err
	}
	var m measured
	if e.Ask != nil {
		m.Classes, err = askClasses(c, e.Ask)
	} else {
		err = c.Rebuild(context.Background(), src, nil)
	}
	if err := errors.Join(err, c.Close()); err != nil {
		return err
	}
	m.CPU = used()
	if m.Octets, err = memtest.Most(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(m)
}

// used is the processor time of this process and of those it waited for.
func used() (all time.Duration) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			panic(err) // it knows no other fault than a wrong argument
		}
		all += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return all
}

// messages is how many messages a benchmark takes: RESTANTE_MESSAGES, or a number
// of its own.
func messages(t testing.TB, usual int) int {
	t.Helper()
	s := os.Getenv("RESTANTE_MESSAGES")
	if s == "" {
		return usual
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("RESTANTE_MESSAGES: %q is no number of messages", s)
	}
	return n
}

// mib says octets.
func mib(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
