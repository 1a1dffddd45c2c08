package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"restante/filter"
	"restante/index"
)

func newDevice(e *env) *cobra.Command {
	c := &cobra.Command{
		Use: "device", Short: "Give each mail program a password and a view of its own",
		Long: `A device is a mail program with an app password. It logs in with the user's name
and that password, and lists what it did not delete itself: what the phone
deletes stays for the laptop. The user's own password goes on as it was. The
archive keeps all mail, whatever is deleted.`,
	}
	c.AddCommand(newDeviceAdd(e), newDeviceList(e), newDeviceRemove(e))
	return c
}

func newDeviceAdd(e *env) *cobra.Command {
	var d index.Device
	var dele, shown string
	c := &cobra.Command{
		Use:   "add USER NAME",
		Short: "Add a device; its app password is shown this once",
		Long: `Add makes an app password for a device and shows it this once. Hyphens and
capitals do not matter when it is typed.

--mailboxes are what it lists when it logs in as USER, all in one. As
USER+MAILBOX it lists that one.

--delete says what it means when the device deletes a message:
  hide   the device lists it no more; others do
  read   it is filed as read: no device lists it any more
  trash  it goes to the mailbox trash, which is read as USER+trash

--days lists mail for so many days since it was received. Some mail programs
delete their own copies of what is no longer listed.

--show says how much of the mail that is there already it lists: all, none, or
the mail of so many days, 30d.`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			d.Owner, d.Name = args[0], args[1]
			var err error
			if d.Dele, err = index.ParseDele(dele); err != nil {
				return usage(fmt.Errorf("--delete %w", err))
			}
			if d.Shown, err = parseShown(shown); err != nil {
				return usage(err)
			}
			if err := d.Check(); err != nil {
				return usage(err)
			}
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				return e.addDevice(ctx, h, d)
			})
		},
	}
	c.Flags().StringSliceVar(&d.Mailboxes, "mailboxes", []string{filter.Inbox}, "mailboxes that it lists together")
	c.Flags().StringVar(&dele, "delete", index.DeleHide.String(), "what deleting means: hide, read or trash")
	c.Flags().IntVar(&d.Days, "days", 0, "list mail for so many days; 0: for ever")
	c.Flags().StringVar(&shown, "show", "all", "how much mail it lists at first: all, none, or days such as 30d")
	return c
}

// parseShown reads all, none or a number of days.
func parseShown(s string) (int, error) {
	switch s {
	case "all":
		return index.AllMail, nil
	case "none":
		return 0, nil
	}
	days, isDays := strings.CutSuffix(s, "d")
	n, err := strconv.Atoi(days)
	if !isDays || err != nil || n < 1 {
		return 0, fmt.Errorf("--show %q; allowed: all, none, or days such as 30d", s)
	}
	return n, nil
}

func (e *env) addDevice(ctx context.Context, h *house, d index.Device) error {
	if err := h.mustKnow(ctx, d.Owner); err != nil {
		return err
	}
	password, err := h.makeDevice(ctx, &d)
	if errors.Is(err, index.ErrExists) {
		return fmt.Errorf("%s has a device %q already; remove that one first, or give another name", d.Owner, d.Name)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "%s: log in as %s with the password %s\nIt is not shown again.\n", d.Name, d.Owner, password)
	return err
}

// deviceReport is the JSON form of a device.
type deviceReport struct {
	User      string    `json:"user"`
	Name      string    `json:"name"`
	Mailboxes []string  `json:"mailboxes"`
	Delete    string    `json:"delete"`
	Days      int       `json:"days"` // 0: for ever
	Show      string    `json:"show"`
	Added     time.Time `json:"added"`
}

func newDeviceList(e *env) *cobra.Command {
	return deviceListing.command(e, "device", "devices", func(ctx context.Context, h *house, user string) ([]index.Device, error) {
		return h.archive.Devices(ctx, user)
	})
}

var deviceListing = listing[index.Device]{
	none: "no devices", head: []string{"USER", "NAME", "LISTS", "FOR", "DELETING", "AT FIRST", "ADDED"},
	json: func(d index.Device) any {
		return deviceReport{d.Owner, d.Name, d.Mailboxes, d.Dele.String(), d.Days, shownAtFirst(d), d.Made}
	},
	row: func(d index.Device) []string {
		days := "ever"
		if d.Days > 0 {
			days = strconv.Itoa(d.Days) + "d"
		}
		return []string{d.Owner, cut(d.Name, 40), cut(strings.Join(d.Mailboxes, ","), 60), days, d.Dele.String(), shownAtFirst(d), stamp(d.Made)}
	},
}

// shownAtFirst is how much mail a device is shown when it comes first.
func shownAtFirst(d index.Device) string {
	switch d.Shown {
	case index.AllMail:
		return "all"
	case 0:
		return "none"
	}
	return strconv.Itoa(d.Shown) + "d"
}

func newDeviceRemove(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "remove USER NAME",
		Short: "Take away a device's password and view",
		Long: `Remove takes a device's password and its view away. All mail stays. A session
that is open goes on reading, and deletes nothing any more.`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				err := h.archive.RemoveDevice(ctx, args[0], args[1])
				if errors.Is(err, index.ErrNotFound) {
					return usage(fmt.Errorf("%s has no device %q; restante device list shows them", args[0], args[1]))
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(e.out, "%s: removed\n", args[1])
				return err
			})
		},
	}
}
