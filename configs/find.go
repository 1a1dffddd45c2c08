package configs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Find gives the settings file to read: flag where it is given, else the first
// that is there of ./restante.yaml, $XDG_CONFIG_HOME/restante/restante.yaml,
// ~/.config/restante/restante.yaml and /etc/restante/restante.yaml. A file
// that is there and cannot be read is the answer all the same: the next would
// be a surprise. Where there is none, the error names the places and is
// fs.ErrNotExist.
func Find(flag string) (path string, err error) {
	places := []string{flag}
	if flag == "" {
		places = usualPlaces()
	}
	for _, p := range places {
		if _, err := os.Stat(p); !errors.Is(err, fs.ErrNotExist) {
			return p, nil
		}
	}
	if flag != "" {
		return "", fmt.Errorf("settings file %s: %w", flag, fs.ErrNotExist)
	}
	return "", fmt.Errorf("no settings file in any of %s; name one with -c FILE: %w",
		strings.Join(places, ", "), fs.ErrNotExist)
}

func usualPlaces() []string {
	const name = "restante/restante.yaml"
	places := []string{"./restante.yaml"}
	// A relative XDG_CONFIG_HOME is to be ignored (XDG Base Directory Specification).
	if dir := os.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		places = append(places, filepath.Join(dir, name))
	}
	if home, err := os.UserHomeDir(); err == nil {
		places = append(places, filepath.Join(home, ".config", name))
	}
	return append(places, "/etc/"+name)
}
