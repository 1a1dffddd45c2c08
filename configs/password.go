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
	secretMost    = 4 << 10          // octets of a password or token, and of what a command prints
	secretPatient = 30 * time.Second // how long a command may take
)

// PasswordSource is where the password of an account comes from. At most one is
// set.
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
		return readSecretFile("password", s.PasswordFile)
	case s.PasswordEnv != "":
		text, ok := os.LookupEnv(s.PasswordEnv)
		if !ok {
			return "", fmt.Errorf("read password: the environment has no %s", s.PasswordEnv)
		}
		return oneSecret("password", text, "variable "+s.PasswordEnv)
	case s.PasswordCommand != "":
		return runSecretCommand(ctx, "password", s.PasswordCommand)
	}
	return oneSecret("password", s.Password.Reveal(), "settings")
}

// TokenSource is where an account's OAuth 2.0 access token comes from, in place
// of a password. At most one is set.
type TokenSource struct {
	TokenFile    string `yaml:"token_file,omitempty"`
	TokenCommand string `yaml:"token_command,omitempty"`
}

// Read gives the token as it is now, by the rules of [PasswordSource.Read].
func (s TokenSource) Read(ctx context.Context) (string, error) {
	if s.TokenFile != "" {
		return readSecretFile("token", s.TokenFile)
	}
	return runSecretCommand(ctx, "token", s.TokenCommand)
}

// ReadPassword gives either the password of a user or its hash.
// For a file it is as [PasswordSource.Read].
func (u User) ReadPassword() (password string, hash string, err error) {
	switch {
	case u.PasswordHash != "":
		return "", u.PasswordHash.Reveal(), nil
	case u.PasswordFile != "":
		password, err = readSecretFile("password", u.PasswordFile)
	default:
		password, err = oneSecret("password", u.Password.Reveal(), "settings")
	}
	return password, "", err
}

func readSecretFile(what, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", what, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, secretMost+3))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", what, err)
	}
	return oneSecret(what, strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), path)
}

// oneSecret refuses what cannot be sent as a secret. From says where it was
// read.
func oneSecret(what, text, from string) (string, error) {
	switch {
	case text == "":
		return "", fmt.Errorf("read %s: %s holds none", what, from)
	case len(text) > secretMost:
		return "", fmt.Errorf("read %s: %s holds more than %d octets", what, from, secretMost)
	case strings.ContainsAny(text, "\r\n\x00"):
		return "", fmt.Errorf("read %s: %s holds more than one line", what, from)
	}
	return text, nil
}

func runSecretCommand(ctx context.Context, what, command string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, secretPatient,
		fmt.Errorf("not done after %v", secretPatient))
	defer cancel()
	var out, complaint firstBytes
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	// A child of the shell may hold the pipes open after the shell is killed.
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if ctx.Err() != nil {
		return "", fmt.Errorf("run %s_command: %w", what, context.Cause(ctx))
	}
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		if said := complaint.line(); said != "" {
			return "", fmt.Errorf("run %s_command: %w: %.200s", what, err, said)
		}
		return "", fmt.Errorf("run %s_command: %w", what, err)
	}
	return oneSecret(what, out.line(), "the output of "+what+"_command")
}

// firstBytes keeps the start of what is written to it and swallows the rest,
// so that a chatty command neither fills the memory nor blocks.
type firstBytes struct{ kept []byte }

func (b *firstBytes) Write(p []byte) (int, error) {
	if room := secretMost + 1 - len(b.kept); room > 0 {
		b.kept = append(b.kept, p[:min(room, len(p))]...)
	}
	return len(p), nil
}

func (b *firstBytes) line() string {
	line, _, _ := bytes.Cut(b.kept, []byte("\n"))
	return strings.TrimSuffix(string(line), "\r")
}
