package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"restante/configs"
	"restante/index"
	"restante/index/blob"
	"restante/index/search"
)

// proof is what verify found: of the messages that have rows, and of the files
// that hold them.
type proof struct {
	index.Proof
	Archive blob.Report `json:"archive"`
}

func (p *proof) faults() int { return len(p.Faults) + int(p.More) + len(p.Archive.Faults) }

// last says what the last fault is that is named.
func (p *proof) last() string {
	if n := len(p.Archive.Faults); n > 0 {
		return sayFault(p.Archive.Faults[n-1])
	}
	return p.Faults[len(p.Faults)-1].Problem
}

func (p *proof) String() string {
	return fmt.Sprintf("%d messages, %s, %d faults", p.Messages, size(p.Bytes), p.faults())
}

// proving is how verify goes about it.
type proving struct {
	deep     bool
	pace     int                                // octets of the catalogue a second; 0: as fast as it can
	progress func(what string, done, all int64) // told of what is done
}

// verify proves messages and files. A catalogue is looked at whatever the others say.
func (h *house) verify(ctx context.Context, how proving) (p proof, err error) {
	p, err = h.verifyMail(ctx, how.deep, how.progress)
	if !how.deep {
		return p, err
	}
	how.progress("verifying the catalogue", 0, 0)
	switch damage := h.catalogue.Verify(ctx, how.pace); {
	case errors.Is(damage, search.ErrDamaged):
		p.Archive.Faults = append(p.Archive.Faults, blob.Fault{File: "search", Problem: damage.Error() + "; it is made anew by itself, and no mail is lost"})
	case damage != nil && (err == nil || ctx.Err() == nil):
		err = errors.Join(err, damage)
	}
	return p, err
}

// verifyMail proves messages and the files that hold them.
func (h *house) verifyMail(ctx context.Context, deep bool, progress func(what string, done, all int64)) (p proof, err error) {
	p.Archive, err = h.blobs.Verify(ctx, deep, func(done, all int) { progress("verifying files", int64(done), int64(all)) })
	if err != nil {
		return p, err
	}
	if fault, err := h.headFault(); err != nil {
		return p, err
	} else if fault != "" {
		p.Archive.Faults = append(p.Archive.Faults, blob.Fault{File: "chain", Problem: fault})
	}
	p.Proof, err = h.archive.Verify(ctx, func(done int) { progress("verifying messages", int64(done), 0) })
	if err == nil && len(p.Archive.Faults) == 0 {
		err = h.noteHead(noted{p.Archive.Links, p.Archive.Head})
	}
	return p, err
}

// noted is the end of the chain as the last verify without a fault of files saw it.
// It lies beside the archive, so that a chain that was cut, or made anew as a
// whole, shows.
type noted struct {
	Links int    `json:"links"`
	Head  string `json:"head"`
}

func headPath(cfg *configs.Settings) string { return filepath.Join(cfg.DataDir, "chain.head") }

// headFault says how the chain differs from what was noted of it; empty: it has
// only grown.
func (h *house) headFault() (string, error) {
	text, err := os.ReadFile(headPath(h.cfg))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the noted head of the chain: %w", err)
	}
	var was noted
	if err := json.Unmarshal(text, &was); err != nil || was.Links == 0 {
		return "", nil // a power cut, or nothing was sealed yet
	}
	now := h.blobs.HeadAt(was.Links)
	switch now {
	case was.Head:
		return "", nil
	case "":
		return fmt.Sprintf("it has fewer lines than the %d of the last verify: lines were cut off, and what they named may be gone; where that was meant, remove %s",
			was.Links, headPath(h.cfg)), nil
	}
	return fmt.Sprintf("line %d is not the one of the last verify: the chain was written anew; where that was meant, remove %s", was.Links, headPath(h.cfg)), nil
}

