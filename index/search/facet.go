package search

import (
	"strings"

	"restante/filter/letter"
	"restante/index"
)

// Facets counts what an answer holds, hits on other pages too. The largest
// counts come first; years come newest first.
type Facets struct {
	Senders   []Count // addresses, as from: takes them; at most 20
	Mailboxes []Count // as in: takes them
	Accounts  []Count // as account: takes them
	Years     []Count // as on: takes them
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
	return strings.Join([]string{cut(m.Account, maxKeyword), cut(m.Mailbox, maxKeyword), strings.Join(kinds, " "), sender}, facetApart)
}

// facetApart stands between the parts of a facet key. Mailboxes and accounts hold
// no control characters.
const facetApart = "\x1f"
