// Command restante pulls mail from POP3 accounts, filters, archives and
// indexes it, and serves it again over POP3.
//
// It wires and does nothing else: wire.go makes the house, serve.go runs it,
// and each command has a file. rooms_test.go holds the walls between the
// stages, flow_test.go shows the life of a message.
//
// # Why
//
// One process has the data folder, because two writers to one log of segments
// would each overwrite what the other acknowledged. So that commands work all
// the same while serve runs, they are run there, through a socket in the folder
// (remote.go): one way to do each thing, whether anybody serves or not.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"restante/configs"
)

// Exit statuses.
const (
	exitOK          = 0
	exitFailed      = 1   // something did not work: the message says what
	exitUsage       = 2   // wrong words on the command line, or wrong settings
	exitInterrupted = 130 // as a shell has it for SIGINT
)

// gcPercent is how much garbage may lie about, in percent of what is in use. Go's
// own 100 makes a fetch with the catalogue beside it peak at 169 MiB, 70 at 155,
// this at 137, for a few percent of CPU. Who sets GOGC knows better.
const gcPercent = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The second signal ends the program at once.
	context.AfterFunc(ctx, stop)
	cwd, err := os.Getwd()
	if err != nil {
		cwd = "."
	}
	e := &env{
		cwd: cwd, in: os.Stdin, out: os.Stdout, errOut: os.Stderr,
		terminal: isTerminal(os.Stderr), colour: isTerminal(os.Stdout) && os.Getenv("NO_COLOR") == "", // https://no-color.org
		lookup: os.LookupEnv, environ: os.Environ,
	}
	os.Exit(run(ctx, e, os.Args[1:]))
}

// run is the program without its process, so that tests, and a running house
// on behalf of another process, can call it.
func run(ctx context.Context, e *env, args []string) int {
	e.args = args
	root := newRoot(e)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var status exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &status):
		if status.err != nil {
			complain(e.errOut, status.err)
		}
		return status.code
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(e.errOut, "restante: interrupted")
		return exitInterrupted
	}
	if !e.started {
		complain(e.errOut, err)
		return exitUsage
	}
	complain(e.errOut, err)
	return exitFailed
}

// complain prints an error. Faults of the settings begin with their file and
// line, where editors look for them.
func complain(w io.Writer, err error) {
	if _, ok := err.(configs.Faults); ok {
		fmt.Fprintln(w, err)
		return
	}
	fmt.Fprintln(w, "restante:", err)
}

// exitError carries an exit status; a nil err says that all was said already.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e exitError) Unwrap() error { return e.err }

// usage marks an error as one of the caller's words or settings.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return exitError{exitUsage, err}
}
