package webtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"restante/fetch"
	"restante/filter"
)

// together is how many messages are delivered at once: one commit serves many.
const together = 64

// Fill has so many messages kept, of many kinds and of two years until now, and the
// catalogue see them. The same number gives the same messages.
func (h *House) Fill(owner string, n int) {
	h.t.Helper()
	var g errgroup.Group
	g.SetLimit(together)
	now, apart := time.Now(), 2*365*24*time.Hour/time.Duration(max(n, 1))
	for i := range n {
		g.Go(func() error {
			at := now.Add(-time.Duration(n-i) * apart)
			p, err := fetch.Pack(h.dir, strings.NewReader(letterOf(rand.New(rand.NewPCG(uint64(i), 1)), i, at)))
			if err != nil {
				return err
			}
			defer p.Close()
			p.Owner, p.Account, p.UID, p.Received = owner, "isp-"+strconv.Itoa(i%3), "fill-"+strconv.Itoa(i), at
			switch {
			case i%10 == 0:
				p.Mailbox = []string{"lists", "invoices", "family", "work"}[i/10%4]
			case i%7 == 4: // an untaught filter is not sure of it
				p.Mailbox = filter.Quarantine
			}
			return h.Sorter.Deliver(context.Background(), p)
		})
	}
	h.must(g.Wait())
	h.CatchUp()
}

// word gives a word that letters are written with: few come often, many rarely.
func word(r *rand.Rand) string {
	const syllables = "ba be bi bo bu da de di do du ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no nu ra re ri ro ru sa se si so su ta te ti to tu"
	all := strings.Fields(syllables)
	n := int(r.ExpFloat64() * 400)
	var b strings.Builder
	for {
		b.WriteString(all[n%len(all)])
		if n /= len(all); n == 0 {
			return b.String()
		}
	}
}

func words(r *rand.Rand, n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = word(r)
	}
	return strings.Join(all, " ")
}

// letterOf writes the letter of a number.
func letterOf(r *rand.Rand, i int, at time.Time) string {
	from := int(r.ExpFloat64() * 60)
	subject, body := words(r, 2+r.IntN(6)), words(r, 40+r.IntN(200))
	var head, more string
	switch {
	case i%10 == 3:
		subject, body = "渡船の予約について", "翡翠色の測量船について、来週の火曜日に港で打ち合わせをお願いします。"+body
	case i%10 == 5:
		body = "<html><body><p>" + body + "</p><img src=\"https://example.com/a.png\"></body></html>"
		head = "Content-Type: text/html; charset=utf-8\r\n"
	case i%7 == 4:
		subject = fmt.Sprintf("WINNER %d claim now", i)
		body = "Click here http://192.0.2.1/win and claim your prize now!!! " + body
	case i%4 == 1 && i > 40:
		subject, more = "Re: "+subject, fmt.Sprintf("In-Reply-To: <%d@example.net>\r\nReferences: <%d@example.net>\r\n", i-r.IntN(40)-1, i-r.IntN(40)-1)
	}
	text := fmt.Sprintf("From: Person %d <person%d@domain%d.example>\r\nTo: Ada <ada@example.org>\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%d@example.net>\r\nMIME-Version: 1.0\r\n%s",
		from, from, from%40, subject, at.Format(time.RFC1123Z), i, more)
	if i%12 == 6 {
		return text + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + body +
			"\r\n--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=\"plan.csv\"\r\n\r\nday,hour\r\n--b--\r\n"
	}
	if head == "" {
		head = "Content-Type: text/plain; charset=utf-8\r\n"
	}
	return text + head + "\r\n" + body + "\r\n"
}
