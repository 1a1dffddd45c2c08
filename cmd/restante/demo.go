package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"restante/cmd/restante/sample"
	"restante/configs"
	"restante/fetch"
	"restante/filter"
	"restante/filter/letter"
	"restante/index"
	"restante/index/blob"
	"restante/serve/auth"
)

// The demo's one user.
const (
	demoUser     = "demo"
	demoPassword = "demo"
)

// demoPatience is how long the demo waits for its first rounds.
const demoPatience = 2 * time.Minute

func newDemo(e *env) *cobra.Command {
	var once bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole job on sample mail: nothing is installed, nothing leaves this machine",
		Long: `Demo starts two sample POP3 accounts inside this process, fetches them on
schedule into a temporary data folder, filters, archives and indexes the mail,
serves it again over POP3, and tells what to try. Ctrl-C ends it and removes
the folder.`,
		RunE: func(c *cobra.Command, _ []string) error {
			if e.house != nil {
				return usage(errors.New("the demo has a house of its own"))
			}
			d := &demo{env: e, once: once}
			return d.run(c.Context())
		},
	}
	c.Flags().BoolVar(&once, "once", false, "check what came out against what went in, print a summary, and exit")
	return c
}

// demo is one showing.
type demo struct {
	*env
	once      bool
	dir       string
	mail      []sample.Message
	upstreams []*upstream
	house     *house
	at        map[string]net.Addr
}

func (d *demo) run(ctx context.Context) (err error) {
	if d.dir, err = os.MkdirTemp("", "restante-demo-"); err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(d.dir)) }()
	d.mail = sample.Messages(time.Now())
	stop, err := d.startUpstreams(ctx)
	if err != nil {
		return err
	}
	defer stop()
	cfg, err := d.writeSettings()
	if err != nil {
		return err
	}
	if d.house, err = open(ctx, cfg, newLog(cfg.Log, d.errOut, quietly)); err != nil {
		return err
	}
	err = d.show(ctx)
	return errors.Join(err, d.house.close(ctx))
}

// show makes the user, teaches a little, and serves.
func (d *demo) show(ctx context.Context) error {
	phc, err := auth.Hash(demoPassword)
	if err != nil {
		return err
	}
	if err := d.house.archive.AddUser(ctx, index.User{Name: demoUser, Password: phc}); err != nil {
		return err
	}
	if err := d.house.people.ring.keep(ctx, demoUser, demoPassword, secretOf(phc)); err != nil {
		return err
	}
	spam, ham, err := d.teach(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "Two sample accounts hold %d messages. The filter was shown %d spam and %d ham.\n", d.held(), spam, ham)

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	bars := newRoundBars(d.env)
	rounds := make(chan outcome, 16)
	ready := make(chan map[string]net.Addr, 1)
	served := make(chan error, 1)
	go func() {
		served <- d.house.serve(ctx, serving{
			progress: bars.show,
			ready:    func(at map[string]net.Addr) { ready <- at },
			ended: func(s fetch.Summary, err error) {
				select {
				case rounds <- outcome{s, err}:
				default: // later rounds find nothing new
				}
			},
		})
	}()
	err = d.afterRounds(ctx, ready, rounds, served, bars)
	if err == nil && !d.once {
		d.invite()
		<-ctx.Done()
		fmt.Fprintln(d.out, "Stopping.")
	}
	stop()
	return errors.Join(err, <-served)
}

// outcome is a round's end.
type outcome struct {
	sum fetch.Summary
	err error
}

