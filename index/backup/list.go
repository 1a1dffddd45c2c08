package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// Snapshot is one backup of a folder.
type Snapshot struct {
	Name      string    `json:"snapshot"`
	Made      time.Time `json:"made"`
	Messages  int64     `json:"messages"`
	Octets    int64     `json:"octets"` // of its files in clear, those included that it shares
	Files     int       `json:"files"`
	Encrypted bool      `json:"encrypted"`
	Fault     string    `json:"fault,omitempty"` // why it cannot be told more of
}

// List gives the snapshots of a folder, the oldest first. It needs no identity.
func List(dir string) ([]Snapshot, error) {
	d := folder(dir)
	if _, err := os.Stat(d.path(markName)); err != nil {
		return nil, fmt.Errorf("backups in %s: there are none: %w", dir, err)
	}
	stamps, err := d.stamps()
	if err != nil {
		return nil, fmt.Errorf("backups in %s: %w", dir, err)
	}
	all := make([]Snapshot, 0, len(stamps))
	for _, at := range stamps {
		s, err := sums{}.read(d.sumsPath(at))
		if err != nil {
			s.Fault = err.Error()
		}
		s.Name = at
		s.Made, _ = time.Parse(stampForm, at) // the name passed
		_, s.Encrypted = d.manifestPath(at)
		all = append(all, s)
	}
	return all, nil
}

// find gives the name of a snapshot by its beginning; empty is the last.
func (d folder) find(name string) (string, error) {
	stamps, err := d.stamps()
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(stamps) == 0 {
		return "", errors.New("no snapshot is in it")
	}
	if err != nil {
		return "", err
	}
	if name == "" {
		return stamps[len(stamps)-1], nil
	}
	var found []string
	for _, at := range stamps {
		if strings.HasPrefix(at, name) {
			found = append(found, at)
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("%d snapshots are called %s; there are %s", len(found), name, strings.Join(stamps, ", "))
	}
	return found[0], nil
}
