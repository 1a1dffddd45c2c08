package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"time"

	"restante/index/blob"
	"restante/index/record"
)

const (
	format       = 1
	manifestMost = 256 << 20 // octets
	// RowsName is the dump of the database, as it is called within a snapshot.
	RowsName = "rows.ndjson.zst"
)

// Manifest is what a snapshot says of itself.
type Manifest struct {
	Restante string        `json:"restante"` // backup
	Format   int           `json:"format"`   // 1
	Made     time.Time     `json:"made"`
	Version  string        `json:"version"`  // of the program
	Schema   int           `json:"schema"`   // of the rows
	Identity string        `json:"identity"` // of the database
	Messages int64         `json:"messages"`
	Position blob.Position `json:"position"` // how far the rows know the segments
	Files    []File        `json:"files"`
}

// File is one file of a snapshot.
type File struct {
	Name   string `json:"name"`   // where it belongs: segments/…, rows.ndjson.zst, tls/…
	Stored string `json:"stored"` // where it lies in the folder of backups; empty in a tar
	Octets int64  `json:"octets"` // in clear
	SHA256 string `json:"sha256"` // in clear, hexadecimal
}

// Octets is the size of all files, in clear.
func (m *Manifest) Octets() (n int64) {
	for _, f := range m.Files {
		n += f.Octets
	}
	return n
}

func newManifest(c record.Contents, version string) Manifest {
	return Manifest{
		Restante: "backup", Format: format, Made: c.Made, Version: version, Schema: c.Schema, Identity: c.Identity,
		Messages: c.Rows["messages"], Position: c.Position, Files: []File{},
	}
}

// The names that a snapshot may have for its files: whoever wrote it, nothing is
// put anywhere else.
var (
	nameForm   = regexp.MustCompile(`^(?:rows\.ndjson\.zst|restante\.yaml|seal\.key|(?:segments|tls)/[A-Za-z0-9_-][A-Za-z0-9._-]{0,100})$`)
	storedForm = regexp.MustCompile(`^(?:segments|rows|extra/[0-9TZ-]{20})/[A-Za-z0-9_-][A-Za-z0-9._-]{0,140}$`)
	sumForm    = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// readManifest reads a manifest from a stranger. Stored says whether it is of a
// folder.
func readManifest(r io.Reader, stored bool) (m Manifest, err error) {
	b, err := io.ReadAll(io.LimitReader(r, manifestMost+1))
	if err == nil && len(b) > manifestMost {
		err = fmt.Errorf("more than %d octets", manifestMost)
	}
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	switch {
	case err != nil:
		return m, err
	case m.Restante != "backup":
		return m, errors.New("it is no manifest of a backup")
	case m.Format != format:
		return m, fmt.Errorf("it has format %d, this program knows %d: use the restante that made it, or a later one", m.Format, format)
	}
	rows, seen := false, map[string]bool{}
	for _, f := range m.Files {
		if !nameForm.MatchString(f.Name) || seen[f.Name] || stored && !isStored(f.Stored) || f.Octets < 0 || !sumForm.MatchString(f.SHA256) {
			return m, fmt.Errorf("it names a file that no backup has: %.100q", f.Name)
		}
		seen[f.Name] = true
		rows = rows || f.Name == RowsName
	}
	if !rows {
		return m, fmt.Errorf("it lacks %s", RowsName)
	}
	return m, nil
}

func isStored(name string) bool {
	return storedForm.MatchString(name) && filepath.IsLocal(filepath.FromSlash(name))
}

// stampForm is how snapshots are called: their time, in UTC.
const stampForm = "2006-01-02T15-04-05Z"

func stamp(t time.Time) string { return t.UTC().Format(stampForm) }
