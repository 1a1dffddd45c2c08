package configs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

const (
	passwordMost    = 4 << 10          // octets of a password, and of what a command prints
	passwordPatient = 30 * time.Second // how long a command may take
)

// PasswordSource is where the password of an account comes from. Exactly one
// is set.
type PasswordSource struct {
	PasswordFile    string `yaml:"password_file,omitempty"`
	PasswordEnv     string `yaml:"password_env,omitempty"` // the name of a variable
	PasswordCommand string `yaml:"password_command,omitempty"`
	Password        Secret `yaml:"password,omitempty"`
}

// Read gives the password as it is now; it remembers nothing. A file
// gives all that it holds but one last line end, and should be readable by
// nobody else (chmod 600): its mode is not checked, since a secret store's
// mount often shows another. A command is run by sh -c with our environment,
// may take 30 s and gives the first line that it prints. No password, and one
// of more than one line, are errors. No error holds a password.
func (s PasswordSource) Read(ctx context.Context) (string, error) {
	switch {
	case s.PasswordFile != "":
		return readPasswordFile(s.PasswordFile)
	case s.PasswordEnv != "":
		text, ok := os.LookupEnv(s.PasswordEnv)
		if !ok {
			return "", fmt.Errorf("read password: the environment has no %s", s.PasswordEnv)
		}
		return onePassword(text, "variable "+s.PasswordEnv)
	case s.PasswordCommand != "":
		return runPasswordCommand(ctx, s.PasswordCommand)
	}
	return onePassword(s.Password.Reveal(), "settings")
}

// ReadPassword gives either the password of a user or its hash.
// For a file it is as [PasswordSource.Read].
func (u User) ReadPassword() (password string, hash string, err error) {
	switch {
	case u.PasswordHash != "":
		return "", u.PasswordHash.Reveal(), nil
	case u.PasswordFile != "":
		password, err = readPasswordFile(u.PasswordFile)
	default:
		password, err = onePassword(u.Password.Reveal(), "settings")
	}
	return password, "", err
}

func readPasswordFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, passwordMost+3))
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	return onePassword(strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), path)
}

// onePassword refuses what cannot be sent as a password. From says where it
// was read.
func onePassword(text, from string) (string, error) {
	switch {
	case text == "":
		return "", fmt.Errorf("read password: %s holds none", from)
	case len(text) > passwordMost:
		return "", fmt.Errorf("read password: %s holds more than %d octets", from, passwordMost)
	case strings.ContainsAny(text, "\r\n\x00"):
		return "", fmt.Errorf("read password: %s holds more than one line", from)
	}
	return text, nil
}

func runPasswordCommand(ctx context.Context, command string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, passwordPatient,
		fmt.Errorf("not done after %v", passwordPatient))
	defer cancel()
	var out, complaint firstBytes
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	// A child of the shell may hold the pipes open after the shell is killed.
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if ctx.Err() != nil {
		return "", fmt.Errorf("run password_command: %w", context.Cause(ctx))
	}
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		if said := complaint.line(); said != "" {
			return "", fmt.Errorf("run password_command: %w: %.200s", err, said)
		}
		return "", fmt.Errorf("run password_command: %w", err)
	}
	return onePassword(out.line(), "the output of password_command")
}

// firstBytes keeps the start of what is written to it and swallows the rest,
// so that a chatty command neither fills the memory nor blocks.
type firstBytes struct{ kept []byte }

func (b *firstBytes) Write(p []byte) (int, error) {
	if room := passwordMost + 1 - len(b.kept); room > 0 {
		b.kept = append(b.kept, p[:min(room, len(p))]...)
	}
	return len(p), nil
}

func (b *firstBytes) line() string {
	line, _, _ := bytes.Cut(b.kept, []byte("\n"))
	return strings.TrimSuffix(string(line), "\r")
}
