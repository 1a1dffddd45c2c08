package index

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"restante/filter"
)

// Retention is a rule of how long messages stay. What it leaves empty, every
// message has. Of several rules the first that matches a message decides; one
// that none matches stays.
type Retention struct {
	Name    string // for people
	Owner   string
	Mailbox string        // where it hangs now
	Class   string        // as judged or as taught since: ham, unsure or spam
	Reason  string        // name of a filter.Reason of the verdict as first given
	Keep    time.Duration // since it was received; 0: for ever
}

// String says all that the rule says, in one form. What was shown under a rule
// was shown under this text: a rule that was changed shows anew.
func (r Retention) String() string {
	var b strings.Builder
	if r.Name != "" {
		b.WriteString(r.Name + ": ")
	}
	for _, is := range []struct{ what, value string }{{"user", r.Owner}, {"mailbox", r.Mailbox}, {"class", r.Class}, {"rule", r.Reason}} {
		if is.value != "" {
			b.WriteString(is.what + " " + is.value + ", ")
		}
	}
	return b.String() + "keep " + span(r.Keep)
}

func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == 0:
		return "forever"
	case d%day == 0:
		return strconv.Itoa(int(d/day)) + "d"
	}
	return d.String()
}

// matches tells whether the rule is the message's, however old it is.
func (r *Retention) matches(m *Message) bool {
	is := func(want, have string) bool { return want == "" || want == have }
	return is(r.Owner, m.Owner) && is(r.Mailbox, m.Mailbox) && is(r.Class, m.Class.String()) &&
		(r.Reason == "" || slices.ContainsFunc(m.Reasons, func(x filter.Reason) bool { return x.Name == r.Reason }))
}

// Retentions are rules in their order.
type Retentions []Retention

// rule gives the number of the rule by which a message is to go; false where it
// stays: none matches, the first that does keeps it, or it is too young.
func (rs Retentions) rule(m *Message, now time.Time) (int, bool) {
	i := slices.IndexFunc(rs, func(r Retention) bool { return r.matches(m) })
	if i < 0 || rs[i].Keep <= 0 || m.Received.IsZero() || now.Sub(m.Received) < rs[i].Keep {
		return 0, false
	}
	return i, true
}

// least is the shortest time that any rule keeps a message; false where all keep
// for ever.
func (rs Retentions) least() (least time.Duration, any bool) {
	for _, r := range rs {
		if r.Keep > 0 && (!any || r.Keep < least) {
			least, any = r.Keep, true
		}
	}
	return least, any
}
