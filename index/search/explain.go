package search

import (
	"fmt"
	"strings"
	"time"
)

// Explain says in plain words what a question was understood as, a line for each
// of its parts; what belongs to one stands below it, further in.
func (q *Query) Explain() []string {
	if q.root == nil {
		return []string{"all mail"}
	}
	return explain(nil, q.root, 0)
}

func explain(out []string, n node, depth int) []string {
	in := strings.Repeat("  ", depth)
	group := func(title string, parts []node) []string {
		out = append(out, in+title)
		for _, k := range parts {
			out = explain(out, k, depth+1)
		}
		return out
	}
	switch n := n.(type) {
	case allOf:
		return group("all of these:", n)
	case anyOf:
		return group("any of these:", n)
	case notNod:
		return group("not this:", []node{n.of})
	case days:
		return append(out, in+n.explain())
	case octets:
		return append(out, fmt.Sprintf("%s%s than %d octets", in, n.field, n.n))
	case match:
		return append(out, in+n.explain())
	}
	return out
}

func (n days) explain() string {
	day := func(d int64) string { return time.Unix(d*86400, 0).UTC().Format(time.DateOnly) }
	switch {
	case n.field == "before" && n.hi < 0:
		return "sent before 1970: nothing was"
	case n.field == "before":
		return "sent on " + day(n.hi) + " or before (UTC)"
	case n.field == "after":
		return "sent on " + day(n.lo) + " or after (UTC)"
	case n.lo == n.hi:
		return "sent on " + day(n.lo) + " (UTC)"
	}
	return "sent from " + day(n.lo) + " to " + day(n.hi) + " (UTC)"
}

// inWhat says what the fields look in.
var inWhat = map[string]string{
	"": "anywhere in the message", "subject": "in the subject", "body": "in the text or an attachment", "filename": "in the name of an attachment",
	"from": "in the name or address of the sender", "to": "in a name or address in To or Cc", "cc": "in a name or address in Cc",
	"with": "in the name or address of the sender, or in To or Cc", "list": "in the name of the mailing list",
}

// whose says where an address of the owner's is looked for.
var whose = map[string]string{"from": "sent by you", "to": "to you, in To or Cc", "cc": "to you, in Cc", "with": "sent by you or to you"}

func (n match) explain() string {
	if who, ok := whose[n.field]; ok && n.isMe() {
		return who + ": by an address that an account of yours signs in with"
	}
	switch n.field {
	case "in":
		if n.isAnywhere() {
			return "in any mailbox"
		}
		return fmt.Sprintf("in the mailbox %q", keyword(n.text))
	case "label":
		return fmt.Sprintf("in the mailbox %q, or with that label", keyword(n.text))
	case "account":
		return fmt.Sprintf("taken from the account %q", keyword(n.text))
	case "id":
		return fmt.Sprintf("with the Message-ID %q", messageID(n.text))
	case "is":
		if n.text == isUnread {
			return "unread: listed in the maildrop still"
		}
		return "judged as " + n.text
	case "has":
		switch n.text {
		case hasLink:
			return "with a link"
		case hasAttachment:
			return "with an attachment"
		case hasUnreadable:
			return "with an attachment that could not be read, or not to its end"
		}
		return "with an attachment of the kind " + n.text
	}
	var words []string
	analyze(n.text, 0, func(t []byte, _ int, s shape) {
		if s != last {
			words = append(words, string(t))
		}
	})
	what := "the word"
	switch {
	case n.prefix:
		what = "a word that begins with"
	case n.fuzzy:
		what = "a word like"
	case len(words) > 1 && n.field != "" && n.field != "subject" && n.field != "body":
		what = "all the words" // no places are kept of them
	case len(words) > 1 && n.quoted:
		what = "the phrase"
	case len(words) > 1:
		what = "the words next to each other"
	}
	return fmt.Sprintf("%s %q %s", what, strings.Join(words, " "), inWhat[n.field])
}
