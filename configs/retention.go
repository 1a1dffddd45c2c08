package configs

import (
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// Retention is a rule of how long messages stay in the archive. What it leaves
// out, every message has. Of several rules the first that matches decides.
type Retention struct {
	Name    string `yaml:"name,omitempty"`    // for people; of its own where it is given
	User    string `yaml:"user,omitempty"`    // empty: everybody's
	Mailbox string `yaml:"mailbox,omitempty"` // empty: every one
	Class   string `yaml:"class,omitempty"`   // ham, unsure or spam; empty: any
	Rule    string `yaml:"rule,omitempty"`    // name of an evidence rule that must have hit; empty: none must
	Keep    Period `yaml:"keep"`              // since the message was received
}

// Period is how long something is kept or waited for. The zero value is none
// given.
type Period struct {
	Forever bool
	For     time.Duration
}

// year is never shorter than one of the calendar: who wants ten years must not
// find mail gone two days early.
const year = 366 * day

const (
	periodAllowed = `forever, or a time such as 36h, 30d, 8w or 10y (of 366 days each)`
	periodLeast   = day
)

// String gives the form that the settings use: forever, 10y, 30d or 36h0m0s.
func (p Period) String() string {
	switch {
	case p.Forever:
		return "forever"
	case p.For == 0:
		return ""
	case p.For%year == 0:
		return strconv.Itoa(int(p.For/year)) + "y"
	}
	return Keep{Delete: true, After: p.For}.String()
}

// MarshalText gives the form of String.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads forever, a Go duration, or a whole number of days (d),
// weeks (w) or years of 366 days (y): from a day to a hundred years.
func (p *Period) UnmarshalText(text []byte) error {
	if string(text) == "forever" {
		*p = Period{Forever: true}
		return nil
	}
	d, err := keepTime(string(text))
	switch {
	case err != nil:
		return err
	case d < periodLeast:
		return errors.New("is less than a day")
	case d > keepMost:
		return errors.New("is more than a hundred years")
	}
	*p = Period{For: d}
	return nil
}

// checkRetention judges the rules, and that each can match at all.
func (s *Settings) checkRetention() {
	if s.RetentionNotice.Forever {
		s.places.fault("retention_notice", "forever is none", "a time such as 36h, 7d or 2w")
	}
	names := map[string]int{}
	for i, r := range s.Retention {
		key := fmt.Sprintf("retention[%d]", i)
		if r.Name != "" {
			s.name(key, r.Name, i, names)
		}
		if r.Class != "" {
			s.oneOf(key+".class", r.Class, "ham", "unsure", "spam")
		}
		for field, text := range map[string]string{"user": r.User, "mailbox": r.Mailbox, "rule": r.Rule} {
			if !utf8.ValidString(text) || len(text) > textMost {
				s.places.fault(key+"."+field, fmt.Sprintf("%.40q… is none", text), fmt.Sprintf("at most %d octets of text", textMost))
			}
		}
		if r.Keep == (Period{}) {
			s.places.fault(key+".keep", "is missing", periodAllowed)
		}
		for j, before := range s.Retention[:i] {
			if before.takes(r) {
				s.places.fault(key, fmt.Sprintf("never matches: retention[%d] on line %d takes all of its mail", j, s.places.line(fmt.Sprintf("retention[%d]", j))),
					"the narrower rule first")
				break
			}
		}
	}
}

// takes tells whether every message of another rule is also one of r.
func (r Retention) takes(other Retention) bool {
	wider := func(a, b string) bool { return a == "" || a == b }
	return wider(r.User, other.User) && wider(r.Mailbox, other.Mailbox) && wider(r.Class, other.Class) && wider(r.Rule, other.Rule)
}
