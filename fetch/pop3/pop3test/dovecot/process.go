package dovecot

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// run starts Dovecot in a process group of its own, waits for its greeting, and
// sees to its end.
func (s *Server) run(bin, dir, conf string) {
	s.t.Helper()
	cmd := exec.Command(bin, "-F", "-c", conf)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	own(cmd)
	started, ended := make(chan error), make(chan struct{})
	go func() {
		defer close(ended)
		// The kernel takes the end of the starting thread for the parent's.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		s.t.Fatal(err)
	}
	s.PID = cmd.Process.Pid
	s.t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
		}
		kill(cmd) // with SIGTERM children end after their sessions, which may be never
		<-ended
		if s.t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			s.t.Logf("dovecot: %s%s", out.String(), log)
		}
	})
	if err := s.await(ended); err != nil {
		s.t.Fatal("dovecot did not start: ", err)
	}
}

// await tries to connect until the server greets.
func (s *Server) await(ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		err := s.greets(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ended:
			return errors.New("it ended at once")
		case <-ctx.Done():
			return err
		case <-retry.C:
		}
	}
}

func (s *Server) greets(ctx context.Context) error {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", s.Plain))
	if err != nil {
		return err
	}
	defer c.Close()
	deadline, _ := ctx.Deadline()
	c.SetDeadline(deadline)
	line, err := bufio.NewReader(c).ReadString('\n')
	if err == nil && !strings.HasPrefix(line, "+OK") {
		err = fmt.Errorf("greeting %q", line)
	}
	return err
}

// writeClientCert makes the certificate that clients must show.
func (s *Server) writeClientCert(dir string) {
	s.t.Helper()
	s.ClientCert = filepath.Join(dir, "client.pem")
	key := filepath.Join(dir, "client-key.pem")
	if err := writeCert(s.ClientCert, key); err != nil {
		s.t.Fatal(err)
	}
	// Dovecot must be able to read the authority, and the client wants one file.
	cert, err := os.ReadFile(s.ClientCert)
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := os.ReadFile(key)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(s.ClientCert, append(cert, text...), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// writeCert makes a certificate for loopback that is its own authority.
func writeCert(certFile, keyFile string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			return err
		}
	}
	return nil
}
