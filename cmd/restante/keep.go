package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"restante/configs"
)

func newConfig(e *env) *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Check the settings, or show those in force"}
	c.AddCommand(&cobra.Command{
		Use: "check", Short: "Tell everything that is wrong with the settings, each with its line",
		RunE: func(*cobra.Command, []string) error {
			path, err := configs.Find(e.config)
			if err != nil {
				return usage(err)
			}
			cfg, err := configs.Load(path, configs.Options{Env: e.lookup, Environ: e.environ, CheckSchedule: checkSchedule, CheckSecrets: true})
			if err != nil {
				return usage(err)
			}
			for _, name := range cfg.Strangers() {
				fmt.Fprintf(e.errOut, "%s: is no setting, and left alone\n", name)
			}
			_, err = fmt.Fprintf(e.out, "%s: no faults\n", path)
			return err
		},
	}, &cobra.Command{
		Use: "show", Short: "Print the settings in force, defaults included and secrets blanked",
		RunE: func(*cobra.Command, []string) error {
			cfg, err := e.settings()
			if e.config == "" && errors.Is(err, fs.ErrNotExist) {
				cfg, err = configs.Load("", configs.Options{Env: e.lookup, Environ: e.environ}) // the defaults are in force
			}
			if err != nil {
				return err
			}
			b, err := cfg.YAML()
			if err != nil {
				return err
			}
			_, err = e.out.Write(b)
			return err
		},
	})
	return c
}

func newIndex(e *env) *cobra.Command {
	c := &cobra.Command{Use: "index", Short: "Look after the catalogue"}
	c.AddCommand(&cobra.Command{
		Use: "rebuild", Short: "Make the catalogue anew from the archive",
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				b := e.bar("indexing", 0)
				defer b.end()
				var n int64
				err := h.catalogue.Rebuild(ctx, h.archive, func(done, total int64) {
					n = done
					b.set(done, total)
				})
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(e.out, "%d changes of the archive indexed\n", n)
				return err
			})
		},
	})
	return c
}

func newVerify(e *env) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify",
		Short: "Prove that every message has its bytes and that every digest matches",
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				b := e.bar("verifying", 0)
				p, err := h.archive.Verify(ctx, func(done int) { b.set(int64(done), 0) })
				b.end()
				if err != nil {
					return err
				}
				if asJSON {
					err = e.json(p)
				} else {
					for _, f := range p.Faults {
						fmt.Fprintf(e.out, "%s: message %d (%s) in segment %d at %d: %s\n", f.Owner, f.Message, f.UID, f.Segment, f.Offset, f.Problem)
					}
					_, err = fmt.Fprintf(e.out, "%d messages, %s, %d faults\n", p.Messages, size(p.Bytes), len(p.Faults))
				}
				if err == nil && len(p.Faults) > 0 {
					return exitError{exitFailed, nil}
				}
				return err
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the proof as one JSON object")
	return c
}

func newVersion(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version",
		RunE: func(*cobra.Command, []string) error {
			v := "unknown"
			if b, ok := debug.ReadBuildInfo(); ok {
				v = b.Main.Version
				for _, s := range b.Settings {
					if s.Key == "vcs.revision" {
						v += " " + s.Value
					}
				}
			}
			_, err := fmt.Fprintf(e.out, "restante %s %s %s/%s\n", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
