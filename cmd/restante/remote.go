package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"restante/configs"
)

// One process has the data folder at a time. A command that needs it while
// `restante serve` runs is sent there through a socket in the folder, run
// against the open house with the caller's words, folder and streams, and its
// output comes back. So there is one way to do each thing, and no second
// opinion on a locked database. The socket can be opened by the folder's owner
// only: whoever can do that could read the mail itself.

// Bounds on what a caller may send ahead, in octets, and on the part of it that
// stands in for standard input: a password.
const (
	maxRequest = 1 << 20
	maxStdin   = 64 << 10
)

// How long a caller may take to read a piece of output: while the house runs,
// and when it or the command is told to end.
const (
	callerWait = 10 * time.Second
	endWait    = time.Second
)

// request is one command, as JSON on one line.
type request struct {
	Args     []string `json:"args"`
	Cwd      string   `json:"cwd"`
	Stdin    []byte   `json:"stdin"`
	Terminal bool     `json:"terminal"`
	Colour   bool     `json:"colour"`
}

// piece is one line of an answer: some output, or the end.
type piece struct {
	Out  []byte `json:"out,omitempty"`
	Err  []byte `json:"err,omitempty"`
	Exit *int   `json:"exit,omitempty"`
}

// socketMost is how long the path of a socket may be on every system, in octets.
const socketMost = 103

func socketPath(dataDir string) string { return filepath.Join(dataDir, "restante.sock") }

// remote runs the command in the process that has the house.
func (e *env) remote(ctx context.Context, cfg *configs.Settings, busy *busyError) error {
	address, release, err := socketAddress(socketPath(cfg.DataDir))
	if err != nil {
		busy.why = err
		return busy
	}
	defer release()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", address)
	if err != nil {
		return busy
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	var stdin []byte
	if _, ours := e.in.(*os.File); !ours { // what a command read ahead; our own may never end
		if stdin, err = io.ReadAll(io.LimitReader(e.in, maxStdin)); err != nil {
			return fmt.Errorf("read standard input: %w", err)
		}
	}
	if err := json.NewEncoder(conn).Encode(request{Args: e.args, Cwd: e.cwd, Stdin: stdin, Terminal: e.terminal, Colour: e.colour}); err != nil {
		return fmt.Errorf("ask the running restante: %w", err)
	}
	dec := json.NewDecoder(conn)
	for {
		var p piece
		if err := dec.Decode(&p); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("the running restante broke off: %w", err)
		}
		if p.Exit != nil {
			if *p.Exit == exitOK {
				return nil
			}
			return exitError{*p.Exit, nil}
		}
		e.out.Write(p.Out)
		e.errOut.Write(p.Err)
	}
}

// inHouse runs a command that needs no house where one is open all the same, so
// that what it does does not get in the way of what goes on there.
func (e *env) inHouse(ctx context.Context, cfg *configs.Settings) (done bool, err error) {
	if e.house != nil {
		return false, nil
	}
	nobody := &busyError{dir: cfg.DataDir}
	err = e.remote(ctx, cfg, nobody)
	return err != error(nobody), err
}

// serveCommands answers commands of other processes until ctx is done.
func (h *house) serveCommands(ctx context.Context) error {
	path := socketPath(h.cfg.DataDir)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove an old socket: %w", err)
	}
	l, release, err := listenPrivately(path)
	if err != nil { // serving goes on
		h.log.Warn("commands cannot be run beside this process", "err", err)
		<-ctx.Done()
		return nil
	}
	defer release()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	var wait sync.WaitGroup
	defer wait.Wait()
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			h.log.Warn("accept a command", "err", err)
			select {
			case <-time.After(time.Second):
				continue
			case <-ctx.Done():
				return nil
			}
		}
		wait.Go(func() { h.answer(ctx, conn) })
	}
}

// listenPrivately opens a socket for its folder's owner alone. It is removed by its
// Close, before which release must not be called.
func listenPrivately(path string) (l net.Listener, release func(), err error) {
	address, release, err := socketAddress(path)
	if err != nil {
		return nil, nil, err
	}
	if l, err = net.Listen("unix", address); err == nil {
		if err = os.Chmod(path, 0o600); err == nil {
			return l, release, nil
		}
		err = errors.Join(err, l.Close())
	}
	release()
	return nil, nil, err
}

// answer runs one command.
func (h *house) answer(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	dec := json.NewDecoder(io.LimitReader(conn, maxRequest))
	var req request
	if err := dec.Decode(&req); err != nil {
		h.log.Warn("a command could not be read", "err", err)
		return
	}
	conn.SetReadDeadline(time.Time{})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // the caller going away ends the command; ends with conn
		io.Copy(io.Discard, conn)
		cancel()
	}()
	// A caller that stopped reading must hold up neither the command's locks
	// nor the end of the house.
	var mu sync.Mutex
	enc := json.NewEncoder(conn)
	send := func(p piece) error {
		mu.Lock()
		defer mu.Unlock()
		wait := callerWait
		if ctx.Err() != nil {
			wait = endWait
		}
		conn.SetWriteDeadline(time.Now().Add(wait))
		return enc.Encode(p)
	}
	defer context.AfterFunc(ctx, func() { conn.SetWriteDeadline(time.Now().Add(endWait)) })()
	e := &env{
		cwd: req.Cwd, in: bytes.NewReader(req.Stdin), terminal: req.Terminal, colour: req.Colour, lookup: os.LookupEnv, house: h,
		out:    pieces(func(b []byte) error { return send(piece{Out: b}) }),
		errOut: pieces(func(b []byte) error { return send(piece{Err: b}) }),
	}
	code := runGuarded(ctx, h.log, e, req.Args)
	if err := send(piece{Exit: &code}); err != nil && ctx.Err() == nil {
		h.log.Warn("a command's outcome could not be sent", "err", err)
	}
}

// runGuarded keeps a command's panic from ending the house.
func runGuarded(ctx context.Context, log *slog.Logger, e *env, args []string) (code int) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("a command broke", "err", fmt.Sprint(p), "stack", string(debug.Stack()))
			fmt.Fprintln(e.errOut, "restante: the command broke; the running restante's log says more")
			code = exitFailed
		}
	}()
	return run(ctx, e, args)
}

type pieces func([]byte) error

func (p pieces) Write(b []byte) (int, error) {
	if err := p(b); err != nil {
		return 0, err
	}
	return len(b), nil
}
