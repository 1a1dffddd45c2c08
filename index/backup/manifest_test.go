package backup

import (
	"path/filepath"
	"strings"
	"testing"
)

// A manifest is a stranger's: whatever it says, no file is put or read outside.
func FuzzReadManifest(f *testing.F) {
	f.Add(`{"restante":"backup","format":1,"files":[{"name":"rows.ndjson.zst","stored":"rows/x","octets":1,"sha256":"` + strings.Repeat("0", 64) + `"}]}`)
	f.Add(`{"restante":"backup","format":1,"files":[{"name":"segments/../../etc/passwd","stored":"segments/..","octets":1,"sha256":"` + strings.Repeat("0", 64) + `"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := readManifest(strings.NewReader(text), true)
		if err != nil {
			return
		}
		to := Target{Data: "/d", Segments: "/s"}
		for _, f := range m.Files {
			for path, top := range map[string]string{to.path(f.Name): "", folder("/b").path(f.Stored): "/b/"} {
				if path != filepath.Clean(path) || top == "" && !strings.HasPrefix(path, "/d/") && !strings.HasPrefix(path, "/s/") || !strings.HasPrefix(path, top) {
					t.Errorf("%q, stored as %q, is at %s", f.Name, f.Stored, path)
				}
			}
		}
	})
}

func TestNames_StayWithin(t *testing.T) {
	for _, name := range []string{"segments/..", "segments/.hidden", "segments/a/b", "tls/", "../restante.yaml", "/etc/passwd", "restante.db", "segments/a\n", "lock"} {
		if nameForm.MatchString(name) {
			t.Errorf("%q may be restored", name)
		}
	}
	for _, name := range []string{"segments/000001-2.mbox.zst", "segments/chain", "segments/key", "rows.ndjson.zst", "tls/cert.pem", "restante.yaml", "seal.key"} {
		if !nameForm.MatchString(name) {
			t.Errorf("%q may not be restored", name)
		}
	}
	for _, name := range []string{"extra/../../../x", "snapshots/x.json", "restante-backup.txt", "segments/x/y", "rows/../x", "lock"} {
		if isStored(name) {
			t.Errorf("%q may be a stored file", name)
		}
	}
}
