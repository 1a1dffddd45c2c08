package main

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3/pop3test"
	"restante/index/blob"
)

// Trouble that a person has to mend: each kind has a message that says how, an
// exit status, and loses nothing.

func TestTrouble_MissingDataFolderIsMade(t *testing.T) {
	conf := settings(t, "")
	writeFile(t, conf, fmt.Sprintf("data_dir: %q\nusers: [ { name: alice, password: secret } ]\n", filepath.Join(dataDir(conf), "deep", "down")))
	do(t, conf, "user", "list")
	info, err := os.Stat(filepath.Join(dataDir(conf), "deep", "down"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("made %v, %v; want a folder for its owner alone", info, err)
	}
}

func TestTrouble_DataFolderIsAFile(t *testing.T) {
	conf := settings(t, "")
	writeFile(t, dataDir(conf), "precious")
	refused(t, 1, []string{"data folder", dataDir(conf), "set data_dir to a folder that can be written"}, conf, "fetch")
	if b, err := os.ReadFile(dataDir(conf)); err != nil || string(b) != "precious" {
		t.Errorf("the file holds %q, %v", b, err)
	}
}

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

func TestTrouble_PortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conf := settings(t, fmt.Sprintf("serve: { pop3: { address: %q }, pop3s: { address: \"\" } }\n", l.Addr()))
	refused(t, 1, []string{"open pop3 on " + l.Addr().String(), "another program, or another restante, has this address"}, conf, "serve")
	do(t, conf, "user", "list") // and nothing is locked
}

func TestTrouble_BadCertificate(t *testing.T) {
	conf := settings(t, "serve: { tls: { cert_file: cert.pem, key_file: key.pem } }\n")
	dir := filepath.Dir(conf)
	run := func(words ...string) {
		t.Helper()
		cmd := program(conf, "serve")
		cmd.Dir = dir
		wantRefusal(t, finish(t, cmd), 1, words...)
	}
	cmd := program(conf, "serve")
	cmd.Dir = dir
	wantRefusal(t, finish(t, cmd), 2, "restante.yaml:3: serve.tls.cert_file: the file cert.pem does not exist")
	writeFile(t, filepath.Join(dir, "cert.pem"), "no certificate")
	writeFile(t, filepath.Join(dir, "key.pem"), "no key")
	run("TLS certificate cert.pem with key key.pem", "PEM")
}

func TestTrouble_UpstreamsAreToldApart(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	mail := [][]byte{letterAbout("apples")}
	for name, c := range map[string]struct {
		options pop3test.Options
		account func(*pop3test.Server) string
		words   []string
	}{
		"login refused": {
			pop3test.Options{Messages: mail, Password: "another"},
			func(up *pop3test.Server) string { return upstreamAccount(up, "") },
			[]string{"isp: ", "login", "the server said"},
		},
		"nobody listens": {
			pop3test.Options{Messages: mail},
			func(*pop3test.Server) string {
				return fmt.Sprintf("accounts:\n  - { name: isp, user: alice, host: 127.0.0.1, port: %d, tls: none, username: user, password: secret }\n",
					closed.Addr().(*net.TCPAddr).Port)
			},
			[]string{"isp: ", "connection refused"},
		},
		"unknown host": {
			pop3test.Options{Messages: mail},
			func(*pop3test.Server) string {
				return "accounts:\n  - { name: isp, user: alice, host: pop.invalid, username: user, password: secret }\n"
			},
			[]string{"isp: ", "pop.invalid"},
		},
		"wrong fingerprint": {
			pop3test.Options{Messages: mail, TLS: fetch.TLSImplicit},
			func(up *pop3test.Server) string {
				return upstreamAccount(up, ", fingerprint: \"sha256:"+strings.Repeat("ab", 32)+"\"")
			},
			[]string{"not the pinned sha256:abab", "set the new fingerprint"},
		},
		"unknown authority": {
			pop3test.Options{Messages: mail, TLS: fetch.TLSImplicit},
			func(up *pop3test.Server) string { return upstreamAccount(up, "") },
			[]string{"if this is the server you mean, set fingerprint: sha256:"},
		},
		"no TLS there": {
			pop3test.Options{Messages: mail},
			func(up *pop3test.Server) string {
				return strings.Replace(upstreamAccount(up, ""), "tls: none", "tls: implicit", 1)
			},
			[]string{"the server does not speak TLS here"},
		},
		"no STLS offered": {
			pop3test.Options{Messages: mail},
			func(up *pop3test.Server) string {
				return strings.Replace(upstreamAccount(up, ""), "tls: none", "tls: starttls", 1)
			},
			[]string{"server does not offer STLS; set tls: implicit or none"},
		},
		"hangs up": {
			pop3test.Options{Messages: mail, Faults: pop3test.Faults{CutRetr: map[int]int{1: 20}}},
			func(up *pop3test.Server) string { return upstreamAccount(up, ", keep: \"0\"") },
			[]string{"isp: retrieve", "the server closed the connection"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			up := pop3test.New(t, c.options)
			conf := settings(t, c.account(up))
			refused(t, 1, append(c.words, "1 of 1 accounts had trouble"), conf, "fetch")
			if n := len(up.Messages()); n != 1 {
				t.Errorf("%d messages are left upstream", n)
			}
			if out := do(t, conf, "verify"); !strings.HasPrefix(out, "0 messages") {
				t.Errorf("verify: %s", out)
			}
		})
	}
}

// A hanging upstream has its minute; Ctrl-C does not wait for it.
func TestTrouble_CtrlCEndsAFetchFromAnUpstreamThatHangs(t *testing.T) {
	up := pop3test.New(t, pop3test.Options{Faults: pop3test.Faults{Hang: map[string]bool{"LIST": true, "UIDL": true}}})
	p := start(t, program(settings(t, upstreamAccount(up, "")), "fetch"))
	until(t, "the listing to be asked for", func() bool {
		heard := strings.Join(up.Commands(), " ")
		return strings.Contains(heard, "LIST") || strings.Contains(heard, "UIDL")
	})
	p.end(syscall.SIGINT)
	if got := p.cmd.ProcessState.ExitCode(); got != exitInterrupted {
		t.Errorf("exit status %d, want %d\n%s", got, exitInterrupted, p.output())
	}
	p.await("restante: interrupted")
}

// smallDisk mounts a file system of so many MiB, of its own. What it returns
// makes it larger.
func smallDisk(t testing.TB, dir string, mib int) (grow func(mib int)) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("no root: a small file system cannot be mounted")
	}
	size := func(mib int) string { return fmt.Sprintf("size=%dm", mib) }
	if err := syscall.Mount("restante-test", dir, "tmpfs", 0, size(mib)); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("mount a small file system: %v", err)
		}
		t.Skipf("a small file system cannot be mounted: %v", err)
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
	up := pop3test.New(t, pop3test.Options{Messages: mail})
	disk := t.TempDir()
	conf := settings(t, fmt.Sprintf("storage: { blobs: %q }\n", filepath.Join(disk, "segments"))+upstreamAccount(up, ", keep: \"0\""))
	grow := smallDisk(t, disk, 4)
	refused(t, 1, []string{"no space left on device", "the disk is full: free some space", "1 of 1 accounts had trouble"}, conf, "fetch")
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
