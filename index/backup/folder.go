package backup

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// Names in a folder of backups.
const (
	markName     = "restante-backup.txt"
	lockName     = "lock"
	partialName  = "partial.sha256"
	sumsSuffix   = ".sha256"
	jsonSuffix   = ".json"
	ageSuffix    = ".age"
	snapshotsDir = "snapshots"
	segmentsDir  = "segments"
	rowsDir      = "rows"
	extraDir     = "extra"
)

// ErrLocked says that another backup is being written to the folder.
var ErrLocked = errors.New("another backup is being written to it")

// ErrForeign says that a folder holds other things than backups.
var ErrForeign = errors.New("the folder is not empty and holds no backups; name another, or an empty one")

// folder is a folder of backups.
type folder string

func (d folder) path(name string) string { return filepath.Join(string(d), filepath.FromSlash(name)) }

// open makes or finds the folder, and locks it.
func (d folder) open() (*flock.Flock, error) {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return nil, err
	}
	names, err := os.ReadDir(string(d))
	if err != nil {
		return nil, err
	}
	ours := slices.ContainsFunc(names, func(e fs.DirEntry) bool { return e.Name() == markName })
	strange := slices.ContainsFunc(names, func(e fs.DirEntry) bool {
		return e.Name() != "lost+found" && e.Name() != lockName && !strings.HasPrefix(e.Name(), tempPrefix)
	})
	if !ours && strange {
		return nil, ErrForeign
	}
	lock := flock.New(d.path(lockName), flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err == nil && !ok {
		err = ErrLocked
	}
	if err == nil {
		err = d.prepare(ours)
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// prepare makes what every folder has, and removes what was left half-written.
func (d folder) prepare(ours bool) error {
	if !ours {
		if err := os.WriteFile(d.path(markName), []byte(readMe), 0o600); err != nil {
			return err
		}
	}
	errs := []error{clean(string(d))}
	for _, dir := range []string{snapshotsDir, segmentsDir, rowsDir, extraDir} {
		errs = append(errs, os.MkdirAll(d.path(dir), 0o700), clean(d.path(dir)))
	}
	return errors.Join(append(errs, syncDir(string(d)))...)
}

// stamps gives the snapshots that are there, the oldest first.
func (d folder) stamps() ([]string, error) {
	names, err := os.ReadDir(d.path(snapshotsDir))
	if err != nil {
		return nil, err
	}
	var all []string
	for _, e := range names {
		name := strings.TrimSuffix(e.Name(), ageSuffix)
		if at, ok := strings.CutSuffix(name, jsonSuffix); ok {
			if _, err := time.Parse(stampForm, at); err == nil {
				all = append(all, at)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// manifestPath gives a snapshot's manifest, and whether it is encrypted.
func (d folder) manifestPath(stamp string) (path string, sealed bool) {
	path = d.path(snapshotsDir + "/" + stamp + jsonSuffix)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return path + ageSuffix, true
	}
	return path, false
}

func (d folder) sumsPath(stamp string) string {
	return d.path(snapshotsDir + "/" + stamp + sumsSuffix)
}

// sums are the SHA-256 of files as they are stored, by their names.
type sums map[string]string

// sumsHead begins the file of a snapshot's sums.
const sumsHead = "# restante backup %s with %d messages, %d octets in %d files\n"

// read adds the lines of a file to those that are known, and gives its head. What
// a killed process wrote may end in the middle of a line.
func (s sums) read(path string) (at Snapshot, err error) {
	f, err := os.Open(path)
	if err != nil {
		return at, err
	}
	defer f.Close()
	lines := 0
	in := bufio.NewScanner(f)
	for in.Scan() {
		line := in.Text()
		if strings.HasPrefix(line, "#") {
			// What is no head leaves a count that no file has.
			_, _ = fmt.Sscanf(line+"\n", sumsHead, &at.Name, &at.Messages, &at.Octets, &at.Files)
			continue
		}
		sum, name, ok := strings.Cut(line, "  ")
		if ok && sumForm.MatchString(sum) && isStored(name) {
			s[name] = sum
			lines++
		}
	}
	if err := in.Err(); err != nil {
		return at, err
	}
	if lines != at.Files {
		return at, errSums
	}
	return at, nil
}

// errSums says that a list of sums is not whole.
var errSums = errors.New("the list of its files is damaged")

// known gives the sums of all that any snapshot has, or that a backup copied
// which was killed. What cannot be read is copied again.
func (d folder) known() (sums, error) {
	all := sums{}
	stamps, err := d.stamps()
	if err != nil {
		return nil, err
	}
	for _, at := range stamps {
		_, _ = all.read(d.sumsPath(at))
	}
	_, _ = all.read(d.path(snapshotsDir + "/" + partialName))
	return all, nil
}

// prune keeps the last snapshots, all where keep is 0, and removes the others and
// every file that none of them names any more.
func (d folder) prune(keep int) (removed []string, files int, err error) {
	stamps, err := d.stamps()
	if err != nil {
		return nil, 0, err
	}
	if keep > 0 && len(stamps) > keep {
		removed, stamps = stamps[:len(stamps)-keep], stamps[len(stamps)-keep:]
	}
	for _, at := range removed {
		path, _ := d.manifestPath(at)
		if err := os.Remove(path); err != nil {
			return nil, 0, err
		}
	}
	dir := d.path(snapshotsDir)
	if err := syncDir(dir); err != nil {
		return removed, 0, err
	}
	// From here on those snapshots are not there. What cannot be read names
	// everything: nothing is removed then.
	named := sums{}
	for _, at := range stamps {
		if _, err := named.read(d.sumsPath(at)); err != nil {
			return removed, 0, fmt.Errorf("snapshot %s: %w; no file is removed", at, err)
		}
	}
	files, err = d.sweep(stamps, named)
	return removed, files, err
}

// sweep removes what no snapshot names.
func (d folder) sweep(stamps []string, named sums) (files int, err error) {
	remove := func(name string) {
		err = errors.Join(err, os.Remove(d.path(name)))
		files++
	}
	sumFiles, lerr := os.ReadDir(d.path(snapshotsDir))
	if lerr != nil {
		return 0, lerr
	}
	for _, e := range sumFiles {
		if at, ok := strings.CutSuffix(e.Name(), sumsSuffix); ok && !slices.Contains(stamps, at) {
			err = errors.Join(err, os.Remove(d.path(snapshotsDir+"/"+e.Name())))
		}
	}
	for _, top := range []string{segmentsDir, rowsDir, extraDir} {
		werr := filepath.WalkDir(d.path(top), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			rel, err := filepath.Rel(string(d), path)
			if name := filepath.ToSlash(rel); err == nil && named[name] == "" && isStored(name) {
				remove(name)
			}
			return err
		})
		err = errors.Join(err, werr)
	}
	old, gerr := os.ReadDir(d.path(extraDir))
	for _, e := range old {
		os.Remove(d.path(extraDir + "/" + e.Name())) // fails where something is in it
	}
	return files, errors.Join(err, gerr)
}

const readMe = `This folder holds backups of a restante mail archive.

snapshots/TIME.json names the files that make one backup, where each belongs, its
size and its SHA-256. It is readable text, and so is everything here that is not
encrypted:

  segments/*.mbox.zst    the mail: zstd -dc FILE is an mbox that any mail program
                         reads. The same message may be in one file only.
  rows/*.ndjson.zst      the database: zstd -dc FILE is lines of JSON that name
                         their tables and columns.

Check all files of a backup:        sha256sum -c snapshots/TIME.sha256
Read a file whose name ends in .age: age -d -i KEYFILE FILE > PLAINFILE
Bring a backup back:                 restante restore THIS-FOLDER

Nothing here is needed by another snapshot than those that name it. Files that no
snapshot names are removed by the next backup.
`
