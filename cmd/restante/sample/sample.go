package sample

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Needle stands in the text of exactly one message, in no subject, and each of
// its words in no other message.
const Needle = "periwinkle ballast quarrel"

// NeedleJa stands in exactly one message, in the middle of running Japanese
// text that is encoded in ISO-2022-JP.
const NeedleJa = "翡翠色の測量船"

// Message is one sample message and what is known of it.
type Message struct {
	Account int    // the upstream that holds it, 0 or 1; of no meaning where Train is set
	Gold    string // what it truly is: "ham" or "spam"
	Train   bool   // shown to the filter beforehand and in no mailbox
	Broken  string // the rule it breaks on purpose; empty where it is well formed
	Raw     []byte // the message as sent, lines ended by CRLF

	date time.Time
}

// span is how far back the oldest message lies.
const span = 2 * 365 * 24 * time.Hour

// Messages makes the sample mail, the messages for training first, then those
// of the mailboxes, each group from old to new. Dates spread over the two years
// before now. The same now gives the same bytes.
func Messages(now time.Time) []Message {
	g := &gen{
		// Any fixed seed does; it only has to stay the same.
		rng:   rand.New(rand.NewPCG(1939, 5322)),
		now:   now.UTC().Truncate(time.Second),
		turns: make(map[string]int),
	}
	for _, kinds := range [][]kind{hamEnglish, hamGerman, hamJapanese, spamEnglish, spamGerman, spamJapanese} {
		for i := range kinds {
			g.deal(&kinds[i])
		}
	}
	for _, talks := range [][]talk{talksEnglish, talksGerman, talksJapanese} {
		for i := range talks {
			g.converse(&talks[i])
		}
	}
	g.odd()
	slices.SortStableFunc(g.out, func(a, b Message) int {
		if a.Train != b.Train {
			if a.Train {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.date.Unix(), b.date.Unix())
	})
	return g.out
}

// gen holds what the making of one set needs.
type gen struct {
	rng    *rand.Rand
	now    time.Time
	serial int
	turns  map[string]int
	out    []Message
}

// add renders a mail and puts it into an account.
func (g *gen) add(account int, gold string, train bool, m *note) {
	g.out = append(g.out, Message{Account: account, Gold: gold, Train: train, Raw: m.render(), date: m.date})
}

// between is a number in [low, high].
func (g *gen) between(low, high int) int {
	return low + g.rng.IntN(high-low+1)
}

// moment is a time in the two years before now. The last week is left free, so
// that a conversation that starts here ends before now.
func (g *gen) moment(lang string) time.Time {
	const week = 7 * 24 * time.Hour
	back := week + time.Duration(g.rng.Int64N(int64(span-week)))
	return g.now.Add(-back).Truncate(time.Second).In(zone(lang))
}

// id is a fresh Message-ID at a domain, without its angle brackets.
func (g *gen) id(domain string) string {
	g.serial++
	return fmt.Sprintf("%08x.%04d@%s", g.rng.Uint32(), g.serial, domain)
}

// deck deals the numbers below n in a shuffled order, again and again.
type deck struct {
	order []int
	next  int
}

func (g *gen) deck(n int) *deck { return &deck{order: g.rng.Perm(n)} }

func (d *deck) draw() int {
	card := d.order[d.next%len(d.order)]
	d.next++
	return card
}

// zone is where mail in a language is written. Fixed offsets need no time zone
// data on the machine.
func zone(lang string) *time.Location {
	switch lang {
	case "de":
		return time.FixedZone("", 1*60*60)
	case "ja":
		return time.FixedZone("", 9*60*60)
	default:
		return time.FixedZone("", -5*60*60)
	}
}
