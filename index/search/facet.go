package search

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"restante/filter/letter"
	"restante/index"
)

// Facets counts what an answer holds, hits on other pages too. The largest
// counts come first; years come newest first.
type Facets struct {
	Senders   []Count // addresses, as from: takes them; at most 20
	Mailboxes []Count // as in: takes them
	Accounts  []Count // as account: takes them
	Years     []Count // in UTC, as on: takes them
	Kinds     []Count // of attachments, as has: takes them
}

// Count is one value of a facet.
type Count struct {
	Value string
	Hits  uint64
}

const mostSenders = 20

// facetKey holds all that is counted of a message in one doc value, because each
// that is read costs the same, however short it is.
func facetKey(m index.Message, from []letter.Address, has []string) string {
	sender := ""
	if len(from) > 0 {
		sender = keyword(from[0].Addr)
	}
	var kinds []string
	for _, h := range has {
		if h != hasAttachment && h != hasLink {
			kinds = append(kinds, h)
		}
	}
	return strings.Join([]string{letter.Clip(m.Account, maxKeyword), letter.Clip(m.Mailbox, maxKeyword), strings.Join(kinds, " "), sender}, facetApart)
}

// facetApart stands between the parts of a facet key. Mailboxes and accounts hold
// no control characters.
const facetApart = "\x1f"

// counting counts hits by their facet key, most of which come again and again.
type counting struct {
	keys  map[string]*uint64
	years map[int]uint64
}

func newCounting() *counting {
	return &counting{keys: map[string]*uint64{}, years: map[int]uint64{}}
}

func (c *counting) add(facets, when []byte) {
	n := c.keys[string(facets)]
	if n == nil {
		n = new(uint64)
		c.keys[string(facets)] = n
	}
	*n++
	c.years[time.Unix(keySeconds(when), 0).UTC().Year()]++
}

// facets takes the keys apart.
func (c *counting) facets() *Facets {
	var by [4]map[string]uint64
	for i := range by {
		by[i] = map[string]uint64{}
	}
	for key, n := range c.keys {
		parts := strings.SplitN(key, facetApart, len(by))
		for i, part := range parts {
			values := []string{part}
			if i == 2 {
				values = strings.Fields(part)
			}
			for _, v := range values {
				if v != "" {
					by[i][v] += *n
				}
			}
		}
	}
	years := map[string]uint64{}
	for y, n := range c.years {
		years[strconv.Itoa(y)] += n
	}
	f := &Facets{Accounts: counts(by[0]), Mailboxes: counts(by[1]), Kinds: counts(by[2]), Senders: counts(by[3]), Years: counts(years)}
	slices.SortFunc(f.Years, func(a, b Count) int { return cmp.Compare(b.Value, a.Value) })
	f.Senders = f.Senders[:min(len(f.Senders), mostSenders)]
	return f
}

func counts(by map[string]uint64) []Count {
	out := make([]Count, 0, len(by))
	for _, v := range slices.Sorted(maps.Keys(by)) {
		out = append(out, Count{v, by[v]})
	}
	slices.SortStableFunc(out, func(a, b Count) int { return cmp.Compare(b.Hits, a.Hits) })
	return out
}
