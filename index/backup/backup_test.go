package backup_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/gofrs/flock"

	"restante/index"
	"restante/index/backup"
	"restante/index/blob"
	"restante/index/record"
	"restante/index/record/recordtest"
)

var ctx = context.Background()

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// archive is segments in memory; the last grows.
type archive struct {
	sealed map[string]string // name to content
	grows  string            // content of 000009.mbox.zst
	opened []string          // names, in order
	fail   int               // the OpenFile of that number fails, counted from 1
	before func(name string) // called before a file is opened
}

var errBroke = errors.New("broke")

func newArchive() *archive {
	return &archive{sealed: map[string]string{
		"000001-1.mbox.zst": strings.Repeat("one ", 50_000), "000002-1.mbox.zst": "two", "000003-2.mbox.zst": strings.Repeat("3", 70_000),
	}, grows: "grows"}
}

func (a *archive) Files() (all []blob.File, err error) {
	for name, text := range a.sealed {
		all = append(all, blob.File{Name: name, Octets: int64(len(text)), Sealed: true, Sum: sha256.Sum256([]byte(text))})
	}
	slices.SortFunc(all, func(x, y blob.File) int { return strings.Compare(x.Name, y.Name) })
	return append(all, blob.File{Name: "000009.mbox.zst", Octets: int64(len(a.grows))}, blob.File{Name: "chain", Octets: 3}), nil
}

