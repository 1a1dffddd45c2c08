package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

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

func newVersion(e *env) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "version", Short: "Print the version",
		RunE: func(*cobra.Command, []string) error {
			v := version{Version: programVersion(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
			if b, ok := debug.ReadBuildInfo(); ok {
				for _, s := range b.Settings {
					if s.Key == "vcs.revision" {
						v.Revision = s.Value
					}
				}
			}
			if asJSON {
				return e.json(v)
			}
			_, err := fmt.Fprintf(e.out, "restante %s %s %s/%s\n",
				strings.TrimSpace(v.Version+" "+v.Revision), v.Go, v.OS, v.Arch)
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

func programVersion() string {
	if b, ok := debug.ReadBuildInfo(); ok {
		return b.Main.Version
	}
	return "unknown"
}

type version struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}
