package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"restante/index"
	"restante/serve/auth"
)

func newUser(e *env) *cobra.Command {
	c := &cobra.Command{Use: "user", Short: "Add users, list them, change passwords, help who is locked out"}
	var asJSON bool
	list := &cobra.Command{
		Use: "list", Short: "List the users of the settings and of the database",
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				names, err := h.people.names(ctx)
				if err != nil {
					return err
				}
				for _, p := range names {
					if asJSON {
						err = e.json(p)
					} else {
						_, err = fmt.Fprintf(e.out, "%s\t%s\n", p.Name, p.From)
					}
					if err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	list.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a user")
	c.AddCommand(
		e.passwordCommand("add NAME", "Add a user; the password is asked for, or read from standard input", func(ctx context.Context, h *house, name, password, phc string) error {
			if h.parts(name) {
				return usage(fmt.Errorf("user name %q holds %q, which parts a user from a mailbox in login names", name, h.cfg.Serve.Separator))
			}
			err := h.addUser(ctx, name, password, phc)
			if errors.Is(err, index.ErrExists) {
				return fmt.Errorf("user %q exists already", name)
			}
			return err
		}),
		e.passwordCommand("passwd NAME", "Change the password of a user", func(ctx context.Context, h *house, name, password, phc string) error {
			if _, ok := h.people.settings[name]; ok {
				return fmt.Errorf("the password of %q stands in the settings; change it there", name)
			}
			if err := h.mustKnow(ctx, name); err != nil {
				return err
			}
			if err := h.setPassword(ctx, name, password, phc); err != nil {
				return err
			}
			_, err := h.store.EndSessions(ctx, name, 0) // whoever has the old one is out
			return err
		}),
		list,
		newDropFactor(e),
	)
	return c
}

// newDropFactor helps who has lost the second factor and its recovery codes. The
// password is asked for as before.
func newDropFactor(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "drop-factor NAME", Short: "Take away a user's second factor, which was lost", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				if err := h.mustKnow(ctx, args[0]); err != nil {
					return err
				}
				err := h.store.DropFactor(ctx, args[0])
				if errors.Is(err, index.ErrNotFound) {
					return fmt.Errorf("%q has no second factor", args[0])
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(e.out, "%s: the password alone signs in now\n", args[0])
				return err
			})
		},
	}
}

// userName is what a login name may be: what POP3 can carry in one word.
var userName = regexp.MustCompile(`^[!-~]{1,128}$`)

func (e *env) passwordCommand(use, short string, do func(ctx context.Context, h *house, name, password, phc string) error) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			name := args[0]
			if !userName.MatchString(name) {
				return usage(fmt.Errorf("user name %q; allowed: 1 to 128 visible ASCII characters", name))
			}
			// Asked for before the house is opened: a person may take a while,
			// and a running house cannot ask.
			// There the caller has read the file, which may be hidden from the house.
			if e.house != nil {
				file = ""
			}
			password, err := e.readPassword(file)
			if err != nil {
				return err
			}
			phc, err := auth.Hash(password)
			if err != nil {
				return err
			}
			e.in = strings.NewReader(password + "\n") // for a running house
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				if err := do(ctx, h, name, password, phc); err != nil {
					return err
				}
				_, err := fmt.Fprintf(e.out, "%s: done\n", name)
				return err
			})
		},
	}
	c.Flags().StringVar(&file, "password-file", "", "read the password from this `FILE`")
	return c
}

// readPassword gives the first line of a file, of standard input, or of what a
// person types unseen.
func (e *env) readPassword(file string) (string, error) {
	var in io.Reader = e.in
	if file != "" {
		f, err := os.Open(e.path(file))
		if err != nil {
			return "", fmt.Errorf("password file: %w", err)
		}
		defer f.Close()
		in = f
	} else if f, ok := e.in.(*os.File); ok && isTerminal(f) {
		fmt.Fprint(e.errOut, "Password: ")
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(e.errOut)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		in = strings.NewReader(string(b) + "\n")
	}
	line, err := bufio.NewReader(io.LimitReader(in, 4<<10)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("read the password: %w", err)
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", errors.New("no password was given; type one, or send it on standard input")
	}
	return line, nil
}
