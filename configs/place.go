package configs

import "path/filepath"

// Segments is the folder in which the messages lie.
func (s *Settings) Segments() string {
	if s.Storage.Blobs != "" {
		return s.Storage.Blobs
	}
	return filepath.Join(s.DataDir, "segments")
}

// Holds gives the folder of the house in which a path lies, or would lie once it
// is made; empty for one outside.
func (s *Settings) Holds(path string) string {
	for _, ours := range []string{s.DataDir, s.Segments()} {
		if inside(path, ours) {
			return ours
		}
	}
	return ""
}

// inside tells whether a path is a folder or lies in it.
func inside(path, dir string) bool {
	real := func(p string) string {
		if abs, err := filepath.Abs(p); err == nil {
			p = abs
		}
		for rest := ""; ; { // what is not there yet has no links
			if r, err := filepath.EvalSymlinks(p); err == nil {
				return filepath.Join(r, rest)
			}
			up := filepath.Dir(p)
			if up == p {
				return filepath.Join(p, rest)
			}
			p, rest = up, filepath.Join(filepath.Base(p), rest)
		}
	}
	rel, err := filepath.Rel(real(dir), real(path))
	return err == nil && filepath.IsLocal(rel)
}
