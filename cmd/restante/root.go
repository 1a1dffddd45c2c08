package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"restante/configs"
	"restante/fetch/schedule"
	"restante/index/backup"
)

// env is what surrounds one run of a command: of this process, or of another
// that asked a running house to run it.
type env struct {
	cwd      string
	in       io.Reader
	out      io.Writer
	errOut   io.Writer
	terminal bool // errOut is a terminal: bars may be drawn
	colour   bool // out is a terminal that may be given colours
	lookup   func(string) (string, bool)
	environ  func() []string // nil: not looked at
	args     []string        // as given, to hand on
	house    *house          // the running house; nil in a process of its own
	started  bool            // the command's words were right, and it runs
	config   string          // -c
}

// path makes a path of the command line absolute.
func (e *env) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(e.cwd, p)
}

// json prints one value on one line. Addresses are full of < and >, which need
// no escape outside HTML.
//
// What a terminal would take for an order is escaped: it may come from a stranger.
func (e *env) json(v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	var out strings.Builder
	for _, r := range b.String() {
		if r != '\n' && movesCursor(r) { // only within strings
			fmt.Fprintf(&out, `\u%04x`, r)
			continue
		}
		out.WriteRune(r)
	}
	_, err := io.WriteString(e.out, out.String())
	return err
}

func newRoot(e *env) *cobra.Command {
	root := &cobra.Command{
		Use:   "restante",
		Short: "Pull mail from POP3 accounts, filter it, keep it, and serve it again over POP3",
		Long: `restante pulls mail from several POP3 accounts, judges it with rules and a
Bayesian filter, archives and indexes every message, and serves the filtered
mailboxes through its own POP3 server.

Try it with sample mail and nothing installed: restante demo`,
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetIn(e.in)
	root.SetOut(e.out)
	root.SetErr(e.errOut)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage(fmt.Errorf("%w\nSee: %s --help", err, c.CommandPath()))
	})
	root.PersistentFlags().StringVarP(&e.config, "config", "c", "", "settings `FILE` (else ./restante.yaml, then the usual places)")
	root.AddCommand(
		newDemo(e), newServe(e), newFetch(e), newAccount(e), newChores(e), newCat(e), newImport(e), newExport(e), newSearch(e), newShow(e), newSaved(e), newTrain(e), newClassify(e),
		newLessons(e), newFilter(e), newExpire(e), newHold(e),
		newEvaluate(e), newUser(e), newDevice(e), newSender(e), newToken(e), newBan(e), newTrace(e), newRedeliver(e), newConfig(e), newIndex(e), newVerify(e),
		newBackup(e), newRestore(e), newRebuild(e), newVersion(e),
	)
	for _, c := range root.Commands() {
		e.strict(c)
	}
	return root
}

// strict makes wrong arguments a usage error everywhere, and notes when a
// command begins: what went wrong before then lies in the words given.
func (e *env) strict(c *cobra.Command) {
	check, do := c.Args, c.RunE
	c.Args = func(c *cobra.Command, args []string) error {
		if check == nil {
			check = cobra.NoArgs
		}
		if err := check(c, args); err != nil {
			return usage(fmt.Errorf("%w\nSee: %s --help", err, c.CommandPath()))
		}
		return nil
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		e.started = true
		if do == nil { // the head of a group, such as user
			return c.Help()
		}
		return do(c, args)
	}
	c.DisableFlagsInUseLine = do == nil
	for _, sub := range c.Commands() {
		e.strict(sub)
	}
}

// settings reads the settings that -c names, or the first in the usual places.
func (e *env) settings() (*configs.Settings, error) {
	if e.house != nil {
		return e.house.cfg, nil
	}
	path, err := e.settingsFile()
	if err != nil {
		return nil, usage(err)
	}
	cfg, err := configs.Load(path, configs.Options{Env: e.lookup, Environ: e.environ, CheckSchedule: checkSchedule, CheckRecipient: checkRecipient})
	if err != nil {
		return nil, usage(err)
	}
	return cfg, nil
}

// settingsFile is the file that -c names, or the first in the usual places; empty:
// there is none, and the environment has settings.
func (e *env) settingsFile() (string, error) {
	path, err := configs.Find(e.config)
	if err != nil && e.config == "" && e.fromEnv() {
		return "", nil
	}
	return path, err
}

// fromEnv tells whether any setting comes from the environment.
func (e *env) fromEnv() bool {
	for _, name := range configs.EnvNames() {
		if _, ok := e.lookup(name); ok {
			return true
		}
	}
	return false
}

func checkRecipient(name string) error {
	_, err := backup.ParseRecipients([]string{name})
	return err
}

func checkSchedule(expr string) error {
	_, err := schedule.Parse(expr)
	return err
}

// busyPatience is how long a command waits for a process that has the data folder
// and takes no commands: one that begins to serve, or a short command.
const busyPatience = 3 * time.Second

// withHouse opens the house for one command and closes it again. Where another
// process has it open, the command runs there, with our streams.
func (e *env) withHouse(ctx context.Context, do func(context.Context, *house) error) error {
	if e.house != nil {
		return do(ctx, e.house)
	}
	cfg, err := e.settings()
	if err != nil {
		return err
	}
	late := time.After(busyPatience)
	for {
		h, err := open(ctx, cfg, newLog(cfg.Log, e.errOut, quietly))
		var busy *busyError
		if !errors.As(err, &busy) {
			if err != nil {
				return err
			}
			err = do(ctx, h)
			return errors.Join(err, h.close(ctx))
		}
		if err := e.remote(ctx, cfg, busy); err != error(busy) {
			return err
		}
		select {
		case <-late:
			return busy
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}
