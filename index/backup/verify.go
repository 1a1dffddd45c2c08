package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"restante/index/blob"
)

// verifiedName is a file whose time says when a snapshot was last found whole.
const verifiedName = "verified"

// Verified tells when all of a snapshot in a folder of backups was last read back
// and found whole; the zero time: never.
func Verified(dir string) time.Time {
	info, err := os.Stat(folder(dir).path(snapshotsDir + "/" + verifiedName))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// Checked is what reading a snapshot back has found.
type Checked struct {
	Healed []string // files that were damaged or missing, and were copied anew
	Faults []string // what is wrong with others
}

// Verify reads every file of a snapshot back, the last where the name is empty.
// It needs no identity. A file of the archive that is damaged or missing is copied
// anew if the house still has it under the same SHA-256; h.Blobs may be nil, and
// nothing is healed then. ErrLocked as for Folder.
func Verify(ctx context.Context, dir, snapshot string, h House) (c Checked, err error) {
	d := folder(dir)
	at, err := d.find(snapshot)
	if err != nil {
		return c, fmt.Errorf("verify %s: %w", dir, err)
	}
	lock, err := d.open()
	if err != nil {
		return c, fmt.Errorf("verify %s: %w", dir, err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	want := sums{}
	head, err := want.read(d.sumsPath(at))
	if err != nil {
		return c, fmt.Errorf("verify %s: snapshot %s: %w", dir, at, err)
	}
	w := &writer{d: d, house: h, total: head.Octets}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if err := w.check(ctx, name, want[name], &c); err != nil {
			return c, fmt.Errorf("verify %s: %w", dir, err)
		}
	}
	if len(c.Faults) > 0 {
		return c, nil
	}
	_, err = writeFile(d.path(snapshotsDir+"/"+verifiedName), func(io.Writer) error { return nil })
	return c, err
}

// check reads one file back, and heals it where that can be.
func (w *writer) check(ctx context.Context, name, want string, c *Checked) error {
	fault := w.d.fault(ctx, name, want, w.progress)
	if ctx.Err() != nil || fault == nil {
		return ctx.Err()
	}
	healed, err := w.heal(ctx, name, want)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		c.Faults = append(c.Faults, fmt.Sprintf("%v; it could not be copied anew: %v", fault, err))
	case !healed:
		c.Faults = append(c.Faults, fault.Error())
	default:
		c.Healed = append(c.Healed, name)
		w.house.log().Warn("a damaged file of the backup was copied anew", "file", name, "fault", fault)
	}
	return nil
}

// fault reads a file and tells what is wrong with it.
func (d folder) fault(ctx context.Context, name, want string, tell func(int)) error {
	f, err := os.Open(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w: it is missing", name, blob.ErrDamaged)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	in := summing(hearing{ctx, f, tell})
	if _, err := io.Copy(io.Discard, in); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if got := in.sum(); got != want {
		return fmt.Errorf("%s: %w: its SHA-256 is %s, and was %s", name, blob.ErrDamaged, got, want)
	}
	return nil
}

// heal copies a file of the archive anew. Its stored name holds its sum, and so
// tells whether the house has the same.
func (w *writer) heal(ctx context.Context, name, was string) (bool, error) {
	if w.house.Blobs == nil {
		return false, nil
	}
	files, err := w.house.Blobs.Files()
	if err != nil {
		return false, err
	}
	temp := w.d.path(segmentsDir + "/" + tempPrefix + "segment")
	for _, f := range files {
		if f.Sealed && w.storedName(f.Name, f.Sum.String()) != name || !w.mayBe(f.Name, name) {
			continue
		}
		stored, sum, err := w.again(ctx, f, temp)
		if err != nil {
			return false, err
		}
		if w.storedName(f.Name, sum) != name {
			return false, os.Remove(temp) // it has grown since, or is damaged itself
		}
		// The lists first: a kill in between leaves a file that is still damaged.
		if err := w.d.resum(name, was, stored); err != nil {
			return false, err
		}
		if err := errors.Join(os.Rename(temp, w.d.path(name)), syncDir(w.d.path(segmentsDir))); err != nil {
			return false, err
		}
		if fault := w.d.fault(ctx, name, stored, nil); fault != nil {
			return false, fault
		}
		return true, nil
	}
	return false, nil
}

// mayBe tells whether a file of the archive may be stored under a name, whatever it
// sums up to.
func (w *writer) mayBe(file, stored string) bool {
	base, _, _ := strings.Cut(file, ".")
	return strings.HasPrefix(stored, segmentsDir+"/"+base+"-") && len(stored) == len(w.storedName(file, strings.Repeat("0", 64)))
}

// again copies a file of the archive to temp, and gives the sums of what is there
// and of what it was made from.
func (w *writer) again(ctx context.Context, f blob.File, temp string) (stored, sum string, err error) {
	src, err := w.house.Blobs.OpenFile(f.Name)
	if err != nil {
		return "", "", err
	}
	defer src.Close()
	in := summing(hearing{ctx: ctx, r: io.LimitReader(src, f.Octets)})
	stored, err = writeFile(temp, func(out io.Writer) error { return w.seal(out, in) })
	return stored, in.sum(), err
}

// resum puts the new sum of a file into the lists of all snapshots that share it.
// What is encrypted anew sums up to something else.
func (d folder) resum(name, was, is string) error {
	stamps, err := d.stamps()
	if err != nil || was == is {
		return err
	}
	for _, at := range stamps {
		text, err := os.ReadFile(d.sumsPath(at))
		if err != nil {
			continue // such a list is told of by name where it is needed
		}
		anew := strings.ReplaceAll(string(text), was+"  "+name+"\n", is+"  "+name+"\n")
		if anew == string(text) {
			continue
		}
		_, err = writeFile(d.sumsPath(at), func(w io.Writer) error {
			_, err := io.WriteString(w, anew)
			return err
		})
		if err != nil {
			return err
		}
	}
	return syncDir(d.path(snapshotsDir))
}
