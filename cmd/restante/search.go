package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"restante/index"
	"restante/index/search"
)

// searching is what a search was asked to do.
type searching struct {
	user, saved, after        string
	limit                     int
	like                      int64
	best, threads, facets     bool
	snippets, explain, asJSON bool
}

func newSearch(e *env) *cobra.Command {
	var s searching
	c := &cobra.Command{
		Use:   "search --user U [flags] QUERY",
		Short: "Search the archive",
		Long: `Search finds messages, newest first, each with its ID in front: restante show
prints it by that, and search --like finds others like it.

  words             all of them, anywhere       "two words"   as a phrase
  -word, NOT word   without it                  a OR b, {a b}, ( )   either
  invo*             words that begin so         recieve~      and those like it
  from: to: cc: with: subject: body: filename: list: id:      in that field;
                    from:(a OR b) for each of them; from:me, to:me by the addresses
                    that the user's accounts sign in with
  in:spam           in that mailbox, or in:anywhere            account:isp
  label:work        in that mailbox, or imported from Gmail with that label
  has:attachment    or link, pdf, image, document, spreadsheet, presentation,
                    archive, text, calendar, contact, message, audio, video;
                    or unreadable: one whose words could not be had
  is:spam           or ham, unsure, read; or unread: in the maildrop still, where nobody
                    has deleted it or filed it as read
  after:2024 before:2024-05-17 on:2024-05       days, in UTC; also older:1y newer:2w
  larger:5M smaller:100k                        size

Flags stand before the query, and all behind its first word belongs to it. Where
that begins with a minus sign, -- goes before: restante search --user ada -- -in:spam`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return e.search(c.Context(), c.Flags(), s, args) },
	}
	c.Flags().SetInterspersed(false)
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		if strings.HasPrefix(err.Error(), "unknown shorthand") {
			err = fmt.Errorf("%w; a query that begins with a minus sign stands behind --", err)
		}
		return c.Parent().FlagErrorFunc()(c, err)
	})
	c.Flags().StringVar(&s.user, "user", "", "whose mail")
	c.Flags().StringVar(&s.saved, "saved", "", "among what the saved search of this name finds")
	c.Flags().Int64Var(&s.like, "like", 0, "messages like the one of this `ID`, in place of a query")
	c.Flags().IntVar(&s.limit, "limit", 20, "at most so many messages")
	c.Flags().StringVar(&s.after, "after", "", "go on behind a page: what it gave as next")
	c.Flags().BoolVar(&s.best, "best", false, "best match first, not newest")
	c.Flags().BoolVar(&s.threads, "threads", false, "a line a conversation, not a message")
	c.Flags().BoolVar(&s.facets, "facets", false, "count senders, mailboxes, accounts, years and kinds of attachments")
	c.Flags().BoolVar(&s.snippets, "snippets", false, "show where each message says it")
	c.Flags().BoolVar(&s.explain, "explain", false, "say what the query was understood as, and do not search")
	c.Flags().BoolVar(&s.asJSON, "json", false, "print one JSON object")
	must(c.MarkFlagRequired("user"))
	return c
}

// check refuses what does not go together.
func (s searching) check(flags *pflag.FlagSet, args []string) error {
	for _, arg := range args {
		if name, ok := strings.CutPrefix(arg, "--"); ok && flags.Lookup(strings.SplitN(name, "=", 2)[0]) != nil {
			return fmt.Errorf("%s stands behind the query, and would be a part of it; flags come first", arg)
		}
	}
	switch {
	case s.limit < 1 || s.limit > 1000:
		return fmt.Errorf("--limit %d; allowed: 1 to 1000", s.limit)
	case s.like != 0 && (len(args) > 0 || s.saved != "" || s.threads || s.facets || s.best || s.explain):
		return errors.New("--like stands alone: it takes no query, and gives the best first")
	case s.threads && (s.best || s.facets):
		return errors.New("--threads gives the newest first and counts nothing: leave out --best and --facets")
	case len(args) == 0 && s.like == 0 && s.saved == "":
		return errors.New(`no query; give one, or "" for all mail`)
	}
	return nil
}

func (e *env) search(ctx context.Context, flags *pflag.FlagSet, s searching, args []string) error {
	if err := s.check(flags, args); err != nil {
		return usage(err)
	}
	text := strings.Join(args, " ")
	q, err := search.Parse(text, time.Now())
	if err != nil {
		return e.queryFault(text, err)
	}
	if s.explain && s.saved == "" {
		return e.sayUnderstood(q, s.asJSON)
	}
	return e.withHouse(ctx, func(ctx context.Context, h *house) error {
		if err := h.mustKnow(ctx, s.user); err != nil {
			return err
		}
		if s.saved != "" {
			q, err = h.savedQuery(ctx, s.user, s.saved, text)
			if errors.Is(err, index.ErrNotFound) {
				return usage(fmt.Errorf("%s has no search %q; restante saved list shows them", s.user, s.saved))
			}
			if err != nil {
				return err
			}
		}
		if s.explain {
			return e.sayUnderstood(q, s.asJSON)
		}
		behind, err := h.catchUpSoon(ctx, e)
		if err != nil {
			return err
		}
		err = e.answer(ctx, h, s, q, behind)
		switch {
		case errors.Is(err, search.ErrPage):
			return usage(fmt.Errorf("--after %q: %w; give what the page before printed as next, and search as there", s.after, err))
		case errors.Is(err, search.ErrBroad):
			return usage(err)
		}
		return err
	})
}

// catchUpMost is how many changes a search waits for while the house serves. One
// with more is being filled anew, and answers with what it has.
const catchUpMost = 2000

// catchUpSoon brings the catalogue up to the archive, unless that takes long and
// is done by the serving house anyway. It tells how many changes are missing.
func (h *house) catchUpSoon(ctx context.Context, e *env) (behind int64, err error) {
	if h.serving {
		if behind, err = h.catalogue.Behind(ctx, h.archive); err != nil || behind > catchUpMost {
			return behind, err
		}
	}
	return 0, h.catchUp(ctx, e)
}

// answer asks the catalogue, and says what it found.
func (e *env) answer(ctx context.Context, h *house, s searching, q *search.Query, behind int64) error {
	page := search.Page{Limit: s.limit, After: s.after, ByScore: s.best, Facets: s.facets}
	switch {
	case s.like != 0:
		l, err := h.archive.Letter(ctx, s.user, s.like)
		if errors.Is(err, index.ErrNotFound) {
			return usage(fmt.Errorf("%s has no message %d", s.user, s.like))
		}
		if err != nil {
			return err
		}
		res, err := h.catalogue.Like(ctx, s.user, s.like, l, page)
		if err != nil {
			return err
		}
		return e.sayHits(ctx, h, s, q, res, behind)
	case s.threads:
		res, err := h.catalogue.Conversations(ctx, s.user, q, page)
		if err != nil {
			return err
		}
		return e.sayConversations(ctx, h, s, q, res, behind)
	}
	res, err := h.catalogue.Search(ctx, s.user, q, page)
	if err != nil {
		return err
	}
	return e.sayHits(ctx, h, s, q, res, behind)
}

// queryFault shows where a query is wrong.
func (e *env) queryFault(text string, err error) error {
	var s *search.SyntaxError
	if errors.As(err, &s) {
		signs := []rune(text)
		for i, r := range signs {
			if movesCursor(r) {
				signs[i] = ' '
			}
		}
		before := widthOf(string(signs[:min(max(0, s.Column-1), len(signs))]))
		err = fmt.Errorf("%w\n  %s\n  %s^", err, string(signs), strings.Repeat(" ", before))
	}
	return usage(err)
}
