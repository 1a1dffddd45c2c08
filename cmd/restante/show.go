package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"restante/filter/letter"
	"restante/index"
	"restante/index/search"
)

// showing is what show was asked for.
type showing struct {
	user        string
	raw, asJSON bool
}

func newShow(e *env) *cobra.Command {
	var v showing
	c := &cobra.Command{
		Use:   "show --user U [flags] ID...",
		Short: "Show messages of the archive",
		Long: `Show prints messages by the IDs that restante search gives: who wrote when to whom,
what is attached, and the text, of HTML its words. What a terminal would take for
an order is left out.

With --raw it gives the bytes of one message as they were received, attachments and
all: restante show --user ada --raw 12 > letter.eml`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ids, err := v.check(args)
			if err != nil {
				return usage(err)
			}
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error { return e.show(ctx, h, v, ids) })
		},
	}
	c.Flags().StringVar(&v.user, "user", "", "whose mail")
	c.Flags().BoolVar(&v.raw, "raw", false, "the bytes as they were received")
	c.Flags().BoolVar(&v.asJSON, "json", false, "print one JSON object a message")
	must(c.MarkFlagRequired("user"))
	return c
}

// check reads the IDs, and refuses what does not go together.
func (v showing) check(args []string) (ids []int64, err error) {
	for _, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil || id < 1 {
			return nil, fmt.Errorf("%q is no ID of a message; restante search gives them, in front", arg)
		}
		ids = append(ids, id)
	}
	switch {
	case v.raw && v.asJSON:
		return nil, errors.New("--raw and --json exclude each other")
	case v.raw && len(ids) > 1:
		return nil, fmt.Errorf("--raw gives one message, not %d: restante export takes many", len(ids))
	}
	return ids, nil
}

// show prints what it can. One message that is not there or cannot be read does not
// keep the others.
func (e *env) show(ctx context.Context, h *house, v showing, ids []int64) (err error) {
	if err := h.mustKnow(ctx, v.user); err != nil {
		return err
	}
	for n, id := range ids {
		m, got := h.archive.Message(ctx, v.user, id)
		switch {
		case errors.Is(got, index.ErrNotFound):
			got = usage(fmt.Errorf("%s has no message %d; restante search gives their IDs, in front", v.user, id))
		case got != nil:
		case v.raw:
			got = e.copyOut(ctx, h, v.user, id)
		default:
			got = e.showOne(ctx, h, v, m, n > 0)
		}
		err = errors.Join(err, got)
	}
	return err
}

// copyOut gives a message's bytes.
func (e *env) copyOut(ctx context.Context, h *house, user string, id int64) error {
	r, err := h.archive.Open(ctx, user, id)
	if err != nil {
		return err
	}
	defer r.Close()
	if _, err := io.Copy(e.out, r); err != nil {
		return fmt.Errorf("message %d: %w", id, err)
	}
	return nil
}

// shown is a message as JSON.
type shown struct {
	heading
	Cc   []string `json:"cc"`
	Text string   `json:"text"` // of HTML alone its words
}

func (e *env) showOne(ctx context.Context, h *house, v showing, m index.Message, further bool) error {
	l, err := h.archive.Letter(ctx, v.user, m.ID)
	if err != nil {
		return err
	}
	x := shown{makeHeading(m, l), allNamed(l.Cc), cmp.Or(l.Text, l.HTMLText)}
	if v.asJSON {
		return e.json(x)
	}
	var out strings.Builder
	if further {
		out.WriteString("\n" + strings.Repeat("─", 72) + "\n\n")
	}
	x.write(&out, l)
	_, err = io.WriteString(e.out, out.String())
	return err
}

// write writes a message for people.
func (x shown) write(out *strings.Builder, l *letter.Letter) {
	var attached []string
	for _, p := range l.Attachments() {
		attached = append(attached, fmt.Sprintf("%s (%s)", cmp.Or(p.Name, p.Type), size(p.Size)))
	}
	for _, line := range [][2]string{
		{"From", x.From}, {"To", strings.Join(x.To, ", ")}, {"Cc", strings.Join(x.Cc, ", ")},
		{"Date", x.Date.Local().Format(time.RFC1123Z)}, {"Subject", x.Subject}, {"Mailbox", x.Mailbox},
		{"Attached", strings.Join(attached, ", ")},
	} {
		if line[1] != "" {
			fmt.Fprintf(out, "%-9s %s\n", line[0]+":", harmless(line[1]))
		}
	}
	out.WriteByte('\n')
	for text := range strings.Lines(strings.TrimSpace(x.Text)) {
		out.WriteString(harmless(strings.TrimRight(text, "\r\n")) + "\n")
	}
}

// makeHeading tells of a message what stands above its text.
func makeHeading(m index.Message, l *letter.Letter) heading {
	x := heading{
		ID: m.ID, UID: m.UID, Date: search.Date(m, l), Subject: l.Subject, Mailbox: m.Mailbox, Account: m.Account,
		Class: m.Class.String(), Score: m.Score, Size: m.Size, To: allNamed(l.To), Attached: []string{},
	}
	if len(l.From) > 0 {
		x.From = named(l.From[0])
	}
	for _, p := range l.Attachments() {
		if p.Name != "" {
			x.Attached = append(x.Attached, p.Name)
		}
	}
	return x
}

func allNamed(all []letter.Address) []string {
	out := []string{}
	for _, a := range all {
		out = append(out, named(a))
	}
	return out
}
