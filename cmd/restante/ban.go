package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"restante/serve/auth"
)

// banned is told of a ban that refuses somebody: one line for each.
func (h *house) banned(b auth.Ban) {
	h.log.Warn("logins are refused: too many wrong passwords", "user", b.Name, "network", b.Network, "failures", b.Failures, "until", b.Until)
}

func newBan(e *env) *cobra.Command {
	c := &cobra.Command{
		Use: "ban", Short: "Tell whose logins are refused for guessing, and let them try again",
		Long: `Tell whose logins are refused for guessing, and let them try again.

Who goes on with wrong passwords waits longer and longer, and is banned then:
for serve.ban at first, twice as long each time, a day at most. A ban is of a
name from one address, or of an address from which twenty names and more were
tried. A right password from the same address for another name gets in all the
same. Bans are kept by a restante that serves, and end with it.`,
	}
	c.AddCommand(newBanList(e), newBanLift(e))
	return c
}

// withGate runs what is about the gate of a house that serves.
func (e *env) withGate(ctx context.Context, do func(*auth.Gate) error) error {
	return e.withHouse(ctx, func(_ context.Context, h *house) error {
		if h.porter == nil {
			return errors.New("restante serve is not running, and nobody is banned: bans end with it")
		}
		return do(h.porter.gate)
	})
}

// banReport is the JSON form of a ban.
type banReport struct {
	User     string    `json:"user,omitempty"`
	Network  string    `json:"network"`
	Failures int       `json:"failures"`
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until"`
}

func newBanList(e *env) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "Tell which bans are in force", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withGate(c.Context(), func(g *auth.Gate) error {
				return banListing.say(e, g.Bans(), asJSON)
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a ban")
	return c
}

var banListing = listing[auth.Ban]{
	none: "nobody is banned", head: []string{"USER", "FROM", "FAILURES", "SINCE", "UNTIL"},
	json: func(b auth.Ban) any { return banReport{b.Name, b.Network.String(), b.Failures, b.Since, b.Until} },
	row: func(b auth.Ban) []string {
		user := "(everybody)"
		if b.Name != "" {
			user = fmt.Sprintf("%.80q", b.Name) // it is whatever somebody sent
		}
		return []string{user, b.Network.String(), strconv.Itoa(b.Failures), b.Since.Local().Format(time.DateTime), b.Until.Local().Format(time.DateTime)}
	},
}

func newBanLift(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "lift USER|ADDRESS|NETWORK...", Short: "Forget the wrong passwords of a user, or from an address or a network", Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.withGate(c.Context(), func(g *auth.Gate) error {
				for _, what := range args {
					n := 0
					if network, ok := asNetwork(what); ok {
						n = g.LiftNetwork(network)
					} else {
						n = g.LiftName(what)
					}
					if _, err := fmt.Fprintf(e.out, "%s: bans lifted: %d\n", what, n); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
}

// asNetwork reads an address or a network.
func asNetwork(text string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	return p, err == nil
}