func (a *archive) OpenFile(name string) (io.ReadCloser, error) {
	if a.before != nil {
		a.before(name)
	}
	a.opened = append(a.opened, name)
	if a.fail == len(a.opened) {
		return nil, errBroke
	}
	text, ok := a.sealed[name]
	switch name {
	case "000009.mbox.zst":
		text, ok = a.grows+" and what came since", true
	case "chain":
		text, ok = "abc", true
	}
	if !ok {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

// newHouse is an archive with rows of one message.
func newHouse(t testing.TB, a *archive) backup.House {
	t.Helper()
	db := must[*record.DB](t)(record.Open(ctx, filepath.Join(t.TempDir(), "x.db"), record.Options{}))
	t.Cleanup(func() { db.Close() })
	must[[]int64](t)(db.Add(ctx, []index.Addition{recordtest.Addition("ada", 1)}, blob.Position{Segment: 1, Offset: 7}))
	return backup.House{Blobs: a, Rows: db, Spool: t.TempDir(), Version: "v1"}
}

// wantRestored restores a backup and compares it with the archive.
func wantRestored(t testing.TB, src, snapshot string, ids backup.Identities, a *archive) backup.Manifest {
	t.Helper()
	to := t.TempDir()
	target := backup.Target{Data: to, Segments: filepath.Join(to, "segments")}
	m, err := backup.Restore(ctx, src, snapshot, ids, target, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"000009.mbox.zst": a.grows, "chain": "abc"}
	for name, text := range a.sealed {
		want[name] = text
	}
	for _, e := range must[[]os.DirEntry](t)(os.ReadDir(target.Segments)) {
		if got := must[[]byte](t)(os.ReadFile(filepath.Join(target.Segments, e.Name()))); string(got) != want[e.Name()] {
			t.Errorf("%s has %d octets, want %d", e.Name(), len(got), len(want[e.Name()]))
		}
		delete(want, e.Name())
	}
	if len(want) > 0 {
		t.Errorf("not restored: %v", want)
	}
	f := must[*os.File](t)(os.Open(filepath.Join(to, backup.RowsName)))
	defer f.Close()
	z := must[io.ReadCloser](t)(backup.Unpack(f))
	defer z.Close()
	c, err := record.Load(ctx, filepath.Join(to, "y.db"), record.Options{}, z)
	if err != nil || c.Rows["messages"] != 1 || m.Messages != 1 || c.Identity != m.Identity || c.Position != m.Position {
		t.Errorf("Load = %+v, %v; the manifest says %+v", c, err, m)
	}
	return m
}

func identity(t testing.TB) (id backup.Identities, for_ backup.Recipients) {
	t.Helper()
	x := must[*age.X25519Identity](t)(age.GenerateX25519Identity())
	return must[backup.Identities](t)(backup.ParseIdentities(strings.NewReader(x.String()))),
		must[backup.Recipients](t)(backup.ParseRecipients([]string{x.Recipient().String()}))
}

func TestFolder_SealedFilesAreCopiedOnce(t *testing.T) {
	ids, sealed := identity(t)
	for name, to := range map[string]backup.Recipients{"in clear": {}, "encrypted": sealed} {
		t.Run(name, func(t *testing.T) {
			a, dir := newArchive(), filepath.Join(t.TempDir(), "b")
			h := newHouse(t, a)
			h.For = to
			first := must[backup.Result](t)(backup.Folder(ctx, dir, 0, h))
			if first.Copied != 6 || first.Known != 0 { // three sealed, one that grows, the chain, the rows
				t.Errorf("the first copied %d, and knew %d", first.Copied, first.Known)
			}
			old := *a
			a.grows += " more"
			a.sealed = map[string]string{"000004-1.mbox.zst": "four"}
			for name, text := range old.sealed {
				a.sealed[name] = text
			}
			a.opened = nil
			second := must[backup.Result](t)(backup.Folder(ctx, dir, 0, h))
			want := []string{"000004-1.mbox.zst", "000009.mbox.zst", "chain"}
			if !slices.Equal(a.opened, want) || second.Copied != 3 || second.Known != 4 {
				t.Errorf("the second opened %v, copied %d and knew %d; want it to open %v", a.opened, second.Copied, second.Known, want)
			}
			wantRestored(t, dir, first.Snapshot, ids, &old)
			wantRestored(t, dir, "", ids, a)
			if c, err := backup.Verify(ctx, dir, "", backup.House{}); len(c.Faults) != 0 || err != nil {
				t.Errorf("Verify = %+v, %v", c, err)
			}
			list := must[[]backup.Snapshot](t)(backup.List(dir))
			if len(list) != 2 || list[0].Name != first.Snapshot || list[0].Messages != 1 || list[0].Files != 6 ||
				list[0].Octets != first.Manifest.Octets() || list[0].Encrypted != to.Any() || list[0].Fault != "" {
				t.Errorf("List = %+v", list)
			}
			for _, path := range all(t, dir) {
				if strings.Contains(filepath.Base(path), ".tmp-") {
					t.Errorf("%s is left", path)
				}
			}
		})
	}
}

func all(t testing.TB, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// Wherever a backup ends, the one before it stays whole, and the next goes on.
func TestFolder_KilledBetweenAnyTwoFiles(t *testing.T) {
	for kill := 1; kill <= 5; kill++ {
		a, dir := newArchive(), t.TempDir()
		h := newHouse(t, a)
		must[backup.Result](t)(backup.Folder(ctx, dir, 1, h))
		old := &archive{sealed: a.sealed, grows: a.grows}
		a.sealed = map[string]string{"000001-2.mbox.zst": "one, less", "000002-2.mbox.zst": "two, less", "000003-3.mbox.zst": "three, less"}
		a.grows = "grown"
		a.opened, a.fail = nil, kill
		if _, err := backup.Folder(ctx, dir, 1, h); !errors.Is(err, errBroke) {
			t.Fatalf("killed at file %d: %v", kill, err)
		}
		wantRestored(t, dir, "", nil, old)
		a.opened, a.fail = nil, 0
		r := must[backup.Result](t)(backup.Folder(ctx, dir, 1, h))
		if len(r.Removed) != 1 || len(a.opened) != 5-min(kill-1, 3) {
			t.Errorf("killed at file %d: the next removed %v and opened %v; want it to take what was copied", kill, r.Removed, a.opened)
		}
		wantRestored(t, dir, "", nil, a)
	}
}

// A file that is repacked while the backup runs is asked for anew.
func TestBackup_FileIsReplacedMeanwhile(t *testing.T) {
	for _, tarred := range []bool{false, true} {
		a := newArchive()
		h := newHouse(t, a)
		a.before = func(name string) {
			if name == "000003-2.mbox.zst" {
				delete(a.sealed, name)
				a.sealed["000003-3.mbox.zst"] = "three, less"
			}
		}
		dir := filepath.Join(t.TempDir(), "b.tar")
		if tarred {
			must[backup.Manifest](t)(backup.TarFile(ctx, dir, h))
		} else {
			must[backup.Result](t)(backup.Folder(ctx, dir, 0, h))
		}
		wantRestored(t, dir, "", nil, a)
	}
}

func TestFolder_KeepsTheLastAndWhatTheyName(t *testing.T) {
	a, dir := newArchive(), t.TempDir()
	h := newHouse(t, a)
	secret := filepath.Join(t.TempDir(), "restante.yaml")
	if err := os.WriteFile(secret, []byte("users: []"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.Extra = map[string]string{"restante.yaml": secret}
	for n := range 5 {
		a.grows = fmt.Sprint("grown ", n)
		if n == 3 {
			delete(a.sealed, "000002-1.mbox.zst")
		}
		must[backup.Result](t)(backup.Folder(ctx, dir, 2, h))
	}
	list := must[[]backup.Snapshot](t)(backup.List(dir))
	if len(list) != 2 {
		t.Fatalf("%d snapshots, want 2", len(list))
	}
	var names []string
	for _, path := range all(t, dir) {
		names = append(names, filepath.Base(filepath.Dir(path)))
	}
	// Two segments and a chain that both have, one that grew of each; the rest is of each.
	for folder, want := range map[string]int{"segments": 5, "rows": 2, "snapshots": 4, filepath.Base(dir): 2, list[0].Name: 1, list[1].Name: 1} {
		got := 0
		for _, n := range names {
			if n == folder {
				got++
			}
		}
		if got != want {
			t.Errorf("%d files in %s, want %d: %v", got, folder, want, names)
		}
	}
	wantRestored(t, dir, "", nil, a)
}

// A list of files that cannot be read names everything.
func TestFolder_RemovesNothingWhereAListIsDamaged(t *testing.T) {
	a, dir := newArchive(), t.TempDir()
	h := newHouse(t, a)
	first := must[backup.Result](t)(backup.Folder(ctx, dir, 0, h))
	old := *a
	list := filepath.Join(dir, "snapshots", first.Snapshot+".sha256")
	text := must[[]byte](t)(os.ReadFile(list))
	if err := os.WriteFile(list, text[:len(text)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	a.sealed = map[string]string{"000008-1.mbox.zst": "eight"}
	if _, err := backup.Folder(ctx, dir, 2, h); err == nil || !strings.Contains(err.Error(), "is whole") || !strings.Contains(err.Error(), first.Snapshot) {
		t.Errorf("Folder = %v; want that it is whole, and which list is not", err)
	}
	wantRestored(t, dir, first.Snapshot, nil, &old)
	wantRestored(t, dir, "", nil, a)
	if l := must[[]backup.Snapshot](t)(backup.List(dir)); len(l) != 2 || l[0].Fault == "" || l[1].Fault != "" {
		t.Errorf("List = %+v; want a fault of the first", l)
	}
}

func TestFolder_OneAtATimeAndOnlyIntoItsOwn(t *testing.T) {
	a, dir := newArchive(), t.TempDir()
	h := newHouse(t, a)
	must[backup.Result](t)(backup.Folder(ctx, dir, 0, h))
	lock := flock.New(filepath.Join(dir, "lock"))
	if ok := must[bool](t)(lock.TryLock()); !ok {
		t.Fatal("not locked")
	}
	if _, err := backup.Folder(ctx, dir, 0, h); !errors.Is(err, backup.ErrLocked) {
		t.Errorf("Folder = %v, want ErrLocked", err)
	}
	lock.Close()
	foreign := t.TempDir()
	mine := filepath.Join(foreign, "segments", "000001-0123456789abcdef.mbox.zst")
	if err := errors.Join(os.Mkdir(filepath.Dir(mine), 0o700), os.WriteFile(mine, []byte("mail"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Folder(ctx, foreign, 1, h); !errors.Is(err, backup.ErrForeign) {
		t.Errorf("Folder = %v, want ErrForeign", err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}

func TestBackup_OtherRecipientsGetFilesOfTheirOwn(t *testing.T) {
	a, dir := newArchive(), t.TempDir()
	h := newHouse(t, a)
	first, one := identity(t)
	second, two := identity(t)
	h.For = one
	must[backup.Result](t)(backup.Folder(ctx, dir, 0, h))
	h.For = two
	r := must[backup.Result](t)(backup.Folder(ctx, dir, 0, h))
	if r.Known != 0 {
		t.Errorf("%d files of another's were taken for the second's", r.Known)
	}
	wantRestored(t, dir, "", second, a)
	target := backup.Target{Data: t.TempDir(), Segments: t.TempDir()}
	for name, ids := range map[string]backup.Identities{"another": first, "none": nil} {
		if _, err := backup.Restore(ctx, dir, "", ids, target, nil, nil); !errors.Is(err, backup.ErrSealed) {
			t.Errorf("Restore with the identity of %s = %v, want ErrSealed", name, err)
		}
	}
	for _, path := range all(t, dir) {
		text := must[[]byte](t)(os.ReadFile(path))
		if bytes.Contains(text, []byte("one one")) || bytes.Contains(text, []byte("abcd000000000001")) {
			t.Errorf("%s is in clear", path)
		}
	}
}

func TestParseRecipients_RefusesWhatIsNone(t *testing.T) {
	for _, name := range []string{"", "age1", "ssh-ed25519 AAAA", "AGE-SECRET-KEY-1"} {
		if _, err := backup.ParseRecipients([]string{name}); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
}
