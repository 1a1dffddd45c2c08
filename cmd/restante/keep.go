package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"restante/index/search"
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
	var asJSON bool
	status := &cobra.Command{
		Use: "status", Short: "Tell how the catalogue does",
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				s, err := h.catalogue.Status(ctx, h.archive)
				if err != nil {
					return err
				}
				return e.sayCatalogue(s, asJSON)
			})
		},
	}
	status.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	c.AddCommand(status)
	return c
}

// catalogueReport is the JSON form of how the catalogue does.
type catalogueReport struct {
	Messages uint64     `json:"messages"`
	Octets   int64      `json:"octets"`
	Behind   int64      `json:"behind"`            // changes of the archive that are not indexed yet
	Written  *time.Time `json:"written,omitempty"` // the last batch
	Aside    []string   `json:"aside,omitempty"`   // catalogues that were damaged
}

func (e *env) sayCatalogue(s search.Status, asJSON bool) error {
	r := catalogueReport{Messages: s.Messages, Octets: s.Octets, Behind: s.Behind, Aside: s.Aside}
	last := "never"
	if !s.Written.IsZero() {
		at := s.Written.UTC()
		r.Written, last = &at, stamp(at)
	}
	if asJSON {
		return e.json(r)
	}
	fmt.Fprintf(e.out, "messages    %d\non disk     %d octets\nbehind      %d changes of the archive\nlast batch  %s\n", r.Messages, r.Octets, r.Behind, last)
	for _, dir := range r.Aside {
		fmt.Fprintf(e.out, "damaged, and moved aside: %s\n", dir)
	}
	return nil
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
