package backup_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"restante/index/backup"
)

// What rots in a folder of backups is shared by all its snapshots: it comes anew
// from the house, for each of them.
func TestVerify_CopiesAnewWhatTheHouseStillHas(t *testing.T) {
	ids, sealed := identity(t)
	for name, to := range map[string]backup.Recipients{"in clear": {}, "encrypted": sealed} {
		t.Run(name, func(t *testing.T) {
			a, dir := newArchive(), filepath.Join(t.TempDir(), "b")
			h := newHouse(t, a)
			h.For = to
			first := must[backup.Result](t)(backup.Folder(ctx, dir, 0, h))
			must[backup.Result](t)(backup.Folder(ctx, dir, 0, h))
			if !backup.Verified(dir).IsZero() {
				t.Error("Verified tells a time before anything was read back")
			}
			var bad []string
			for n, f := range first.Manifest.Files {
				path := filepath.Join(dir, f.Stored)
				if !strings.HasPrefix(f.Stored, "segments/") {
					continue
				}
				bad = append(bad, f.Stored)
				text := must[[]byte](t)(os.ReadFile(path))
				text[len(text)/2] ^= 1
				err := os.WriteFile(path, text, 0o600)
				if n == 0 {
					err = os.Remove(path)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			c, err := backup.Verify(ctx, dir, "", h)
			if err != nil || len(c.Faults) > 0 || len(c.Healed) != len(bad) || len(bad) != 5 {
				t.Fatalf("Verify = %+v, %v; want %d healed", c, err, len(bad))
			}
			if backup.Verified(dir).IsZero() {
				t.Error("Verified tells no time after all was read back")
			}
			for _, s := range must[[]backup.Snapshot](t)(backup.List(dir)) {
				wantRestored(t, dir, s.Name, ids, a)
				if c, err := backup.Verify(ctx, dir, s.Name, backup.House{}); err != nil || len(c.Healed)+len(c.Faults) > 0 {
					t.Errorf("Verify of %s = %+v, %v", s.Name, c, err)
				}
			}
		})
	}
}

// A file that the house has lost or has damaged itself is named, and stays.
func TestVerify_NamesWhatTheHouseHasNotEither(t *testing.T) {
	for name, lose := range map[string]func(a *archive){
		"gone":    func(a *archive) { delete(a.sealed, "000002-1.mbox.zst") },
		"another": func(a *archive) { a.sealed["000002-1.mbox.zst"] = "2.0" },
	} {
		a, dir := newArchive(), filepath.Join(t.TempDir(), "b")
		h := newHouse(t, a)
		r := must[backup.Result](t)(backup.Folder(ctx, dir, 0, h))
		rotten := r.Manifest.Files[1].Stored
		if err := os.WriteFile(filepath.Join(dir, rotten), []byte("tw0"), 0o600); err != nil {
			t.Fatal(err)
		}
		lose(a)
		c, err := backup.Verify(ctx, dir, "", h)
		if err != nil || len(c.Healed) > 0 || len(c.Faults) != 1 || !strings.Contains(c.Faults[0], rotten) {
			t.Errorf("%s: Verify = %+v, %v; want %s named", name, c, err, rotten)
		}
		if got := must[[]byte](t)(os.ReadFile(filepath.Join(dir, rotten))); string(got) != "tw0" || !backup.Verified(dir).IsZero() {
			t.Errorf("%s: it is %q now, verified %v", name, got, backup.Verified(dir))
		}
	}
}