func (h *house) noteHead(now noted) error {
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	if err := writeWhole(headPath(h.cfg), append(text, '\n')); err != nil {
		return fmt.Errorf("note the head of the chain: %w", err)
	}
	return nil
}

func newVerify(e *env) *cobra.Command {
	var deep, asJSON bool
	c := &cobra.Command{
		Use:   "verify",
		Short: "Prove that every message has its bytes, and that no file was changed or removed",
		Long: `Verify reads every message and compares it with its digest, names those in the
archive that the database does not know, and compares the archive's files with the
chain, in which each sealed file has a line that holds the hash of the line before:
what was changed, removed or put in shows. With --deep the files are also compared
whole with their hashes, and what lies in them without a row, and the catalogue,
are read, too.

The head that it prints is the hash of the chain's last line. Whoever notes it
elsewhere can tell later that nothing sealed by then was changed, even by somebody
who could write all files here.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				b, doing := e.bar("verifying", 0), ""
				p, err := h.verify(ctx, proving{deep: deep, progress: func(what string, done, all int64) {
					if what != doing {
						b.end()
						b, doing = e.bar(what, all), what
					}
					b.set(done, all)
				}})
				b.end()
				if err != nil {
					return err
				}
				if asJSON {
					err = e.json(p)
				} else {
					err = e.sayProof(&p)
				}
				if err == nil && p.faults() > 0 {
					return exitError{exitFailed, nil}
				}
				return err
			})
		},
	}
	c.Flags().BoolVar(&deep, "deep", false, "compare the files with their hashes, too")
	c.Flags().BoolVar(&asJSON, "json", false, "print the proof as one JSON object")
	return c
}

func (e *env) sayProof(p *proof) error {
	for _, f := range p.Faults {
		switch {
		case f.UID == "":
			fmt.Fprintln(e.out, f.Problem)
			continue
		case f.Message == 0:
			fmt.Fprintf(e.out, "%s: %s in segment %d at %d: %s\n", f.Owner, f.UID, f.Segment, f.Offset, f.Problem)
			continue
		}
		fmt.Fprintf(e.out, "%s: message %d (%s) in segment %d at %d: %s\n", f.Owner, f.Message, f.UID, f.Segment, f.Offset, f.Problem)
	}
	if p.More > 0 {
		fmt.Fprintf(e.out, "and %d more messages without rows\n", p.More)
	}
	for _, f := range p.Archive.Faults {
		fmt.Fprintln(e.out, sayFault(f))
	}
	a := &p.Archive
	fmt.Fprintf(e.out, "%d files of %s, %d of them sealed, %d messages in them, %d erased\n", a.Segments, size(a.Octets), a.Sealed, a.Messages, a.Erased)
	if a.Links > 0 {
		fmt.Fprintf(e.out, "chain of %d lines, head %s\n", a.Links, a.Head)
	}
	_, err := fmt.Fprintln(e.out, p)
	return err
}

func sayFault(f blob.Fault) string {
	at := f.File
	if at == "" {
		at = fmt.Sprintf("segment %d", f.Segment)
	}
	if f.Length > 0 {
		at += fmt.Sprintf(" at %d", f.Offset)
	}
	return at + ": " + f.Problem
}

func newCat(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "cat SEGMENT",
		Short: "Print a segment of the archive as the mbox that it is, also where it is encrypted",
		Long: `Cat prints the mail of one file of the archive, as mboxrd: 7 for 000007.mbox.zst.
Of an archive that is not encrypted, zstd -dc does the same without restante.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			segment, err := strconv.ParseUint(args[0], 10, 32)
			if err != nil || segment == 0 {
				return usage(fmt.Errorf("%q is no segment: give its number, such as 7 for 000007.mbox.zst", cut(args[0], 80)))
			}
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				if err := h.blobs.Cat(ctx, uint32(segment), e.out); err != nil {
					return fmt.Errorf("segment %d: %w", segment, err)
				}
				return nil
			})
		},
	}
}