// afterRounds waits until every account was fetched once, and tells or checks
// what came of it.
func (d *demo) afterRounds(ctx context.Context, ready <-chan map[string]net.Addr, rounds <-chan outcome, served chan error, bars *roundBars) error {
	deadline := time.After(demoPatience)
	fetched := map[string]bool{}
	for len(fetched) < len(d.upstreams) {
		select {
		case d.at = <-ready:
		case o := <-rounds:
			if o.err != nil {
				return o.err
			}
			if fetched[o.sum.Account] {
				continue
			}
			fetched[o.sum.Account] = true
			if err := d.sayRound(o.sum, nil, false); err != nil {
				return err
			}
		case err := <-served:
			served <- nil
			return errors.Join(errors.New("serving ended early"), err)
		case <-deadline:
			return fmt.Errorf("the sample accounts were not fetched within %v", demoPatience)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	bars.end()
	if err := d.house.catchUp(ctx, d.env); err != nil {
		return err
	}
	return d.check(ctx)
}

// teach shows the filter the messages meant for it.
func (d *demo) teach(ctx context.Context) (spam, ham int, err error) {
	for _, m := range d.mail {
		if !m.Train {
			continue
		}
		class, err := filter.ParseClass(m.Gold)
		if err != nil {
			return 0, 0, err
		}
		if class == filter.Spam {
			spam++
		} else {
			ham++
		}
		if _, err := d.house.archive.Teach(ctx, demoUser, digest(m.Raw), letter.ReadBytes(m.Raw), class, index.Origin{By: index.ByFolder, Source: "the demo's sample mail"}); err != nil {
			return 0, 0, err
		}
	}
	return spam, ham, nil
}

// writeSettings writes a settings file like anybody's and reads it back.
func (d *demo) writeSettings() (*configs.Settings, error) {
	text := fmt.Sprintf(`# Made by restante demo; gone when it ends.
data_dir: %q
serve:
  pop3:  { address: %q, plaintext: loopback }
  pop3s: { address: %q }
web: { address: %q }
accounts:
`, filepath.Join(d.dir, "data"), free("127.0.0.1:1110"), free("127.0.0.1:1995"), free("127.0.0.1:1180"))
	for _, u := range d.upstreams {
		text += u.settings()
	}
	path := filepath.Join(d.dir, "restante.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("write the settings: %w", err)
	}
	return configs.Load(path, configs.Options{CheckSchedule: checkSchedule, Env: func(string) (string, bool) { return "", false }})
}

// free gives an address that can be listened on: the usual one, or any port.
func free(address string) string {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "127.0.0.1:0"
	}
	l.Close()
	return address
}

// invite prints what to try.
func (d *demo) invite() {
	config := filepath.Join(d.dir, "restante.yaml")
	pop3 := d.address("pop3")
	fmt.Fprintf(d.out, `
Open this page in a browser; the link signs in once, later the name and the
password are %[1]s:

  %[10]s

Or try, in another terminal:

  the inbox        curl -u %[1]s:%[2]s pop3://%[3]s/
  a message of it  curl -u %[1]s:%[2]s pop3://%[3]s/1
  the quarantine   curl -u %[1]s+spam:%[2]s pop3://%[3]s/
  with TLS         curl -k -u %[1]s:%[2]s pop3s://%[4]s/
  a search         %[5]s -c %[6]s search --user %[1]s '%[7]s'
  in Japanese      %[5]s -c %[6]s search --user %[1]s '%[8]s'
  the spam found   %[5]s -c %[6]s search --user %[1]s is:spam

The settings are in %[6]s, the data in %[9]s
(segments/*.mbox.zst is the archive: zstd -dc shows it as an mbox).
New rounds run every 10 seconds. Ctrl-C stops.
`, demoUser, demoPassword, pop3, d.address("pop3s"), invocation(), config, sample.Needle, sample.NeedleJa, d.house.cfg.DataDir, webURL(d.at[webDoor], false)+d.house.desk.Invite(demoUser))
}

func (d *demo) address(door string) string {
	if a := d.at[door]; a != nil {
		return a.String()
	}
	return ""
}

// invocation is how this program was called, as far as it can be called again.
func invocation() string {
	if exe, err := os.Executable(); err == nil && filepath.Base(filepath.Dir(exe)) != "exe" {
		return exe
	}
	return "go run ./cmd/restante" // go run's binary is gone when it ends
}

// held is how many messages the sample accounts hold.
func (d *demo) held() (n int) {
	for _, m := range d.mail {
		if !m.Train {
			n++
		}
	}
	return n
}

func digest(raw []byte) blob.Digest { return sha256.Sum256(raw) }
