package main

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"restante/fetch/peertest"
	"restante/fetch/pop3/pop3test"
	"restante/index/blob"
)

// asNobody makes a command run without root's power over files. Where we are
// root, the program is named by a descriptor, since its folder is ours alone.
func asNobody(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	self, err := os.Open(cmd.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { self.Close() })
	cmd.Path, cmd.ExtraFiles = "/proc/self/fd/3", []*os.File{self}
	cmd.Dir = "/"
	const nobody = 65534
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
}

func TestTrouble_DataFolderCannotBeWritten(t *testing.T) {
	top, err := os.MkdirTemp("", "restante-test-") // t.TempDir's are root's alone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(top) })
	conf := filepath.Join(top, "restante.yaml")
	writeFile(t, conf, fmt.Sprintf("data_dir: %q\nusers: [ { name: alice, password: secret } ]\n", dataDir(conf)))
	if err := errors.Join(os.Chmod(conf, 0o644), os.Mkdir(dataDir(conf), 0o555), os.Chmod(top, 0o755)); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"fetch", "serve"} {
		cmd := program(conf, command)
		asNobody(t, cmd)
		wantRefusal(t, finish(t, cmd), 1, "data folder "+dataDir(conf), "permission denied",
			"give it to the user that restante runs as, or set data_dir to another")
	}
	if left, err := os.ReadDir(dataDir(conf)); err != nil || len(left) > 0 {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
}

// smallDisk mounts a file system of so many MiB, of its own. What it returns
// makes it larger.
func smallDisk(t testing.TB, dir string, mib int) (grow func(mib int)) {
	t.Helper()
	if os.Getuid() != 0 {
		peertest.Missing(t, "no root: a small file system cannot be mounted")
	}
	size := func(mib int) string { return fmt.Sprintf("size=%dm", mib) }
	if err := syscall.Mount("restante-test", dir, "tmpfs", 0, size(mib)); err != nil {
		peertest.Missing(t, "a small file system cannot be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return func(mib int) {
		if err := syscall.Mount("restante-test", dir, "tmpfs", syscall.MS_REMOUNT, size(mib)); err != nil {
			t.Fatalf("grow the file system: %v", err)
		}
	}
}

func TestTrouble_FullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	var mail [][]byte
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 80 { // 80 times some 100 KiB that zstd cannot shrink below three quarters
		noise := make([]byte, 75_000)
		for j := range noise {
			noise[j] = byte(rng.Uint32())
		}
		text := base64.StdEncoding.EncodeToString(noise)
		b := fmt.Appendf(nil, "Subject: number %d\r\nMessage-ID: <%[1]d@example.com>\r\nMIME-Version: 1.0\r\n"+
			"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n", i)
		for ; len(text) > 76; text = text[76:] {
			b = append(append(b, text[:76]...), "\r\n"...)
		}
		mail = append(mail, b)
	}
	t.Run("segments", func(t *testing.T) {
		disk := t.TempDir()
		up := pop3test.New(t, pop3test.Options{Messages: mail})
		fillDisk(t, up, mail, settings(t, fmt.Sprintf("storage: { blobs: %q, min_free: 0 }\n", filepath.Join(disk, "segments"))+upstreamAccount(up, ", keep: \"0\"")), disk, "no space left on device")
	})
	t.Run("floor", func(t *testing.T) {
		disk := t.TempDir()
		up := pop3test.New(t, pop3test.Options{Messages: mail})
		fillDisk(t, up, mail, settings(t, fmt.Sprintf("storage: { blobs: %q, min_free: 2MiB }\n", filepath.Join(disk, "segments"))+upstreamAccount(up, ", keep: \"0\"")), disk, "too little free space")
	})
	t.Run("everything", func(t *testing.T) {
		up := pop3test.New(t, pop3test.Options{Messages: mail})
		conf := settings(t, "storage: { min_free: 0 }\n"+upstreamAccount(up, ", keep: \"0\""))
		if err := os.MkdirAll(dataDir(conf), 0o700); err != nil {
			t.Fatal(err)
		}
		fillDisk(t, up, mail, conf, dataDir(conf), "no space left on device")
	})
}

// TestCommands_NameADiskWithoutAnyRoom: with not one octet left the database cannot
// even be opened, which is no fault of the disk or the database.
func TestCommands_NameADiskWithoutAnyRoom(t *testing.T) {
	conf := settings(t, "storage: { min_free: 0 }\n")
	if err := os.MkdirAll(dataDir(conf), 0o700); err != nil {
		t.Fatal(err)
	}
	grow := smallDisk(t, dataDir(conf), 4)
	do(t, conf, "search", "--user", "alice", "")
	f, err := os.Create(filepath.Join(dataDir(conf), "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	refused(t, 1, []string{"the disk is full; free some space"}, conf, "search", "--user", "alice", "")
	grow(64)
	do(t, conf, "search", "--user", "alice", "")
}

// fillDisk fetches into a house whose disk is too small until it is grown.
func fillDisk(t *testing.T, up *pop3test.Server, mail [][]byte, conf, disk, why string) {
	t.Helper()
	grow := smallDisk(t, disk, 4)
	refused(t, 1, []string{why, "the disk is full: free some space", "1 of 1 accounts had trouble"}, conf, "fetch")
	left := map[blob.Digest]bool{}
	for _, m := range up.Messages() {
		left[sha256.Sum256(m)] = true
	}
	t.Logf("%d of %d messages are left upstream", len(left), len(mail))
	if len(left) == 0 {
		t.Fatal("the disk was not full")
	}
	// A full disk stays full, and nothing grows worse.
	refused(t, 1, []string{"the disk is full"}, conf, "fetch")

	grow(64)
	out := do(t, conf, "fetch")
	if n := len(up.Messages()); n != 0 {
		t.Errorf("%d messages are left upstream; fetch said %s", n, out)
	}
	checkArchive(t, conf, mail)
	if left, err := os.ReadDir(filepath.Join(dataDir(conf), "spool")); err != nil || len(left) > 0 {
		t.Errorf("left in the spool: %v, %v", left, err)
	}
}
