package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"restante/filter"
	"restante/index"
)

// statsDays is how far back filter stats looks.
const statsDays = 30

func newFilter(e *env) *cobra.Command {
	c := &cobra.Command{Use: "filter", Short: "Tell how a user's filter does"}
	var user string
	var asJSON bool
	stats := &cobra.Command{
		Use:   "stats",
		Short: "Tell what a filter knows, what it judged, and how often it was corrected",
		Long: fmt.Sprintf(`Stats tells what a filter was taught, what room it takes, what it judged in the
last %d days (of UTC), and how often it was corrected: of the messages of those
days, those that a lesson says are of another class than they were judged.
Mistakes that nobody told it of are not known.`, statsDays),
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				user, err := h.whose(ctx, user)
				if err != nil {
					return err
				}
				first := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-statsDays)
				s, err := h.archive.FilterStats(ctx, user, first)
				if err != nil {
					return err
				}
				r := newStatsReport(user, s, first)
				if asJSON {
					return e.json(r)
				}
				return e.sayStats(r)
			})
		},
	}
	stats.Flags().StringVar(&user, "user", "", "whose filter; needed where there are several users")
	stats.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	c.AddCommand(stats)
	return c
}

// statsReport is the JSON form of what is known of a filter.
type statsReport struct {
	User      string    `json:"user"`
	Ham       int       `json:"lessons_ham"`
	Spam      int       `json:"lessons_spam"`
	Last      time.Time `json:"last_taught,omitzero"`
	HouseHam  int       `json:"household_ham"` // lessons of the other users that it hears
	HouseSpam int       `json:"household_spam"`
	Features  int       `json:"features"`
	Memory    int64     `json:"octets_memory"`
	Snapshot  int64     `json:"octets_snapshot"`
	Journal   int64     `json:"octets_lessons"`

	From        string                    `json:"from"`   // the first day
	Judged      map[string][]int          `json:"judged"` // by class, a day each
	Corrections map[string]map[string]int `json:"corrections"`
}

var allClasses = []filter.Class{filter.Ham, filter.Unsure, filter.Spam}

func newStatsReport(user string, s index.FilterStats, first time.Time) statsReport {
	r := statsReport{
		User: user, Ham: s.Model.Ham, Spam: s.Model.Spam, Last: s.Last, HouseHam: s.House.Ham, HouseSpam: s.House.Spam, Features: s.Model.Features,
		Memory: int64(s.Model.Octets), Snapshot: s.Snapshot, Journal: s.Journal,
		From: first.Format(time.DateOnly), Judged: map[string][]int{}, Corrections: map[string]map[string]int{},
	}
	for _, c := range allClasses {
		r.Judged[c.String()] = make([]int, statsDays)
		r.Corrections[c.String()] = map[string]int{}
		for _, to := range []filter.Class{filter.Ham, filter.Spam} {
			if to != c {
				r.Corrections[c.String()][to.String()] = 0
			}
		}
	}
	for _, t := range s.Tallies {
		day := int(t.Day.Sub(first) / (24 * time.Hour))
		if day < 0 || day >= statsDays {
			continue // of a clock that was wrong
		}
		r.Judged[t.Judged.String()][day] += t.Count
		if t.Now != t.Judged && t.Now != filter.Unsure {
			r.Corrections[t.Judged.String()][t.Now.String()] += t.Count
		}
	}
	return r
}

func (e *env) sayStats(r statsReport) error {
	last := "never"
	if !r.Last.IsZero() {
		last = stamp(r.Last)
	}
	t := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	for _, l := range [][2]string{
		{"filter of", r.User},
		{"taught", fmt.Sprintf("%d ham, %d spam, last %s", r.Ham, r.Spam, last)},
		{"hears", fmt.Sprintf("%d ham, %d spam of the household's other lessons", r.HouseHam, r.HouseSpam)},
		{"knows", fmt.Sprintf("%d features", r.Features)},
		{"takes", fmt.Sprintf("%s of memory; on disk %s, and its lessons %s", size(r.Memory), size(r.Snapshot), size(r.Journal))},
	} {
		fmt.Fprintf(t, "%s\t%s\n", l[0], l[1])
	}
	if err := t.Flush(); err != nil {
		return err
	}
	most, all := 0, 0
	for _, days := range r.Judged {
		for _, n := range days {
			most, all = max(most, n), all+n
		}
	}
	if all == 0 {
		_, err := fmt.Fprintf(e.out, "\nno messages since %s\n", r.From)
		return err
	}
	fmt.Fprintf(e.out, "\njudged a day since %s (UTC), full height %d\n", r.From, most)
	for _, c := range allClasses {
		days, sum := r.Judged[c.String()], 0
		for _, n := range days {
			sum += n
		}
		fmt.Fprintf(e.out, "  %-6s  %s  %d\n", c, e.coloured(classColour(c), bars(days, most)), sum)
	}
	fmt.Fprintln(e.out, "\ncorrected by lessons, of those")
	for _, x := range []struct {
		from, to filter.Class
		means    string
	}{
		{filter.Ham, filter.Spam, "missed spam"}, {filter.Unsure, filter.Spam, "spam it was not sure of"},
		{filter.Spam, filter.Ham, "false alarm"}, {filter.Unsure, filter.Ham, "ham it was not sure of"},
	} {
		fmt.Fprintf(e.out, "  %-6s  was %-4s  %4d  %s\n", x.from, x.to, r.Corrections[x.from.String()][x.to.String()], x.means)
	}
	return nil
}

func classColour(c filter.Class) string {
	switch c {
	case filter.Ham:
		return green
	case filter.Spam:
		return red
	}
	return yellow
}

// bars draws numbers as blocks of eight heights: none for 0, and some for
// anything more.
func bars(all []int, most int) string {
	blocks := []rune("▁▂▃▄▅▆▇█")
	var b strings.Builder
	for _, n := range all {
		if n <= 0 {
			b.WriteByte('.')
			continue
		}
		b.WriteRune(blocks[min(len(blocks)-1, (n*len(blocks)-1)/max(1, most))])
	}
	return b.String()
}
