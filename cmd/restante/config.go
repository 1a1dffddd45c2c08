package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"restante/configs"
	"restante/index/record"
)

func newConfig(e *env) *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Check the settings, or show those in force"}
	c.AddCommand(newConfigCheck(e), newConfigShow(e))
	return c
}

func newConfigCheck(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Tell everything that is wrong with the settings, each with its line",
		RunE: func(c *cobra.Command, _ []string) error {
			path, err := e.settingsFile()
			if err != nil {
				return usage(err)
			}
			cfg, err := configs.Load(path, configs.Options{Env: e.lookup, Environ: e.environ, CheckSchedule: checkSchedule, CheckRecipient: checkRecipient, CheckSecrets: true})
			if err == nil {
				err = e.checkUsers(c.Context(), cfg)
			}
			if err != nil {
				return usage(err)
			}
			for _, name := range cfg.Strangers() {
				fmt.Fprintf(e.errOut, "%s: is no setting, and left alone\n", name)
			}
			_, err = fmt.Fprintf(e.out, "%s: no faults\n", cmp.Or(path, "the environment"))
			return err
		},
	}
}

func newConfigShow(e *env) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "show", Short: "Print the settings in force, defaults included and secrets blanked",
		RunE: func(*cobra.Command, []string) error {
			cfg, err := e.settings()
			if e.config == "" && errors.Is(err, fs.ErrNotExist) {
				cfg, err = configs.Load("", configs.Options{Env: e.lookup, Environ: e.environ}) // the defaults are in force
			}
			if err != nil {
				return err
			}
			if asJSON {
				tree, err := cfg.Tree()
				if err != nil {
					return err
				}
				return e.json(tree)
			}
			b, err := cfg.YAML()
			if err != nil {
				return err
			}
			_, err = e.out.Write(b)
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// checkUsers tells of accounts whose user is not there. The database is asked
// only where the settings do not know somebody, and never made for that.
func (e *env) checkUsers(ctx context.Context, cfg *configs.Settings) error {
	nobody := func(string) bool { return false }
	if cfg.CheckUsers(nobody) == nil {
		return nil
	}
	if path, lite := record.File(database(cfg)); lite {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return cfg.CheckUsers(nobody)
		}
	}
	names, err := e.storedUsers(ctx, cfg)
	if err != nil {
		fmt.Fprintf(e.errOut, "users of the database were not looked at: %v\n", err)
		return nil
	}
	return cfg.CheckUsers(func(name string) bool { return names[name] })
}

// storedUsers gives the users of the database. Where another process has it, that
// one is asked: this program may know a later schema.
func (e *env) storedUsers(ctx context.Context, cfg *configs.Settings) (map[string]bool, error) {
	names := map[string]bool{}
	lock, err := lockData(cfg)
	var busy *busyError
	if errors.As(err, &busy) {
		var said bytes.Buffer
		ask := &env{cwd: e.cwd, in: strings.NewReader(""), out: &said, errOut: io.Discard, args: []string{"user", "list", "--json"}}
		if err := ask.remote(ctx, cfg, busy); err != nil {
			return nil, err
		}
		for d := json.NewDecoder(&said); d.More(); {
			var p person
			if err := d.Decode(&p); err != nil {
				return nil, fmt.Errorf("ask the running restante: %w", err)
			}
			names[p.Name] = true
		}
		return names, nil
	}
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	db, err := record.Open(ctx, database(cfg), record.Options{})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	users, err := db.Users(ctx)
	for _, u := range users {
		names[u.Name] = true
	}
	return names, err
}
