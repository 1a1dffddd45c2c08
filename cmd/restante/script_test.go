package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"restante/fetch/pop3/pop3test"
)

// programs are what this binary can be, by the name it is run as.
var programs = map[string]func(){"restante": main}

// TestMain lets this binary be the program too: the scripts, and the tests
// that need a process to kill, find it as restante in PATH.
func TestMain(m *testing.M) {
	testscript.Main(m, programs)
}

// The scripts tell what a person at a terminal, or a script of theirs, gets.
// Commands of ours beside testscript's own:
//
//	status N restante …    runs it and wants the exit status N
//	uids FILE              writes "UID subject" of the JSON search answer on stdout
//	next                   sets NEXT to the next page of that answer
//	empty FOLDER           wants nothing in it
//	letters FILE N WORDS   writes an mbox of N messages with these words
//	flip FILE N            turns the bits of the octet N from the end of a file,
//	                       which may be named by a pattern
//	await FILE             waits for it to be there
//	asked FILE             writes what commands that change nothing say of alice's mail
//	upstream N FILE…       starts a POP3 server of N letters, and writes its port
//	                       where the files say PORT
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status, "uids": uids, "next": next, "empty": empty, "letters": letters,
			"flip": flip, "upstream": upstreamOf, "await": awaitFile, "asked": askAll,
		},
	})
}

func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N program [argument…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

func upstreamOf(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: upstream count file…")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	var o pop3test.Options
	for i := range n {
		o.Messages = append(o.Messages, letterAbout(fmt.Sprint("number ", i)))
	}
	srv, err := pop3test.Start(o)
	ts.Check(err)
	ts.Defer(srv.Close)
	for _, name := range args[1:] {
		text := strings.ReplaceAll(ts.ReadFile(name), "PORT", strconv.Itoa(srv.Account("").Port))
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

func awaitFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await file")
	}
	late := time.After(patience)
	for {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		select {
		case <-late:
			ts.Fatalf("there is no %s after %v", args[0], patience)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// questions change nothing, and their answers do not change with the time.
var questions = []string{
	"search --user alice apples", "search --user alice --json pears", "search --user alice --facets --best apples",
	"search --user alice --threads --json apples", "search --user alice --snippets --limit 2 apples", "search --user alice --saved fruit",
	"search --user alice --explain in:spam", "search --user alice --like 1 --json", "show --user alice 1 2", "show --user alice --json 1", "show --user alice --raw 1", "saved list --user alice --json", "classify --user alice apples.mbox spam.mbox",
	"lessons list --user alice", "lessons list --user alice --json", "filter stats --user alice", "redeliver --user alice --dry-run apples", "device list --json", "account list",
	"account list --json", "account show isp", "index status --json", "export --user alice --format mbox --mailbox inbox -", "cat 1", "expire --dry-run", "hold list",
	"chores", "verify", "user list --json", "token list --json", "config show",
}

func askAll(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: asked file")
	}
	var b strings.Builder
	for _, q := range questions {
		ts.Check(ts.Exec("restante", strings.Fields(q)...))
		fmt.Fprintf(&b, "> %s\n%s%s", q, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
}

func uids(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: uids file")
	}
	var answer struct{ Hits []hit }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &answer))
	var lines []string
	for _, h := range answer.Hits {
		lines = append(lines, h.UID+" "+h.Subject+"\n")
	}
	slices.Sort(lines)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(lines, "")), 0o600))
}

func next(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: next")
	}
	var answer struct{ Next string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &answer))
	ts.Setenv("NEXT", answer.Next)
}

func empty(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: empty folder")
	}
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(entries) > 0 {
		ts.Fatalf("%s holds %s", args[0], entries[0].Name())
	}
}

func letters(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: letters file n words")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	words := strings.Fields(args[2])
	var b strings.Builder
	for i := range n {
		word := words[i%len(words)]
		fmt.Fprintf(&b, "From x@example.com Mon Feb  2 10:%02[1]d:00 2026\nFrom: %[2]s@%[2]s.example\nSubject: %[2]s\n"+
			"Message-ID: <%[1]d@%[2]s.example>\nDate: Mon, 2 Feb 2026 10:%02[1]d:00 +0000\n\n%[3]s\n\n",
			i, word, args[2])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
}

func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip file n")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	paths, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(paths) != 1 {
		ts.Fatalf("%s: %d files, want one", args[0], len(paths))
	}
	path := paths[0]
	b, err := os.ReadFile(path)
	ts.Check(err)
	if n < 1 || n > len(b) {
		ts.Fatalf("%s has %d octets", args[0], len(b))
	}
	b[len(b)-n] ^= 0xff
	ts.Check(os.WriteFile(path, b, 0o600))
}
