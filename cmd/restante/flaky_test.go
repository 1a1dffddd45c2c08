package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"restante/fetch/pop3/pop3test"
	"restante/fetch/pop3/pop3test/dovecot"
	"restante/index/killtest"
)

// The crash matrix on a bad line: between the real binary and a real Dovecot
// connections are cut, reset, stalled and dripped, and the binary is killed,
// while mail comes in upstream and is deleted there as soon as it is safe here.
const flakyMail = 400 // messages that come at a time

func TestCrash_KillsAndCutsLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("some minutes")
	}
	mail := crashMessages(flakyMail)
	up := dovecot.Start(t, dovecot.Options{Mail: mail})
	line := pop3test.NewProxy(t, pop3test.ProxyOptions{
		Upstream: fmt.Sprintf("127.0.0.1:%d", up.Plain),
		Flaky:    &pop3test.Flaky{Seed: 3, Cut: 0.3, Reset: 0.25, Stall: 0.1, Drip: 0.1, Within: 256 << 10},
	})
	dir := t.TempDir()
	conf := filepath.Join(dir, "restante.yaml")
	at := line.Account(up.Account("isp", "user", "none"))
	writeFile(t, conf, fmt.Sprintf(`data_dir: %s/data
users: [ { name: alice, password: secret } ]
accounts:
  - { name: isp, user: alice, host: 127.0.0.1, port: %d, tls: none, username: user, password: %q, keep: "0" }
`, dir, at.Port, dovecot.Password))

	f := &flaky{t: t, bin: buildBinary(t), conf: conf, line: line, rng: rand.New(rand.NewPCG(5, 6))}
	kills, whole, deliveries, strikes := 0, 0, 1, killtest.Times(t) // kills and cuts together
	for kills+f.cuts() < strikes {
		if f.lives++; f.lives > 5*strikes {
			t.Fatalf("only %d kills and %d cuts in %d processes", kills, f.cuts(), f.lives)
		}
		if len(up.Remaining("user")) < flakyMail/4 {
			more := crashMessages(len(mail) + flakyMail)[len(mail):]
			mail = append(mail, more...)
			up.Deliver("user", more...)
			deliveries++
		}
		switch killed, clean := f.live(); {
		case killed:
			kills++
		case clean:
			whole++
		}
	}
	t.Logf("%d kills, %v on the line, %d processes, %d of them ended well; %d messages in %d deliveries",
		kills, line.Struck(), f.lives, whole, len(mail), deliveries)
	line.SetFlaky(nil)
	// The QUIT of a process that was killed may come through only now; Dovecot
	// then hangs up on who retrieves what it expunges.
	for try := 1; ; try++ {
		out, err := exec.Command(f.bin, "-c", conf, "fetch").CombinedOutput()
		if err == nil {
			break
		}
		if try == 3 {
			t.Fatalf("the last round: %v\n%s", err, out)
		}
		t.Logf("round %d on a sound line: %v\n%s", try, err, out)
	}
	if n := len(up.Remaining("user")); n != 0 {
		t.Errorf("%d messages are left upstream", n)
	}
	checkArchive(t, conf, mail)
}

// flaky runs processes on a bad line.
type flaky struct {
	t     *testing.T
	bin   string
	conf  string
	line  *pop3test.Proxy
	rng   *rand.Rand
	lives int
}

// cuts counts the connections that went wrong so far.
func (f *flaky) cuts() (n int) {
	struck := f.line.Struck()
	return struck[pop3test.Cut] + struck[pop3test.Reset] + struck[pop3test.Stall]
}

// live runs a fetch, and kills it after a moment if it has not ended by then: it
// may be in the middle of its work, or sit on a line that is dead.
func (f *flaky) live() (killed, clean bool) {
	f.t.Helper()
	cmd := exec.Command(f.bin, "-c", f.conf, "fetch")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil && cmd.ProcessState.ExitCode() != exitFailed {
			f.t.Fatalf("a fetch on a bad line: %v\n%s", err, out.Bytes())
		}
		return false, err == nil
	case <-time.After(time.Duration(100+f.rng.IntN(1200)) * time.Millisecond):
	}
	if err := cmd.Process.Kill(); err != nil {
		return false, (<-ended) == nil // it ended just now
	}
	<-ended
	return true, false
}
