package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"restante/index/blob"
	"restante/index/record"
)

// Blobs is the archive. *blob.Log is one.
type Blobs interface {
	Files() ([]blob.File, error)
	OpenFile(name string) (io.ReadCloser, error)
}

// Rows is the database. *record.DB is one.
type Rows interface {
	Dump(ctx context.Context, w io.Writer) (record.Contents, error)
}

// House is what is backed up, and how.
type House struct {
	Blobs   Blobs
	Rows    Rows
	Extra   map[string]string // more files: their names in the snapshot, and where they lie
	Spool   string            // a folder for the dump while it is copied
	Version string            // of the program
	For     Recipients        // none: in clear
	Log     *slog.Logger      // nil: none
	// Progress, if not nil, is told how many octets are done, of how many.
	Progress func(done, total int64)
}

// Result is what a backup did.
type Result struct {
	Snapshot string   // its name
	Manifest Manifest //
	Copied   int      // files
	Octets   int64    // of them, in clear
	Known    int      // files that were there already
	Removed  []string // snapshots
}

// Folder adds a snapshot to a folder of backups, which it makes where it is
// missing, and then removes all but the last snapshots; keep 0 removes none.
// ErrLocked where another backup is under way, ErrForeign where the folder holds
// other things.
func Folder(ctx context.Context, dir string, keep int, h House) (r Result, err error) {
	d := folder(dir)
	lock, err := d.open()
	if err != nil {
		return r, fmt.Errorf("backup to %s: %w", dir, err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	known, err := d.known()
	if err != nil {
		return r, fmt.Errorf("backup to %s: %w", dir, err)
	}
	w := &writer{d: d, house: h, known: known, named: sums{}}
	if r, err = w.snapshot(ctx); err != nil {
		return r, fmt.Errorf("backup to %s: %w", dir, err)
	}
	// The backup is whole: trouble with older ones does not undo it.
	var files int
	if r.Removed, files, err = d.prune(keep); err != nil {
		return r, fmt.Errorf("the backup %s is whole; remove what is older: %w", r.Snapshot, err)
	}
	h.log().Info("backup made", "snapshot", r.Snapshot, "to", dir, "copied", r.Copied, "octets", r.Octets, "removed", files)
	return r, nil
}

func (h *House) log() *slog.Logger {
	if h.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return h.Log
}

// dump writes the rows to a file in the spool, so that they are read fast,
// whatever takes them. The caller removes it.
func (h *House) dump(ctx context.Context) (path string, c record.Contents, err error) {
	f, err := os.CreateTemp(h.Spool, SpoolPrefix+"*")
	if err != nil {
		return "", c, err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	z, err := Pack(f)
	if err != nil {
		return "", c, err
	}
	c, err = h.Rows.Dump(ctx, z)
	return f.Name(), c, errors.Join(err, z.Close())
}

// SpoolPrefix begins the names of the files that a backup puts into the spool.
// What a killed one left there may be removed.
const SpoolPrefix = "backup-"

// writer makes one snapshot in a folder.
type writer struct {
	d     folder
	house House
	known sums // of files that are there
	named sums // of files of this snapshot

	result      Result
	done, total int64
}

func (w *writer) snapshot(ctx context.Context) (r Result, err error) {
	// The rows first: what they know the segments have by now.
	rows, c, err := w.house.dump(ctx)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.Remove(rows)) }()
	if w.result.Snapshot, err = w.d.freeStamp(c.Made); err != nil {
		return r, err
	}
	w.result.Manifest = newManifest(c, w.house.Version)
	if err := w.segments(ctx); err != nil {
		return r, err
	}
	at := w.result.Snapshot
	if err := w.file(ctx, RowsName, rowsDir+"/"+at+".ndjson.zst", rows); err != nil {
		return r, err
	}
	if len(w.house.Extra) > 0 {
		if err := os.MkdirAll(w.d.path(extraDir+"/"+at), 0o700); err != nil {
			return r, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.house.Extra)) {
		path := w.house.Extra[name]
		if err := w.file(ctx, name, extraDir+"/"+at+"/"+filepath.Base(name), path); err != nil {
			return r, err
		}
	}
	return w.result, w.commit()
}

// freeStamp names a snapshot after its time, or after a second that is free.
func (d folder) freeStamp(made time.Time) (string, error) {
	have, err := d.stamps()
	if err != nil {
		return "", err
	}
	at := stamp(made)
	if n := len(have); n > 0 && at <= have[n-1] { // two within a second, or a clock that was set
		last, err := time.Parse(stampForm, have[n-1])
		if err != nil {
			return "", err
		}
		at = stamp(last.Add(time.Second))
	}
	return at, nil
}

// segments copies the archive. A file that was replaced meanwhile is asked for
// anew.
func (w *writer) segments(ctx context.Context) error {
	const tries = 10
	for n := 1; ; n++ {
		files, err := w.house.Blobs.Files()
		if err != nil {
			return err
		}
		m := &w.result.Manifest
		m.Files, w.named = m.Files[:0], sums{}
		w.result.Copied, w.result.Known, w.result.Octets, w.done, w.total = 0, 0, 0, 0, 0
		for _, f := range files {
			w.total += f.Octets
		}
		err = w.all(ctx, files)
		if err == nil || !errors.Is(err, fs.ErrNotExist) || n == tries {
			return err
		}
	}
}

func (w *writer) all(ctx context.Context, files []blob.File) error {
	for _, f := range files {
		if err := w.segment(ctx, f); err != nil {
			return fmt.Errorf("segment file %s: %w", f.Name, err)
		}
		w.progress(0)
	}
	return nil
}

func (w *writer) progress(n int) {
	w.done += int64(n)
	if w.house.Progress != nil {
		w.house.Progress(w.done, max(w.done, w.total))
	}
}

// segment copies one file of the archive, if it is not there.
func (w *writer) segment(ctx context.Context, f blob.File) error {
	file := File{Name: segmentsDir + "/" + f.Name, Octets: f.Octets, SHA256: f.Sum.String()}
	if f.Sealed {
		file.Stored = w.storedName(f.Name, file.SHA256)
		if w.there(file) {
			w.done += f.Octets
			w.note(file, w.known[file.Stored], false)
			return nil
		}
	}
	src, err := w.house.Blobs.OpenFile(f.Name)
	if err != nil {
		return err
	}
	defer src.Close()
	in := summing(hearing{ctx, io.LimitReader(src, f.Octets), w.progress})
	temp := w.d.path(segmentsDir + "/" + tempPrefix + "segment")
	stored, err := writeFile(temp, func(out io.Writer) error { return w.seal(out, in) })
	switch {
	case err != nil:
		return err
	case in.n != f.Octets:
		return fmt.Errorf("%d octets, want %d: %w", in.n, f.Octets, blob.ErrDamaged)
	case f.Sealed && in.sum() != file.SHA256:
		return fmt.Errorf("it is not what was sealed: %w; see restante verify", blob.ErrDamaged)
	}
	file.SHA256 = in.sum()
	file.Stored = w.storedName(f.Name, file.SHA256)
	if w.there(file) { // it has not grown since
		w.note(file, w.known[file.Stored], false)
		return os.Remove(temp)
	}
	if err := os.Rename(temp, w.d.path(file.Stored)); err != nil {
		return err
	}
	w.note(file, stored, true)
	return w.partly(file.Stored, stored)
}

// seal copies what is read to out, encrypted where that is wanted.
func (w *writer) seal(out io.Writer, in io.Reader) error {
	sealed, err := w.house.For.seal(out)
	if err != nil {
		return err
	}
	_, err = io.Copy(sealed, in)
	return errors.Join(err, sealed.Close())
}

// there tells whether a file of the archive is in the folder and whole. Size is
// all that is looked at: reading everything each time is what verify is for.
func (w *writer) there(f File) bool {
	info, err := os.Lstat(w.d.path(f.Stored))
	return err == nil && info.Mode().IsRegular() && w.known[f.Stored] != "" &&
		(w.house.For.Any() && info.Size() > f.Octets || info.Size() == f.Octets)
}

// storedName puts the sum between the name and its suffixes.
func (w *writer) storedName(name, sum string) string {
	base, suffixes, dot := strings.Cut(name, ".")
	base += "-" + sum[:16]
	if w.house.For.Any() {
		base += "-" + w.house.For.sum
	}
	if dot {
		base += "." + suffixes
	}
	return segmentsDir + "/" + base + w.ageSuffix()
}

func (w *writer) ageSuffix() string {
	if w.house.For.Any() {
		return ageSuffix
	}
	return ""
}

// note takes a file into the snapshot.
func (w *writer) note(f File, stored string, copied bool) {
	w.result.Manifest.Files = append(w.result.Manifest.Files, f)
	w.named[f.Stored] = stored
	if copied {
		w.result.Copied++
		w.result.Octets += f.Octets
	} else {
		w.result.Known++
	}
}

// partly notes what is copied, so that the next backup need not do it again if
// this one is killed.
func (w *writer) partly(name, sum string) error {
	f, err := os.OpenFile(w.d.path(snapshotsDir+"/"+partialName), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s  %s\n", sum, name)
	return errors.Join(err, f.Sync(), f.Close())
}

// file copies a file that is in each snapshot anew.
func (w *writer) file(ctx context.Context, name, stored, path string) error {
	src, err := os.Open(path)
	if err != nil {
		return err
	}
	defer src.Close()
	in := summing(hearing{ctx: ctx, r: src})
	stored += w.ageSuffix()
	sum, err := writeFile(w.d.path(stored), func(out io.Writer) error { return w.seal(out, in) })
	if err != nil {
		return err
	}
	w.note(File{Name: name, Stored: stored, Octets: in.n, SHA256: in.sum()}, sum, true)
	return nil
}

// commit makes everything durable, and last the manifest.
func (w *writer) commit() error {
	at := w.result.Snapshot
	dirs := []string{segmentsDir, rowsDir, extraDir, snapshotsDir}
	if len(w.house.Extra) > 0 {
		dirs = append(dirs, extraDir+"/"+at)
	}
	for _, dir := range dirs {
		if err := syncDir(w.d.path(dir)); err != nil {
			return err
		}
	}
	m := &w.result.Manifest
	_, err := writeFile(w.d.sumsPath(at), func(out io.Writer) error {
		fmt.Fprintf(out, sumsHead, at, m.Messages, m.Octets(), len(m.Files))
		for _, f := range m.Files {
			if _, err := fmt.Fprintf(out, "%s  %s\n", w.named[f.Stored], f.Stored); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	path := w.d.path(snapshotsDir + "/" + at + jsonSuffix + w.ageSuffix())
	_, err = writeFile(path, func(out io.Writer) error { return w.seal(out, strings.NewReader(string(text)+"\n")) })
	if err != nil {
		return err
	}
	if err := os.Remove(w.d.path(snapshotsDir + "/" + partialName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(w.d.path(snapshotsDir))
}
