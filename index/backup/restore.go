package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"restante/index/blob"
)

// Target is where the files of a backup are put.
type Target struct {
	Data     string // a folder: rows, settings and keys
	Segments string // a folder: the archive
}

func (t Target) path(name string) string {
	if base, ok := strings.CutPrefix(name, segmentsDir+"/"); ok {
		return filepath.Join(t.Segments, base)
	}
	return filepath.Join(t.Data, filepath.FromSlash(name))
}

// Restore takes the files of a backup to where they belong, and checks each
// against its SHA-256. Src is a folder of backups, of which snapshot names one by
// its beginning, the last where it is empty; or a tar file; or -, which is stdin.
// Every file that is not as it was is named in the error, and is blob.ErrDamaged;
// ErrSealed where an identity is missing. The rows are put beside: see RowsName.
func Restore(ctx context.Context, src, snapshot string, ids Identities, to Target, stdin io.Reader, progress func(done, total int64)) (m Manifest, err error) {
	t := &taker{ids: ids, to: to, progress: progress}
	info, err := os.Stat(src)
	switch {
	case src == "-":
		m, err = t.stream(ctx, stdin)
	case err != nil:
	case info.IsDir():
		m, err = t.fromFolder(ctx, folder(src), snapshot)
	default:
		var f *os.File
		if f, err = os.Open(src); err == nil {
			defer f.Close()
			t.total = info.Size()
			m, err = t.stream(ctx, f)
		}
	}
	if err == nil {
		err = t.sync()
	}
	if err != nil {
		return m, fmt.Errorf("restore from %s: %w", src, err)
	}
	return m, nil
}

// taker takes the files of one backup.
type taker struct {
	ids         Identities
	to          Target
	progress    func(done, total int64)
	done, total int64
}

func (t *taker) tell(n int) {
	t.done += int64(n)
	if t.progress != nil {
		t.progress(t.done, max(t.done, t.total))
	}
}

func (t *taker) stream(ctx context.Context, r io.Reader) (Manifest, error) {
	clear, err := t.ids.unseal(r)
	if err != nil {
		return Manifest{}, err
	}
	return t.fromTar(ctx, clear)
}

func (t *taker) fromFolder(ctx context.Context, d folder, snapshot string) (m Manifest, err error) {
	at, err := d.find(snapshot)
	if err != nil {
		return m, err
	}
	path, _ := d.manifestPath(at)
	f, err := os.Open(path)
	if err != nil {
		return m, err
	}
	defer f.Close()
	clear, err := t.ids.unseal(f)
	if err == nil {
		m, err = readManifest(clear, true)
	}
	if err != nil {
		return m, fmt.Errorf("manifest %s: %w", filepath.Base(path), err)
	}
	t.total = m.Octets()
	var faults error
	for _, f := range m.Files {
		if err := t.stored(ctx, d, f); err != nil {
			faults = and(faults, fmt.Errorf("%s: %w", f.Stored, err))
		}
		if ctx.Err() != nil {
			return m, ctx.Err()
		}
	}
	return m, faults
}

// and puts one more error on the same line.
func and(errs, err error) error {
	if errs == nil || err == nil {
		return errors.Join(errs, err)
	}
	return fmt.Errorf("%w; %w", errs, err)
}

// stored takes a file from a folder of backups.
func (t *taker) stored(ctx context.Context, d folder, f File) error {
	src, err := os.Open(d.path(f.Stored))
	if err != nil {
		return fmt.Errorf("%w: %w", blob.ErrDamaged, err)
	}
	defer src.Close()
	clear, err := t.ids.unseal(src)
	if err != nil {
		return err
	}
	// One octet more than it should have is enough to know that it is wrong.
	sum, n, err := t.put(f.Name, hearing{ctx, io.LimitReader(clear, f.Octets+1), t.tell})
	if err != nil {
		return err
	}
	return f.check(sum, n)
}

// check compares what came with what should have.
func (f File) check(sum string, octets int64) error {
	switch {
	case octets != f.Octets:
		return fmt.Errorf("%s: %w: it has not the %d octets that it had", f.Name, blob.ErrDamaged, f.Octets)
	case sum != f.SHA256:
		return fmt.Errorf("%s: %w: its SHA-256 is %s, and was %s", f.Name, blob.ErrDamaged, sum, f.SHA256)
	}
	return nil
}

// put writes one file to where it belongs.
func (t *taker) put(name string, r io.Reader) (sum string, n int64, err error) {
	path := t.to.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", 0, err
	}
	sum, err = writeFile(path, func(w io.Writer) error {
		n, err = io.Copy(w, r)
		return err
	})
	return sum, n, err
}

// sync makes the names of all files durable.
func (t *taker) sync() error {
	errs := []error{syncDir(t.to.Data)}
	for _, dir := range []string{t.to.Segments, filepath.Join(t.to.Data, "tls")} {
		if _, err := os.Stat(dir); err == nil {
			errs = append(errs, syncDir(dir))
		}
	}
	return errors.Join(errs...)
}
