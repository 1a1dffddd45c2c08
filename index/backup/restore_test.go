package backup_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"restante/index/backup"
	"restante/index/blob"
)

func TestTar_IsOneWholeBackup(t *testing.T) {
	ids, sealed := identity(t)
	for name, to := range map[string]backup.Recipients{"in clear": {}, "encrypted": sealed} {
		t.Run(name, func(t *testing.T) {
			a := newArchive()
			h := newHouse(t, a)
			h.For = to
			var b bytes.Buffer
			if _, err := backup.Tar(ctx, &b, h); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "b.tar")
			if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			wantRestored(t, path, "", ids, a)
			dir := t.TempDir()
			target := backup.Target{Data: dir, Segments: filepath.Join(dir, "segments")}
			if _, err := backup.Restore(ctx, "-", "", ids, target, &b, nil); err != nil {
				t.Errorf("from standard input: %v", err)
			}
			if left := must[[]os.DirEntry](t)(os.ReadDir(h.Spool)); len(left) > 0 {
				t.Errorf("%s is left in the spool", left[0].Name())
			}
		})
	}
}

func TestTarFile_KilledLeavesTheOldOne(t *testing.T) {
	a := newArchive()
	h := newHouse(t, a)
	path := filepath.Join(t.TempDir(), "b.tar")
	must[backup.Manifest](t)(backup.TarFile(ctx, path, h))
	old := *a
	a.grows, a.opened, a.fail = "grown", nil, 3
	if _, err := backup.TarFile(ctx, path, h); !errors.Is(err, errBroke) {
		t.Fatalf("TarFile = %v", err)
	}
	wantRestored(t, path, "", nil, &old)
	if left := all(t, filepath.Dir(path)); len(left) != 1 {
		t.Errorf("%v is left", left)
	}
}

func TestRestore_NamesWhatIsDamaged(t *testing.T) {
	ids, sealed := identity(t)
	for name, to := range map[string]backup.Recipients{"in clear": {}, "encrypted": sealed} {
		t.Run(name, func(t *testing.T) {
			a, dir := newArchive(), t.TempDir()
			h := newHouse(t, a)
			h.For = to
			r := must[backup.Result](t)(backup.Folder(ctx, dir, 0, h))
			var stored []string
			for _, f := range r.Manifest.Files {
				stored = append(stored, f.Stored)
			}
			for _, name := range stored {
				path := filepath.Join(dir, name)
				good := must[[]byte](t)(os.ReadFile(path))
				for how, bad := range map[string][]byte{
					"flipped": append(append([]byte{}, good[:len(good)-1]...), good[len(good)-1]^1),
					"cut":     good[:len(good)-1], "longer": append(append([]byte{}, good...), 0), "gone": nil,
				} {
					err := os.Remove(path)
					if bad != nil {
						err = errors.Join(err, os.WriteFile(path, bad, 0o600))
					}
					if err != nil {
						t.Fatal(err)
					}
					target := backup.Target{Data: t.TempDir(), Segments: t.TempDir()}
					_, err = backup.Restore(ctx, dir, "", ids, target, nil, nil)
					if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "\n") {
						t.Errorf("%s %s: Restore = %q; want its name on one line", name, how, err)
					}
					c, err := backup.Verify(ctx, dir, "", backup.House{})
					if err != nil || len(c.Faults) != 1 || !strings.Contains(c.Faults[0], name) {
						t.Errorf("%s %s: Verify = %+v, %v; want its name", name, how, c, err)
					}
					if bad == nil {
						err = os.WriteFile(path, nil, 0o600)
					}
					if err = errors.Join(err, os.WriteFile(path, good, 0o600)); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

func TestRestore_NamesWhatIsDamagedInATar(t *testing.T) {
	a := newArchive()
	h := newHouse(t, a)
	path := filepath.Join(t.TempDir(), "b.tar")
	must[backup.Manifest](t)(backup.TarFile(ctx, path, h))
	good := must[[]byte](t)(os.ReadFile(path))
	at := bytes.Index(good, []byte("3333")) // in the third segment
	bad := bytes.Clone(good)
	bad[at+1] ^= 1
	for name, c := range map[string]struct {
		text []byte
		want string
		is   error
	}{
		"flipped": {bad, "segments/000003-2.mbox.zst", blob.ErrDamaged},
		"cut":     {good[:len(good)/2], "cut off", nil},
		"none":    {[]byte("From ada\n"), "", nil},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(path, c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := backup.Restore(ctx, path, "", nil, backup.Target{Data: dir, Segments: dir}, nil, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: Restore = %v, want %q", name, err, c.want)
		}
	}
}

func TestRestore_SaysWhatIsNotThere(t *testing.T) {
	a, dir := newArchive(), t.TempDir()
	target := backup.Target{Data: t.TempDir(), Segments: t.TempDir()}
	if _, err := backup.Restore(ctx, dir, "", nil, target, nil, nil); err == nil || !strings.Contains(err.Error(), "no snapshot") {
		t.Errorf("Restore of an empty folder = %v", err)
	}
	if _, err := backup.List(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("List of an empty folder = %v, want fs.ErrNotExist", err)
	}
	r := must[backup.Result](t)(backup.Folder(ctx, dir, 0, newHouse(t, a)))
	if _, err := backup.Restore(ctx, dir, "1999", nil, target, nil, nil); err == nil || !strings.Contains(err.Error(), r.Snapshot) {
		t.Errorf("Restore of no snapshot = %v, want the names of those that are there", err)
	}
}
