package schedule

import (
	"slices"
	"time"
)

const (
	day       = 24 * time.Hour
	gapsMost  = 20
	gapsLeast = 5       // to know what is usual
	quietest  = 4       // times the usual is unusual
	quietFrom = 3 * day // and never less than this
)

// Mail is an account's habit: how often it gets any.
type Mail struct {
	Last  time.Time `json:"last,omitzero"`   // when a round last took any
	Day   time.Time `json:"day,omitzero"`    // when the last day with mail began
	Gaps  []int     `json:"gaps,omitempty"`  // in days, between the last days with mail
	Quiet bool      `json:"quiet,omitempty"` // there was none for unusually long
}

// came notes that there was mail. Days are counted, not messages: a busy morning
// would make an evening look quiet.
func (m Mail) came(now time.Time) Mail {
	switch days := int(now.Sub(m.Day) / day); {
	case m.Day.IsZero() || now.Before(m.Day):
		m.Day = now
	case days > 0:
		m.Gaps = append(slices.Clone(m.Gaps), days)
		m.Gaps = m.Gaps[max(0, len(m.Gaps)-gapsMost):]
		m.Day = now
	}
	m.Last = now
	m.Quiet = false
	return m
}

// Usual is how long the account is mostly without mail: four gaps of five are no
// longer. 0 where too little is known.
func (m Mail) Usual() time.Duration {
	if len(m.Gaps) < gapsLeast {
		return 0
	}
	sorted := slices.Sorted(slices.Values(m.Gaps))
	return time.Duration(sorted[(len(sorted)-1)*4/5]) * day
}

// looked notes that the maildrop was looked into, mail or not.
func (m Mail) looked(now time.Time) Mail {
	usual := m.Usual()
	m.Quiet = usual > 0 && now.Sub(m.Last) > max(quietest*usual, quietFrom)
	return m
}
