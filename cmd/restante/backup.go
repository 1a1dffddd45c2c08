package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"restante/configs"
	"restante/index/backup"
)

func newBackup(e *env) *cobra.Command {
	var o backupOptions
	var asJSON bool
	c := &cobra.Command{
		Use:   "backup [DEST]",
		Short: "Copy the whole house, while it serves, into a folder of backups or a file",
		Long: `Backup adds a snapshot to DEST, a folder of backups: files that an earlier
snapshot has are not copied again. Where DEST ends in .tar or .tar.age, or is -
for standard output, it gets a whole backup as one file. Without DEST it is what
backup.to in the settings says.

With a recipient (an age public key, age1…) all is encrypted, and the settings file
and the TLS key are part of it. Without one these are left out, unless --keys asks
for them. The hashes of passwords are in every backup.

A backup by schedule reads everything back once a week, as --verify does.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				given := c.Flags().Changed("keep")
				o.fill(h.cfg, given)
				dest, err := e.backupDest(h.cfg, args)
				if err != nil {
					return err
				}
				switch {
				case o.keep < 0:
					return usage(fmt.Errorf("--keep %d; allowed: 1 and more, or 0 for all", o.keep))
				case given && isTar(dest):
					return usage(fmt.Errorf("--keep goes with a folder of backups; %s is one file", dest))
				}
				return e.backup(ctx, h, dest, o, asJSON)
			})
		},
	}
	c.Flags().StringArrayVar(&o.recipients, "recipient", nil, "encrypt to this age public `KEY`; may be repeated; else those of the settings")
	c.Flags().IntVar(&o.keep, "keep", 0, "in a folder, keep this many snapshots; 0: all; else as the settings say")
	c.Flags().BoolVar(&o.keys, "keys", false, "take the settings file and the TLS key along in clear too")
	c.Flags().BoolVar(&o.verify, "verify", false, "read everything back afterwards, and copy anew what is damaged")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	c.AddCommand(newBackupList(e))
	return c
}

// backupOptions are the words of one backup.
type backupOptions struct {
	recipients   []string
	keep         int
	keys, verify bool
	weekly       bool // verify if that was not done for a week
}

// fill takes from the settings what was not said.
func (o *backupOptions) fill(cfg *configs.Settings, keep bool) {
	if !keep {
		o.keep = cfg.Backup.Keep
	}
	if len(o.recipients) == 0 {
		o.recipients = cfg.Backup.Recipients
	}
}

// backupPlace is where backups are: as was said, or as the settings say.
func (e *env) backupPlace(cfg *configs.Settings, args []string) (string, error) {
	switch {
	case len(args) > 0 && args[0] != "-":
		return e.path(args[0]), nil
	case len(args) > 0:
		return args[0], nil
	case cfg.Backup.To == "":
		return "", usage(errors.New("which folder or file? Name one, or set backup.to"))
	}
	return cfg.Backup.To, nil
}

// backupDest is where a backup goes. Inside the house it would be one more thing to
// back up, and be lost with it.
func (e *env) backupDest(cfg *configs.Settings, args []string) (string, error) {
	dest, err := e.backupPlace(cfg, args)
	if err != nil || dest == "-" {
		return dest, err
	}
	if ours := cfg.Holds(dest); ours != "" {
		return "", usage(fmt.Errorf("%s lies in %s, and would be lost with it", dest, ours))
	}
	return dest, nil
}

// backupReport is the JSON form of a backup.
type backupReport struct {
	Snapshot string   `json:"snapshot,omitempty"` // none: a single file
	Messages int64    `json:"messages"`
	Octets   int64    `json:"octets"` // of all its files, in clear
	Files    int      `json:"files"`
	Copied   int      `json:"copied"`
	Bytes    int64    `json:"octets_copied"`
	Known    int      `json:"known_already"`
	Removed  []string `json:"removed"`
	Verified bool     `json:"verified"`
	Healed   []string `json:"healed"` // files that were damaged, and were copied anew
	Seconds  float64  `json:"seconds"`
}

func (r backupReport) String() string {
	s := fmt.Sprintf("%d messages, %s in %d files", r.Messages, size(r.Octets), r.Files)
	if r.Snapshot != "" {
		s = fmt.Sprintf("snapshot %s: %s; %d copied (%s), %d were there, %d old snapshots removed", r.Snapshot, s, r.Copied, size(r.Bytes), r.Known, len(r.Removed))
	}
	if len(r.Healed) > 0 {
		s += fmt.Sprintf("; damaged, and copied anew: %s", strings.Join(r.Healed, ", "))
	}
	if r.Verified {
		s += "; read back and whole"
	}
	return s
}

func (e *env) backup(ctx context.Context, h *house, dest string, o backupOptions, asJSON bool) error {
	b := e.bar("copying", 0)
	r, err := h.backup(ctx, e.out, dest, o, b.set)
	b.end()
	if err != nil || dest == "-" {
		return err
	}
	if asJSON {
		return e.json(r)
	}
	_, err = fmt.Fprintln(e.out, r)
	return err
}

func isTar(dest string) bool {
	return dest == "-" || strings.HasSuffix(dest, ".tar") || strings.HasSuffix(dest, ".tar"+ageSuffix)
}

const ageSuffix = ".age"

// backup makes one backup. Nothing expires meanwhile.
func (h *house) backup(ctx context.Context, out io.Writer, dest string, o backupOptions, progress func(done, total int64)) (r backupReport, err error) {
	start := time.Now()
	from, err := h.backupHouse(o)
	if err != nil {
		return r, err
	}
	if h.secrets.key != nil && !from.For.Any() {
		h.log.Warn("the archive is encrypted, and the rows of this backup are in clear: who wrote to whom, and the words of lessons; name a recipient")
	}
	from.Progress = progress
	sealed := strings.HasSuffix(dest, ageSuffix)
	if isTar(dest) && dest != "-" && sealed != from.For.Any() {
		return r, usage(errors.New("a file whose name ends in .tar.age is encrypted, and needs a recipient; one that ends in .tar is not"))
	}
	err = h.archive.Still(func() error {
		switch {
		case dest == "-":
			m, err := backup.Tar(ctx, out, from)
			r.took(backup.Result{Manifest: m})
			return err
		case isTar(dest):
			m, err := backup.TarFile(ctx, dest, from)
			r.took(backup.Result{Manifest: m, Copied: len(m.Files), Octets: m.Octets()})
			return err
		}
		res, err := backup.Folder(ctx, dest, o.keep, from)
		r.took(res)
		return err
	})
	if err == nil && (o.verify || o.weekly && !isTar(dest) && time.Since(backup.Verified(dest)) >= verifyEvery) {
		err = h.archive.Still(func() error { return verifyBackup(ctx, dest, from, &r) })
	}
	r.Seconds = time.Since(start).Seconds()
	return r, explainBackup(dest, err)
}

func (r *backupReport) took(b backup.Result) {
	r.Snapshot, r.Messages, r.Octets, r.Files = b.Snapshot, b.Manifest.Messages, b.Manifest.Octets(), len(b.Manifest.Files)
	r.Copied, r.Bytes, r.Known, r.Removed = b.Copied, b.Octets, b.Known, append([]string{}, b.Removed...)
}

// verifyEvery is how often a backup by schedule is read back. Disks rot slowly.
const verifyEvery = 7 * 24 * time.Hour

// verifyBackup reads a snapshot back, and has what is damaged copied anew.
func verifyBackup(ctx context.Context, dest string, from backup.House, r *backupReport) error {
	if isTar(dest) {
		return usage(errors.New("--verify is for folders of backups; a file is verified by restoring it"))
	}
	c, err := backup.Verify(ctx, dest, r.Snapshot, from)
	if err == nil && len(c.Faults) > 0 {
		err = fmt.Errorf("the copy is damaged, and the house has not the same file to copy anew: %s", strings.Join(c.Faults, "; "))
	}
	r.Healed, r.Verified = append([]string{}, c.Healed...), err == nil
	return err
}

// backupHouse says what of the house is copied.
func (h *house) backupHouse(o backupOptions) (from backup.House, err error) {
	to, err := backup.ParseRecipients(o.recipients)
	if err != nil {
		return from, usage(err)
	}
	from = backup.House{Blobs: h.blobs, Rows: h.store, Spool: spoolDir(h.cfg), Version: programVersion(), For: to, Log: h.log}
	if !to.Any() && !o.keys {
		return from, nil
	}
	from.Extra = map[string]string{}
	keys, err := filepath.Glob(filepath.Join(tlsDir(h.cfg), "*"))
	if err != nil {
		return from, err
	}
	for _, path := range keys {
		from.Extra["tls/"+filepath.Base(path)] = path
	}
	for name, path := range map[string]string{"restante.yaml": h.cfg.File(), "seal.key": sealKeyPath(h.cfg)} {
		if _, err := os.Stat(path); err == nil {
			from.Extra[name] = path
		}
	}
	return from, nil
}

// explainBackup says what to do about the usual troubles.
func explainBackup(dest string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w: the disk is full; what was there before is whole. Free some space, or keep fewer snapshots", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %s must be writable for the user that restante runs as", err, dest)
	}
	return err
}

// backupSchedule is when backups are made by themselves.
func (h *house) backupSchedule() string {
	if h.cfg.Backup.To == "" {
		return configs.Never
	}
	return h.cfg.Backup.Schedule
}

func (h *house) backupChore(ctx context.Context) (string, error) {
	o := backupOptions{weekly: true}
	o.fill(h.cfg, false)
	r, err := h.backup(ctx, nil, h.cfg.Backup.To, o, nil)
	if err != nil {
		return "", err
	}
	return r.String(), nil
}

func newBackupList(e *env) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list [DEST]", Short: "List the snapshots of a folder of backups",
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			cfg := &configs.Settings{}
			if len(args) == 0 {
				var err error
				if cfg, err = e.settings(); err != nil {
					return err
				}
			}
			dest, err := e.backupPlace(cfg, args)
			if err != nil {
				return err
			}
			all, err := backup.List(dest)
			if err != nil {
				return err
			}
			return e.backupListing(time.Now()).say(e, all, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a snapshot")
	return c
}

func (e *env) backupListing(now time.Time) listing[backup.Snapshot] {
	return listing[backup.Snapshot]{
		none: "no snapshots", head: []string{"SNAPSHOT", "AGE", "MESSAGES", "SIZE", "FILES", "ENCRYPTED", "FAULT"},
		json: func(s backup.Snapshot) any { return s },
		row: func(s backup.Snapshot) []string {
			sealed := "no"
			if s.Encrypted {
				sealed = "yes"
			}
			fault := ""
			if s.Fault != "" {
				fault = e.coloured(red, s.Fault)
			}
			return []string{s.Name, now.Sub(s.Made).Truncate(time.Second).String(), strconv.FormatInt(s.Messages, 10), size(s.Octets), strconv.Itoa(s.Files), sealed, fault}
		},
	}
}
