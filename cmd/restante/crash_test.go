package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"restante/configs"
	"restante/fetch/pop3/pop3test/dovecot"
	"restante/index"
	"restante/index/blob"
)

// The crash matrix: the real binary is killed (SIGKILL) again and again while
// it pulls mail from a real Dovecot and deletes it there. In the end every
// message is in the archive once, byte for byte.
const (
	crashMail  = 2000
	crashKills = 60
)

func TestCrash_KillsLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	mail := crashMessages(crashMail)
	up := dovecot.Start(t, dovecot.Options{Mail: mail})
	bin := buildBinary(t)
	dir := t.TempDir()
	conf := filepath.Join(dir, "restante.yaml")
	writeFile(t, conf, fmt.Sprintf(`data_dir: %s/data
users: [ { name: alice, password: secret } ]
accounts:
  - { name: isp, user: alice, host: 127.0.0.1, port: %d, tls: none, username: user, password: %q, keep: "0" }
`, dir, up.Plain, dovecot.Password))

	c := &crash{t: t, bin: bin, conf: conf, segments: filepath.Join(dir, "data", "segments"), rng: rand.New(rand.NewPCG(1, 2))}
	var raw int64
	for _, m := range mail {
		raw += int64(len(m))
	}
	step := raw / 2 / (crashKills - 15) // compressed, about
	whilePulling, whileDeleting := 0, 0
	for len(up.Remaining("user")) == crashMail && whilePulling < crashKills-15 {
		c.kill(step)
		whilePulling++
	}
	// All is here by now or soon; the rest of the kills fall into probing,
	// deleting and quitting, for which new mail comes when the old is gone.
	for i := 0; whilePulling+whileDeleting < crashKills; i++ {
		if len(up.Remaining("user")) == 0 {
			more := crashMessages(crashMail + 100*(i+1))[len(mail):]
			mail = append(mail, more...)
			up.Deliver("user", more...)
		}
		if c.kill(0) {
			whileDeleting++
		}
	}
	t.Logf("%d kills while pulling, %d while deleting, %d processes in all", whilePulling, whileDeleting, c.lives)
	if out, err := exec.Command(bin, "-c", conf, "fetch").CombinedOutput(); err != nil {
		t.Fatalf("the last round: %v\n%s", err, out)
	}
	if n := len(up.Remaining("user")); n != 0 {
		t.Errorf("%d messages are left upstream", n)
	}
	checkArchive(t, conf, mail)
}

// crash kills processes.
type crash struct {
	t        *testing.T
	bin      string
	conf     string
	segments string
	rng      *rand.Rand
	lives    int
}

// kill runs a fetch and kills it: once the archive has grown by so many octets
// and a moment more, or after a while. It tells whether there was one to kill.
func (c *crash) kill(grown int64) bool {
	c.t.Helper()
	c.lives++
	if c.lives > 10*crashKills {
		c.t.Fatal("the processes end before they are killed")
	}
	cmd := exec.Command(c.bin, "-c", c.conf, "fetch")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	start, from := time.Now(), c.size()
	wait := time.Duration(c.rng.IntN(700)) * time.Millisecond
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			if err != nil {
				c.t.Fatalf("a fetch that nobody killed: %v\n%s", err, out.String())
			}
			return false
		case <-tick.C:
		}
		due := time.Since(start) > wait
		if grown > 0 {
			due = c.size()-from >= grown || time.Since(start) > 10*time.Second
		}
		if !due {
			continue
		}
		if grown > 0 {
			<-time.After(time.Duration(c.rng.IntN(3000)) * time.Microsecond)
		}
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			c.t.Fatal(err)
		}
		<-ended
		return true
	}
}

// size is how large the segments are.
func (c *crash) size() (n int64) {
	files, err := filepath.Glob(filepath.Join(c.segments, "*.zst"))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			n += info.Size()
		} else if !errors.Is(err, fs.ErrNotExist) {
			c.t.Fatal(err)
		}
	}
	return n
}

// checkArchive opens the house and compares it with the mail that was sent.
func checkArchive(t *testing.T, conf string, mail [][]byte) {
	t.Helper()
	ctx := context.Background()
	cfg, err := configs.Load(conf, configs.Options{CheckSchedule: checkSchedule})
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	h, err := open(ctx, cfg, newLog(cfg.Log, &said, quietly))
	if err != nil {
		t.Fatal(err)
	}
	defer h.close(ctx)
	want := map[blob.Digest]bool{}
	for _, m := range mail {
		want[sha256.Sum256(wire(m))] = true
	}
	got := map[blob.Digest]int{}
	if err := h.store.Each(ctx, func(m index.Message) error { got[m.Digest]++; return nil }); err != nil {
		t.Fatal(err)
	}
	lost, doubled := 0, 0
	for d := range want {
		switch got[d] {
		case 0:
			lost++
		case 1:
		default:
			doubled++
		}
	}
	if lost > 0 || doubled > 0 || len(got) != len(want) {
		t.Errorf("%d lost, %d doubled, %d kept of %d sent", lost, doubled, len(got), len(want))
	}
	proof, err := h.archive.Verify(ctx, nil)
	if err != nil || len(proof.Faults) > 0 {
		t.Errorf("verify: %d faults, %v", len(proof.Faults), err)
	}
	if behind, err := h.catalogue.Behind(ctx, h.archive); err != nil || behind != 0 {
		t.Errorf("the catalogue is %d behind, %v", behind, err)
	}
	if said.Len() > 0 {
		t.Logf("the log says:\n%s", said.String())
	}
}

// crashMessages makes messages of many sizes, none like another.
func crashMessages(n int) [][]byte {
	rng := rand.New(rand.NewPCG(7, 7))
	out := make([][]byte, n)
	for i := range out {
		var b strings.Builder
		fmt.Fprintf(&b, "From: sender%d@example.com\nTo: alice@example.org\nSubject: number %d\nMessage-ID: <%d@example.com>\nDate: Mon, 2 Feb 2026 10:00:00 +0000\n\n", i%7, i, i)
		for range rng.IntN(60) {
			fmt.Fprintf(&b, "%x %x %x\n", rng.Uint64(), rng.Uint64(), rng.Uint64())
		}
		if i%5 == 0 {
			b.WriteString(".\n..dots\nFrom the start\n")
		}
		out[i] = []byte(b.String())
	}
	return out
}

// buildBinary builds the program.
func buildBinary(t testing.TB) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "restante")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
