package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"restante/index"
	"restante/index/search"
)

func newSaved(e *env) *cobra.Command {
	c := &cobra.Command{
		Use: "saved", Short: "Keep searches under a name",
		Long: `A saved search is asked by its name: restante search --user U --saved NAME. It is
kept in its own words, so that newer:2w means the last two weeks whenever it is
asked.`,
	}
	c.AddCommand(newSavedAdd(e), newSavedList(e), newSavedRemove(e))
	return c
}

// savedNameMost bounds the name of a saved search, in octets.
const savedNameMost = 100

func newSavedAdd(e *env) *cobra.Command {
	var s index.SavedSearch
	c := &cobra.Command{
		Use:   "add --user U --name NAME QUERY",
		Short: "Save a search",
		Long: `Add keeps a search under a name. The words are those of restante search; where the
first begins with a minus sign, -- goes before.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s.Query = strings.TrimSpace(strings.Join(args, " "))
			if _, err := search.Parse(s.Query, time.Now()); err != nil {
				return e.queryFault(s.Query, err)
			}
			if err := checkSaved(s); err != nil {
				return usage(err)
			}
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				if err := h.mustKnow(ctx, s.Owner); err != nil {
					return err
				}
				err := h.archive.SaveSearch(ctx, s)
				if errors.Is(err, index.ErrExists) {
					return fmt.Errorf("%s has a search %q already; give another --name, or remove that one first", s.Owner, s.Name)
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(e.out, "%s: saved\n", s.Name)
				return err
			})
		},
	}
	c.Flags().SetInterspersed(false)
	c.Flags().StringVar(&s.Owner, "user", "", "whose search")
	c.Flags().StringVar(&s.Name, "name", "", "what it is called, one of a name for each user")
	must(c.MarkFlagRequired("user"))
	must(c.MarkFlagRequired("name"))
	return c
}

func checkSaved(s index.SavedSearch) error {
	if err := index.CheckText("--name", s.Name); err != nil {
		return err
	}
	switch {
	case strings.ContainsFunc(s.Name, movesCursor):
		return fmt.Errorf("--name %q has characters that are no text", s.Name)
	case strings.TrimSpace(s.Name) == "":
		return errors.New("--name is empty; a search needs one, to be asked by")
	case len(s.Name) > savedNameMost:
		return fmt.Errorf("--name has %d octets; allowed: at most %d", len(s.Name), savedNameMost)
	case s.Query == "":
		return errors.New("the query is empty; it would be all mail")
	}
	return nil
}

// savedQuery gives a saved search, as it is meant today, with more words to
// narrow it.
func (h *house) savedQuery(ctx context.Context, owner, name, more string) (*search.Query, error) {
	all, err := h.archive.SavedSearches(ctx, owner)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if s.Name != name {
			continue
		}
		text := s.Query
		if more != "" {
			text = "(" + text + ") (" + more + ")"
		}
		q, err := search.Parse(text, time.Now())
		if err != nil {
			return nil, fmt.Errorf("the saved search %q: %w", name, err)
		}
		return q, nil
	}
	return nil, fmt.Errorf("%s has no saved search %q: %w", owner, name, index.ErrNotFound)
}

// savedReport is the JSON form of a saved search.
type savedReport struct {
	Name  string    `json:"name"`
	Query string    `json:"query"`
	Saved time.Time `json:"saved"`
}

func newSavedList(e *env) *cobra.Command {
	var user string
	var asJSON bool
	c := &cobra.Command{
		Use: "list --user U", Short: "List the saved searches",
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				if err := h.mustKnow(ctx, user); err != nil {
					return err
				}
				all, err := h.archive.SavedSearches(ctx, user)
				if err != nil {
					return err
				}
				return savedListing.say(e, all, asJSON)
			})
		},
	}
	c.Flags().StringVar(&user, "user", "", "whose searches")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a search")
	must(c.MarkFlagRequired("user"))
	return c
}

var savedListing = listing[index.SavedSearch]{
	none: "no saved searches",
	json: func(s index.SavedSearch) any { return savedReport{s.Name, s.Query, s.Saved} },
	row:  func(s index.SavedSearch) []string { return []string{cut(s.Name, 40), cut(s.Query, 100)} },
}

func newSavedRemove(e *env) *cobra.Command {
	var user, name string
	c := &cobra.Command{
		Use: "remove --user U --name NAME", Short: "Forget a saved search",
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				err := h.archive.RemoveSearch(ctx, user, name)
				if errors.Is(err, index.ErrNotFound) {
					return usage(fmt.Errorf("%s has no search %q; restante saved list shows them", user, name))
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(e.out, "%s: removed\n", cut(name, savedNameMost))
				return err
			})
		},
	}
	c.Flags().StringVar(&user, "user", "", "whose search")
	c.Flags().StringVar(&name, "name", "", "what it is called")
	must(c.MarkFlagRequired("user"))
	must(c.MarkFlagRequired("name"))
	return c
}

// savedMost bounds what one saved search lists as a mailbox.
const savedMost = 1 << 20

// savedBoxes lists what saved searches find, in the order in which it came, for
// those who serve it as mailboxes. The catalogue answers with what it has seen.
type savedBoxes struct{ h *house }

var _ index.Searches = savedBoxes{}

// Found gives the messages that an owner's saved search finds today.
func (b savedBoxes) Found(ctx context.Context, owner, name string) ([]int64, error) {
	q, err := b.h.savedQuery(ctx, owner, name, "")
	if err != nil {
		return nil, err
	}
	ids, whole, err := b.h.catalogue.Numbers(ctx, owner, q, savedMost)
	if err == nil && !whole {
		err = fmt.Errorf("the saved search %q finds more than %d messages: narrow it", name, savedMost)
	}
	return ids, err
}
