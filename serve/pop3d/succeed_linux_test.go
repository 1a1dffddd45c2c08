package pop3d_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"restante/fetch/peertest"
	"restante/serve/pop3d"
)

// phones opens ada's maildrop as a view of the device that the password names.
type phones struct{ *pop3d.Memory }

type phoneDrop struct {
	pop3d.Maildrop
	device string
}

func (d phoneDrop) Label() pop3d.Label { return pop3d.Label{Owner: "ada", Device: d.device} }

func (p phones) Login(ctx context.Context, name, password string, remote netip.Addr) (pop3d.Maildrop, error) {
	drop, err := p.Memory.Login(ctx, name, "engine one", remote)
	return phoneDrop{drop, strings.TrimPrefix(password, "none")}, err
}

// inNetwork is set in the process that TestExclusive_PhoneThatLostItsSignal starts.
const inNetwork = "RESTANTE_TEST_NETWORK"

// A signal is lost where no packet comes through and no end is told. Of this
// machine's own network that cannot be had, so the test runs in one of its own,
// whose only interface goes down.
func TestExclusive_PhoneThatLostItsSignalGetsInAgain(t *testing.T) {
	t.Parallel()
	if os.Getenv(inNetwork) != "" {
		inLostNetwork(t)
		return
	}
	if testing.Short() {
		t.Skip("it waits for a quarter of a minute")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), inNetwork+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EINVAL) {
		peertest.Missing(t, "this machine gives no network of one's own: %v", err)
	}
	if err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}

func inLostNetwork(t *testing.T) {
	loopback(t, true)
	s := serve(t, pop3d.Options{Porter: phones{newSample(t)}, Profile: always, Exclusive: true})
	ln := &pipes{make(chan net.Conn), make(chan struct{})}
	served := make(chan error, 1)
	go func() { served <- s.Serve(context.Background(), ln, false) }()
	t.Cleanup(func() { // after the clients have hung up
		ln.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	// again logs in from elsewhere, and gives the answer.
	again := func(device string) (*client, string) {
		mine, theirs := net.Pipe()
		ln.conns <- addressed{theirs, "192.0.2.1:5"}
		c := newClient(t, mine)
		c.want("+OK")
		c.ask("USER ada", "+OK")
		c.send("PASS " + device)
		return c, c.line()
	}
	login := func(device string) *client {
		c := dial(t, s.clear)
		c.want("+OK")
		c.ask("USER ada", "+OK")
		c.ask("PASS "+device, "+OK")
		return c
	}
	phone, nobodys := login("phone"), login("none")
	phone.ask("DELE 1", "+OK")
	if _, got := again("phone"); !strings.HasPrefix(got, "-ERR [IN-USE]") {
		t.Errorf("while it is busy: %q", got)
	}
	awaitQuiet()
	if _, got := again("phone"); !strings.HasPrefix(got, "-ERR [IN-USE]") {
		t.Errorf("while it is silent, and there: %q", got)
	}
	phone.ask("NOOP", "+OK")

	loopback(t, false)
	if _, got := again("phone"); !strings.HasPrefix(got, "-ERR [IN-USE]") {
		t.Errorf("a moment after it was heard: %q", got)
	}
	awaitQuiet()
	if _, got := again("none"); !strings.HasPrefix(got, "-ERR [IN-USE]") {
		t.Errorf("whose device it is nobody knows: %q", got)
	}
	c, got := again("phone")
	if !strings.HasPrefix(got, "+OK") {
		t.Fatalf("whose signal is lost: %q", got)
	}
	c.ask("STAT", "+OK 4 123") // nothing was deleted
	if _, got := again("phone"); !strings.HasPrefix(got, "-ERR [IN-USE]") {
		t.Errorf("beside the one that came in: %q", got)
	}
	loopback(t, true)
	phone.SetDeadline(time.Now().Add(time.Minute))
	if _, err := phone.Write([]byte("QUIT\r\n")); err == nil {
		if line, err := phone.r.ReadString('\n'); err == nil {
			t.Errorf("the one that was cut hears %q", line)
		}
	}
	nobodys.ask("QUIT", "+OK")
}

// awaitQuiet waits for longer than a session may say nothing without being looked at.
func awaitQuiet() { <-time.After(10500 * time.Millisecond) }

// loopback takes the network's only interface up or down.
func loopback(t *testing.T, up bool) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	if up {
		lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		t.Fatal(err)
	}
}
