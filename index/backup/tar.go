package backup

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"restante/index/blob"
)

// Names in a tar file.
const (
	tarTop       = "restante-backup/"
	manifestName = "manifest.json"
)

// TarFile writes a whole backup into one file, which is there when it is whole.
func TarFile(ctx context.Context, path string, h House) (m Manifest, err error) {
	dir := filepath.Dir(path)
	if _, err = writeFile(path, func(w io.Writer) (err error) {
		m, err = Tar(ctx, w, h)
		return err
	}); err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		err = fmt.Errorf("backup to %s: %w", path, err)
	}
	return m, err
}

// Tar writes a whole backup as one tar stream, encrypted where there are
// recipients.
func Tar(ctx context.Context, out io.Writer, h House) (m Manifest, err error) {
	rows, c, err := h.dump(ctx)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.Remove(rows)) }()
	sealed, err := h.For.seal(out)
	if err != nil {
		return m, err
	}
	w := &tarWriter{house: h, out: tar.NewWriter(sealed), m: newManifest(c, h.Version)}
	if err = w.all(ctx, rows); err == nil {
		err = w.out.Close()
	}
	return w.m, errors.Join(err, sealed.Close())
}

type tarWriter struct {
	house       House
	out         *tar.Writer
	m           Manifest
	done, total int64
}

func (w *tarWriter) all(ctx context.Context, rows string) error {
	if err := w.text(markName, []byte(tarReadMe)); err != nil {
		return err
	}
	if err := w.path(ctx, RowsName, rows); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(w.house.Extra)) {
		if err := w.path(ctx, name, w.house.Extra[name]); err != nil {
			return err
		}
	}
	if err := w.segments(ctx); err != nil {
		return err
	}
	text, err := json.MarshalIndent(w.m, "", " ")
	if err != nil {
		return err
	}
	return w.text(manifestName, append(text, '\n'))
}

// segments writes the archive. A file that was replaced meanwhile is asked for
// anew; what was written before it is named by no manifest, and does no harm.
func (w *tarWriter) segments(ctx context.Context) error {
	const tries = 10
	before, written := w.m.Files, map[string]File{}
	for n := 1; ; n++ {
		files, err := w.house.Blobs.Files()
		if err != nil {
			return err
		}
		w.total = w.done
		for _, f := range files {
			w.total += f.Octets
		}
		w.m.Files = slices.Clone(before)
		err = w.some(ctx, files, written)
		if err == nil || !errors.Is(err, fs.ErrNotExist) || n == tries {
			return err
		}
	}
}

func (w *tarWriter) some(ctx context.Context, files []blob.File, written map[string]File) error {
	for _, f := range files {
		name := segmentsDir + "/" + f.Name
		if have, ok := written[name]; ok && f.Sealed && have.SHA256 == f.Sum.String() {
			w.m.Files = append(w.m.Files, have)
			continue
		}
		src, err := w.house.Blobs.OpenFile(f.Name)
		if err == nil {
			err = errors.Join(w.entry(ctx, name, f.Octets, src), src.Close())
		}
		if err != nil {
			return fmt.Errorf("segment file %s: %w", f.Name, err)
		}
		written[name] = w.m.Files[len(w.m.Files)-1]
		if f.Sealed && written[name].SHA256 != f.Sum.String() {
			return fmt.Errorf("segment file %s: it is not what was sealed: %w; see restante verify", f.Name, blob.ErrDamaged)
		}
	}
	return nil
}

func (w *tarWriter) path(ctx context.Context, name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return w.entry(ctx, name, info.Size(), f)
}

// entry writes a file of a size that is known.
func (w *tarWriter) entry(ctx context.Context, name string, size int64, r io.Reader) error {
	if err := w.head(name, size); err != nil {
		return err
	}
	in := summing(hearing{ctx, io.LimitReader(r, size), func(n int) {
		w.done += int64(n)
		if w.house.Progress != nil {
			w.house.Progress(w.done, max(w.done, w.total))
		}
	}})
	if _, err := io.Copy(w.out, in); err != nil {
		return err
	}
	if in.n != size {
		return fmt.Errorf("%d octets, want %d: %w", in.n, size, blob.ErrDamaged)
	}
	w.m.Files = append(w.m.Files, File{Name: name, Octets: size, SHA256: in.sum()})
	return nil
}

func (w *tarWriter) head(name string, size int64) error {
	return w.out.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: tarTop + name, Size: size, Mode: 0o600, ModTime: w.m.Made.Truncate(time.Second), Format: tar.FormatPAX,
	})
}

func (w *tarWriter) text(name string, text []byte) error {
	if err := w.head(name, int64(len(text))); err != nil {
		return err
	}
	_, err := w.out.Write(text)
	return err
}

const tarReadMe = `This is a backup of a restante mail archive.

segments/*.mbox.zst  the mail: zstd -dc FILE is an mbox that any mail program reads.
rows.ndjson.zst      the database: zstd -dc FILE is lines of JSON that name their
                     tables and columns.
manifest.json        every file that belongs to it, with its size and SHA-256.

Bring it back: restante restore FILE.tar
`

var errCut = errors.New("it ends before its manifest: it was cut off, or is no backup")

// fromTar puts the files of a tar stream into their places, and checks them
// against the manifest, which comes last.
func (t *taker) fromTar(ctx context.Context, r io.Reader) (m Manifest, err error) {
	in := tar.NewReader(r)
	got := map[string]File{}
	whole := false
	for !whole {
		head, err := in.Next()
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return m, errCut
		case err != nil:
			return m, err
		case head.Typeflag != tar.TypeReg:
			continue
		}
		name := strings.TrimPrefix(head.Name, tarTop)
		switch {
		case name == manifestName:
			if m, err = readManifest(in, false); err != nil {
				return m, fmt.Errorf("%s: %w", name, err)
			}
			whole = true
		case nameForm.MatchString(name):
			sum, n, err := t.put(name, hearing{ctx, in, t.tell})
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = errCut
			}
			if err != nil {
				return m, fmt.Errorf("%s: %w", name, err)
			}
			got[name] = File{Name: name, Octets: n, SHA256: sum}
		}
	}
	for _, f := range m.Files {
		have, ok := got[f.Name]
		delete(got, f.Name)
		if !ok {
			err = and(err, fmt.Errorf("%s: it is missing: %w", f.Name, blob.ErrDamaged))
		} else {
			err = and(err, f.check(have.SHA256, have.Octets))
		}
	}
	for name := range got { // replaced while the backup was made
		err = errors.Join(err, os.Remove(t.to.path(name)))
	}
	return m, err
}
