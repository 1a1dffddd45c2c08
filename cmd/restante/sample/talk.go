package sample

import (
	"fmt"
	"strings"
	"time"
)

// turn is one message of a conversation.
type turn struct {
	who  person
	text string
}

// talk is a conversation: every turn answers the one before, quotes it and
// lists all its forebears in References (RFC 5322, section 3.6.4).
type talk struct {
	lang    string
	account int
	subject string
	list    *list // nil for a private one
	turns   []turn
}

// converse makes the messages of a talk. What the owner wrote herself is in no
// mailbox of hers, but others quote it.
func (g *gen) converse(t *talk) {
	owner := owners[t.account]
	date := g.moment(t.lang)
	var refs []string
	var before *note
	for i, turn := range t.turns {
		m := g.blank(t.lang, turn.who, owner)
		m.date, m.refs, m.subject = date, refs, t.subject
		m.text = layout(t.lang, turn.text)
		if i > 0 {
			m.subject = "Re: " + t.subject
			m.text = quote(before) + "\n" + m.text
		}
		if t.list != nil {
			t.list.sign(m)
		}
		if turn.who.addr != owner.addr {
			g.add(t.account, "ham", false, m)
		}
		refs = append(refs[:len(refs):len(refs)], m.id)
		before = m
		date = date.Add(time.Duration(g.between(20, 20*60)) * time.Minute)
	}
}

// quote repeats a message as mail programs do above an answer. Older layers of
// quotation are left out.
func quote(m *note) string {
	var out strings.Builder
	switch m.lang {
	case "de":
		fmt.Fprintf(&out, "Am %s schrieb %s:\n", m.date.Format("02.01.2006 15:04"), m.from.name)
	case "ja":
		fmt.Fprintf(&out, "%s %s:\n", m.date.Format("2006/01/02 15:04"), m.from.name)
	default:
		fmt.Fprintf(&out, "On %s, %s wrote:\n", m.date.Format("Mon, 2 Jan 2006 at 15:04"), m.from.name)
	}
	_, own, answered := strings.Cut(m.text, "\n\n")
	if !answered || len(m.refs) == 0 {
		own = m.text
	}
	for line := range strings.Lines(strings.TrimSpace(own)) {
		out.WriteString("> " + strings.TrimRight(line, "\n") + "\n")
	}
	return out.String()
}

// list is a mailing list or a newsletter.
type list struct {
	name string // "Rope and Tar"
	id   string // "rope.example.org", RFC 2919
	post person // the address mail to the list goes to
}

// sign adds the fields of a list: RFC 2919, RFC 2369 and the one-click
// unsubscription of RFC 8058.
func (l *list) sign(m *note) {
	m.to = l.post
	m.extra = append(m.extra,
		field{"List-Id", fmt.Sprintf("%s <%s>", l.name, l.id)},
		field{"List-Unsubscribe", fmt.Sprintf("<https://%s/leave?k=%s>, <mailto:leave@%s>", l.post.domain(), m.code, l.post.domain())},
		field{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"},
		field{"Precedence", "list"},
	)
}
