package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"restante/filter/letter"
	"restante/index"
	"restante/index/search"
)

func newSearch(e *env) *cobra.Command {
	var user, after string
	var limit int
	var byScore, asJSON bool
	c := &cobra.Command{
		Use:   "search --user U QUERY",
		Short: "Search the archive",
		Long: `Search finds messages, newest first.

  words             all of them, anywhere       "two words"   as a phrase
  -word             without it                  a OR b, ( )   either
  invo*             words that begin so
  from: to: subject: filename: list: id:        in that field
  in:spam           in that mailbox             account:isp   from that account
  has:attachment    with one                    is:spam       or ham, unsure
  after:2024 before:2024-05-17 on:2024-05       days, in UTC; also 2w for two weeks ago
  larger:5M smaller:100k                        size`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			text := strings.Join(args, " ")
			if limit < 1 || limit > 1000 {
				return usage(fmt.Errorf("--limit %d; allowed: 1 to 1000", limit))
			}
			q, err := search.Parse(text, time.Now())
			if err != nil {
				return e.queryFault(text, err)
			}
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				if err := h.mustKnow(ctx, user); err != nil {
					return err
				}
				if err := h.catchUp(ctx, e); err != nil {
					return err
				}
				res, err := h.catalogue.Search(ctx, user, q, search.Page{Limit: limit, After: after, ByScore: byScore})
				if errors.Is(err, search.ErrPage) {
					return usage(fmt.Errorf("--after %q: %w; give what the page before printed as next, and search as there", after, err))
				}
				if err != nil {
					return err
				}
				return e.sayHits(ctx, h, user, res, asJSON)
			})
		},
	}
	c.Flags().StringVar(&user, "user", "", "whose mail")
	c.Flags().IntVar(&limit, "limit", 20, "at most so many messages")
	c.Flags().StringVar(&after, "after", "", "go on behind a page: what it gave as next")
	c.Flags().BoolVar(&byScore, "best", false, "best match first, not newest")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	must(c.MarkFlagRequired("user"))
	return c
}

// queryFault shows where a query is wrong.
func (e *env) queryFault(text string, err error) error {
	var s *search.SyntaxError
	if errors.As(err, &s) {
		err = fmt.Errorf("%w\n  %s\n  %s^", err, text, strings.Repeat(" ", max(0, s.Column-1)))
	}
	return usage(err)
}

// hit is a message found, for people and as JSON.
type hit struct {
	ID       int64     `json:"id"`
	UID      string    `json:"uid"`
	Date     time.Time `json:"date"`
	From     string    `json:"from"`
	To       []string  `json:"to"`
	Subject  string    `json:"subject"`
	Mailbox  string    `json:"mailbox"`
	Account  string    `json:"account"`
	Class    string    `json:"class"`
	Score    float64   `json:"score"`
	Size     int64     `json:"size"`
	Attached []string  `json:"attachments"`
}

func (e *env) sayHits(ctx context.Context, h *house, user string, res search.Result, asJSON bool) error {
	hits := []hit{}
	for _, f := range res.Hits {
		m, err := h.archive.Message(ctx, user, f.ID)
		if errors.Is(err, index.ErrNotFound) {
			continue // gone since it was indexed
		}
		if err != nil {
			return err
		}
		l, err := h.archive.Letter(ctx, user, f.ID)
		if err != nil {
			fmt.Fprintln(e.errOut, "restante:", err)
			l = &letter.Letter{}
		}
		hits = append(hits, makeHit(m, l))
	}
	if asJSON {
		return e.json(struct {
			Total uint64 `json:"total"`
			Hits  []hit  `json:"hits"`
			Next  string `json:"next,omitempty"`
		}{res.Total, hits, res.Next})
	}
	w := tabwriter.NewWriter(e.out, 0, 4, 2, ' ', 0)
	for _, x := range hits {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", x.ID, x.Date.Local().Format("2006-01-02"), x.Mailbox, cut(x.From, 28), cut(x.Subject, 60))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(e.out, "%d of %d\n", len(hits), res.Total)
	if err == nil && res.Next != "" {
		_, err = fmt.Fprintf(e.out, "next page: --after %s\n", res.Next)
	}
	return err
}

func makeHit(m index.Message, l *letter.Letter) hit {
	x := hit{
		ID: m.ID, UID: m.UID, Date: search.Date(m, l), Subject: l.Subject, Mailbox: m.Mailbox, Account: m.Account,
		Class: m.Class.String(), Score: m.Score, Size: m.Size, To: []string{}, Attached: []string{},
	}
	if len(l.From) > 0 {
		x.From = named(l.From[0])
	}
	for _, a := range l.To {
		x.To = append(x.To, named(a))
	}
	for _, p := range l.Attachments() {
		if p.Name != "" {
			x.Attached = append(x.Attached, p.Name)
		}
	}
	return x
}

func named(a letter.Address) string {
	if a.Name == "" {
		return a.Addr
	}
	return a.Name + " <" + a.Addr + ">"
}

// cut shortens a text to so many characters and takes out what would move the
// cursor: it comes from strangers.
func cut(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		return r
	}, s)
	rs := []rune(s)
	if len(rs) <= n {
		return s
	}
	return string(rs[:n-1]) + "…"
}
