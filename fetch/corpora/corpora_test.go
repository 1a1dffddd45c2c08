package corpora_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"restante/fetch/corpora"
	"restante/fetch/peertest"
)

// entry is a file of a made-up pack.
type entry struct{ name, text string }

// pack writes a dev.tar.zst and gives its folder.
func pack(t *testing.T, files ...entry) string {
	t.Helper()
	peertest.Needs(t, "zstd")
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.Command("zstd", "-q", "-o", filepath.Join(dir, "dev.tar.zst"))
	cmd.Stdin = &b
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// outcome is a test that ends without ending the one it is part of.
type outcome struct {
	testing.TB
	skipped, failed string
}

func (o *outcome) Helper() {}

func (o *outcome) Skipf(format string, args ...any) {
	o.skipped = fmt.Sprintf(format, args...)
	panic(o)
}

func (o *outcome) Fatalf(format string, args ...any) {
	o.failed = fmt.Sprintf(format, args...)
	panic(o)
}

func try(t *testing.T, f func(testing.TB)) (o *outcome) {
	o = &outcome{TB: t}
	defer func() {
		if p := recover(); p != nil && p != o {
			panic(p)
		}
	}()
	f(o)
	return o
}

func made(n int) (files []entry) {
	index := ""
	for i := range n {
		name := fmt.Sprintf("ham/%05d.eml", i)
		index += "ham\t" + name + "\n"
		files = append(files, entry{"dev/made/" + name, fmt.Sprintf("Subject: %d\n\n", i)})
	}
	return append(files, entry{"dev/made/index.tsv", index})
}

func TestMail_UnpacksOnceForAllWhoAsk(t *testing.T) {
	t.Setenv(corpora.Variable, pack(t, made(50)...))
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	var wait sync.WaitGroup
	got := make([][][]byte, 8)
	for i := range got {
		wait.Go(func() { got[i] = corpora.Mail(t, "made", i) })
	}
	wait.Wait()
	for i, mail := range got {
		want := i
		if i == 0 {
			want = 50
		}
		if len(mail) != want || string(mail[len(mail)-1]) != fmt.Sprintf("Subject: %d\n\n", want-1) {
			t.Errorf("asked for %d: got %d messages", i, len(mail))
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) != 1 {
		t.Errorf("%d folders left, %v, want one", len(left), err)
	}
}

func TestDir_TakesUnpackedStreamsAsTheyAre(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "dev"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv(corpora.Variable, dir)
	if got, want := corpora.Index(t, "made"), filepath.Join(dir, "dev", "made", "index.tsv"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDir_SkipsWhereThereIsNone(t *testing.T) {
	t.Setenv(corpora.Variable, t.TempDir())
	o := try(t, func(t testing.TB) { corpora.Dir(t) })
	if o.skipped == "" || o.failed != "" {
		t.Errorf("skipped %q, failed %q", o.skipped, o.failed)
	}
}

func TestDir_LeavesNothingOfABrokenPack(t *testing.T) {
	cut := pack(t, made(50)...)
	file := filepath.Join(cut, "dev.tar.zst")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b[:len(b)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"cut": cut, "climbing": pack(t, entry{"../dev/x", "x"})} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(corpora.Variable, dir)
			temp := t.TempDir()
			t.Setenv("TMPDIR", temp)
			if o := try(t, func(t testing.TB) { corpora.Dir(t) }); o.failed == "" {
				t.Error("taken for whole")
			}
			if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
				t.Errorf("%d folders left, %v", len(left), err)
			}
		})
	}
}
