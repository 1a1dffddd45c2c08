package corpora

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Variable names the folder that holds dev or dev.tar.zst.
const Variable = "RESTANTE_CORPORA"

const pack = "dev.tar.zst"

// Dir gives the folder whose folders are the streams: spamassassin, csdmc2010
// and modern. Without the corpora it skips.
func Dir(t testing.TB) string {
	t.Helper()
	home := os.Getenv(Variable)
	if home == "" {
		root, err := repository()
		if err != nil {
			t.Fatal(err)
		}
		home = filepath.Join(root, "..", "shared", "corpora")
	}
	dev := filepath.Join(home, "dev")
	if info, err := os.Stat(dev); err == nil && info.IsDir() {
		return dev
	}
	file := filepath.Join(home, pack)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("no real mail: neither dev nor %s in %s; set %s to the folder that holds one", pack, home, Variable)
	}
	zstd, err := exec.LookPath("zstd")
	if err != nil {
		t.Skipf("no real mail: the program zstd is needed to unpack %s", file)
	}
	dir, err := unpacked(zstd, file, os.TempDir())
	if err != nil {
		t.Fatalf("unpack %s: %v", file, err)
	}
	return filepath.Join(dir, "dev")
}

// Index gives the path of a stream's index. Without the corpora it skips.
func Index(t testing.TB, stream string) string {
	t.Helper()
	return filepath.Join(Dir(t), stream, "index.tsv")
}

// Mail gives the first max messages of a stream in the order of its index, all
// of them where max is 0. Without the corpora it skips.
func Mail(t testing.TB, stream string, max int) [][]byte {
	t.Helper()
	index := Index(t, stream)
	lines, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	var mail [][]byte
	for line := range strings.Lines(string(lines)) {
		if max > 0 && len(mail) == max {
			break
		}
		_, path, ok := strings.Cut(strings.TrimRight(line, "\n"), "\t")
		if !ok {
			t.Fatalf("%s: %q has no tab", index, line)
		}
		b, err := os.ReadFile(filepath.Join(filepath.Dir(index), filepath.FromSlash(path)))
		if err != nil {
			t.Fatal(err)
		}
		mail = append(mail, b)
	}
	return mail
}

// repository finds the folder of go.mod: go test runs each package in its own
// folder, somewhere below.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("find the repository: no go.mod above the working folder")
		}
		dir = up
	}
}

// unpacked gives the folder in temp that holds what the pack holds, and makes
// it if it is not there. The name has the user in it, because another user's
// folder could not be read.
func unpacked(zstd, file, temp string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(temp, fmt.Sprintf("restante-corpora-%d-%d-%d", os.Getuid(), info.Size(), info.ModTime().Unix()))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	beside, err := os.MkdirTemp(temp, "restante-unpacking-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(beside) // where it is still called so
	if err := unpack(zstd, file, beside); err != nil {
		return "", err
	}
	err = os.Rename(beside, dir)
	if _, there := os.Stat(dir); there == nil {
		return dir, nil // ours, or that of a process that was faster
	}
	return "", err
}

// unpack writes the pack's folders and files into a folder, and nothing outside.
func unpack(zstd, file, into string) (err error) {
	root, err := os.OpenRoot(into)
	if err != nil {
		return err
	}
	defer root.Close()
	var said bytes.Buffer
	cmd := exec.Command(zstd, "-dc", "--long=27", file)
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	uerr := untar(out, root)
	if uerr != nil {
		out.Close() // so that zstd ends
	}
	if err := cmd.Wait(); err != nil && uerr == nil {
		return fmt.Errorf("%s: %w: %s", zstd, err, strings.TrimSpace(said.String()))
	}
	return uerr
}

func untar(from io.Reader, root *os.Root) error {
	tr := tar.NewReader(from)
	for {
		h, err := tr.Next()
		if err == io.EOF {
			_, err = io.Copy(io.Discard, from) // the padding
			return err
		}
		if err != nil {
			return err
		}
		name := filepath.Clean(filepath.FromSlash(h.Name))
		switch h.Typeflag {
		case tar.TypeDir:
			err = root.MkdirAll(name, 0o700)
		case tar.TypeReg:
			err = write(root, name, tr)
		}
		if err != nil {
			return err
		}
	}
}

func write(root *os.Root, name string, from io.Reader) (err error) {
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := root.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.Copy(f, from)
	return err
}
