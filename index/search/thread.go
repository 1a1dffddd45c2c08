package search

import (
	"hash/fnv"

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
			var b [9]byte
			put7(b[:], h.Sum64()>>1)
			out = append(out, string(b[:]))
		}
	}
	return out
}
