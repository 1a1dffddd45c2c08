package search

import (
	"context"
	"errors"
	"hash/fnv"
	"maps"
	"slices"

	"restante/filter/letter"
)

// mostReferences is how many references of a message count: its first, and the
// last ones. Conversations hang together by what lies between, too.
const mostReferences = 20

// threadKeys are terms for the Message-ID of a message and those that it refers
// to. Two messages that share one are of one conversation. A message without any
// is a conversation of its own, which no term is needed for.
func threadKeys(l *letter.Letter) []string {
	ids := l.References
	if len(ids) > mostReferences {
		ids = append(ids[:1:1], ids[len(ids)-mostReferences+1:]...)
	}
	out := make([]string, 0, 1+len(ids))
	for _, id := range append([]string{l.MessageID}, ids...) {
		if id = messageID(id); id != "" {
			h := fnv.New64a()
			h.Write([]byte(id))
			var b [threadKeyLen]byte
			put7(b[:], h.Sum64()>>1)
			out = append(out, string(b[:]))
		}
	}
	return out
}

// The bounds of one conversation.
const (
	threadRounds = 12
	threadKeysOf = 2000
)

// Conversation is messages that refer to each other, in which a question found
// some.
type Conversation struct {
	Newest   Hit    // the newest that was found
	Found    uint64 // how many were found
	Messages uint64 // how many there are in all
}

// Conversations is an answer by conversations, those with the newest hits first.
type Conversations struct {
	All  []Conversation
	Next string // for Page.After; empty after the last page
}

// Conversations answers an owner's question by conversations. Each is shown once,
// where its newest hit stands. Page.ByScore and Page.Facets do not count. Where
// conversations are very long, a page may hold fewer than asked for.
func (c *Catalogue) Conversations(ctx context.Context, owner string, q *Query, p Page) (Conversations, error) {
	p.ByScore, p.Facets, p.Rough = false, false, true
	if p.Limit <= 0 {
		p.Limit = defaultLimit
	}
	p.Limit = min(p.Limit, maxLimit)
	var out Conversations
	known := map[string]bool{} // thread keys of conversations on this page
	for looked := 0; looked < 20; looked++ {
		got, err := c.Search(ctx, owner, q, p)
		if err != nil {
			return Conversations{}, err
		}
		out.Next = got.Next
		err = c.ask(func(v *view) error {
			g := grouping{ctx: ctx, v: v, mine: c.compile(ctx, owner, nil), asked: c.compile(ctx, owner, q), known: known}
			return g.page(got.Hits, p, &out)
		})
		if err != nil {
			return Conversations{}, fault(err)
		}
		if len(out.All) == p.Limit || out.Next == "" {
			break
		}
		p.After = out.Next
	}
	return out, nil
}

// grouping puts hits into their conversations.
type grouping struct {
	ctx         context.Context
	v           *view
	mine, asked asked
	known       map[string]bool
}

// page adds the conversations of some hits, until there are enough.
func (g grouping) page(hits []Hit, p Page, out *Conversations) error {
	of, err := g.keysOf(hits)
	if err != nil {
		return err
	}
	for i, h := range hits {
		doc, ok := of[h.ID]
		if !ok {
			continue // gone since
		}
		if len(out.All) == p.Limit {
			out.Next = encodePage(p, 0, of[hits[i-1].ID].when)
			return nil
		}
		if slices.ContainsFunc(doc.keys, func(k string) bool { return g.known[k] }) {
			continue
		}
		c := Conversation{Newest: h, Found: 1, Messages: 1}
		if len(doc.keys) > 0 {
			keys, messages, err := g.closure(doc.keys)
			if err != nil {
				return err
			}
			c.Messages, c.Found = uint64(len(messages)), 0
			newest := ""
			err = walk(g.ctx, g.v, every{anyTerm{inThread, keys}, g.asked}, []string{inWhen}, func(v [][]byte) error {
				c.Found++
				newest = max(newest, string(v[0]))
				return nil
			})
			if err != nil {
				return err
			}
			for _, k := range keys {
				g.known[k] = true
			}
			if newest > doc.when {
				continue // it stood on an earlier page
			}
		}
		out.All = append(out.All, c)
	}
	return nil
}

// threaded is what the index holds of a message for this.
type threaded struct {
	when string
	keys []string
}

func (g grouping) keysOf(hits []Hit) (map[int64]threaded, error) {
	ids := make(numbered, len(hits))
	for i, h := range hits {
		ids[i] = h.ID
	}
	out := make(map[int64]threaded, len(hits))
	both := every{ids, g.mine}
	err := walk(g.ctx, g.v, both, []string{inWhen, inThread}, func(v [][]byte) error {
		id, ok := keyMessage(string(v[0]))
		if !ok {
			return badKey(v[0])
		}
		out[id] = threaded{string(v[0]), cutKeys(v[1])}
		return nil
	})
	return out, err
}

const threadKeyLen = 9

func cutKeys(b []byte) (out []string) {
	for ; len(b) >= threadKeyLen; b = b[threadKeyLen:] {
		out = append(out, string(b[:threadKeyLen]))
	}
	return out
}

// closure gives all keys of a conversation some of whose keys are given, and the
// sort keys of its messages, in order. References are often cut short, so it goes
// on from what it finds until nothing is new.
func (g grouping) closure(keys []string) (all []string, messages []string, err error) {
	set := map[string]bool{}
	for _, k := range keys {
		set[k] = true
	}
	for range threadRounds {
		before := len(set)
		all = slices.Sorted(maps.Keys(set))
		messages = messages[:0]
		both := every{anyTerm{inThread, all}, g.mine}
		err := walk(g.ctx, g.v, both, []string{inWhen, inThread}, func(v [][]byte) error {
			messages = append(messages, string(v[0]))
			for _, k := range cutKeys(v[1]) {
				if len(set) < threadKeysOf {
					set[k] = true
				}
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
		if len(set) == before {
			break
		}
	}
	slices.Sort(messages)
	return all, messages, nil
}

// Conversation gives the numbers of all messages of the conversation that an
// owner's message is in, the oldest first; none where the catalogue does not know
// the message.
func (c *Catalogue) Conversation(ctx context.Context, owner string, message int64) (ids []int64, err error) {
	if owner == "" {
		return nil, errors.New("search: no owner")
	}
	err = c.ask(func(v *view) error {
		g := grouping{ctx: ctx, v: v, mine: c.compile(ctx, owner, nil)}
		of, err := g.keysOf([]Hit{{ID: message}})
		if err != nil || len(of) == 0 {
			return err
		}
		if len(of[message].keys) == 0 {
			ids = []int64{message}
			return nil
		}
		_, messages, err := g.closure(of[message].keys)
		for _, key := range messages {
			id, ok := keyMessage(key)
			if !ok {
				return badKey([]byte(key))
			}
			ids = append(ids, id)
		}
		return err
	})
	if err != nil {
		return nil, fault(err)
	}
	return ids, nil
}
