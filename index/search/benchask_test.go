package search_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
	"unicode"

	"restante/filter/letter"
	"restante/index"
	"restante/index/search"
)

// class is a kind of question with examples, which are asked in several ways.
type class struct {
	Name    string
	Queries []string
}

// answered is how long the answers of a class took, in one way of asking.
type answered struct {
	Class, How string
	Wall, CPU  spread
	Hits       float64 // of one answer, on average
}

// spread is how long most answers took, and the slowest of a hundred.
type spread struct{ Median, P99 time.Duration }

func spreadOf(took []time.Duration) spread {
	slices.Sort(took)
	return spread{took[len(took)/2], took[len(took)*99/100]}
}

// ways are those in which a question is asked. Page.Rough is what a page on a
// screen needs: it is full, and there is more.
var ways = []struct {
	name string
	page search.Page
}{
	{"newest, counted", search.Page{}},
	{"newest, a page", search.Page{Rough: true}},
	{"score", search.Page{ByScore: true}},
}

const (
	sampled   = 3000 // messages that questions are made of
	questions = 40   // of a class
	asked     = 3    // times each
)

// classes makes questions of what some of n messages say.
func classes(n int, read func(i int) ([]byte, error)) (out []class, err error) {
	r := rand.New(rand.NewPCG(7, 7))
	holds := map[string]int{} // messages of the sample with a word
	dense := map[string]bool{}
	var phrases, from, month []string
	all := min(sampled, n)
	for range all {
		raw, err := read(r.IntN(n))
		if err != nil {
			return nil, err
		}
		l := letter.ReadBytes(raw)
		words := strings.FieldsFunc(strings.ToLower(l.Text), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
		seen := map[string]bool{}
		var plain []string
		for _, w := range words {
			if isDense(w) {
				if c := []rune(w); len(c) >= 4 {
					at := r.IntN(len(c) - 2)
					dense[string(c[at:at+2+r.IntN(2)])] = true
				}
				plain = append(plain, "")
				continue
			}
			plain = append(plain, w)
			if !seen[w] && len(w) > 2 && len(w) < 20 {
				seen[w] = true
				holds[w]++
			}
		}
		if len(plain) > 8 {
			at := r.IntN(len(plain) - 4)
			if p := plain[at : at+2+r.IntN(3)]; !slices.Contains(p, "") {
				phrases = append(phrases, `"`+strings.Join(p, " ")+`"`)
			}
		}
		if len(l.From) > 0 {
			if _, domain, ok := strings.Cut(l.From[0].Addr, "@"); ok && !strings.ContainsAny(domain, ` "()`) {
				from = append(from, "from:"+domain)
			}
		}
		month = append(month, "on:"+search.Date(index.Message{Received: now}, l).Format("2006-01"))
	}
	between := func(lo, hi float64) (out []string) {
		for _, w := range slices.Sorted(maps.Keys(holds)) {
			if k := float64(holds[w]) / float64(all); k >= lo && k < hi {
				out = append(out, w)
			}
		}
		return out
	}
	pick := func(of []string) []string {
		r.Shuffle(len(of), func(i, k int) { of[i], of[k] = of[k], of[i] })
		return slices.Clone(of[:min(questions, len(of))])
	}
	terms := between(0.005, 0.03)
	pair := func(fields []string) (out []string) {
		for i, w := range pick(terms) {
			if len(fields) > 0 {
				out = append(out, fields[i%len(fields)]+" "+w)
			}
		}
		return out
	}
	var prefixes []string
	for _, w := range between(0.002, 0.03) {
		if len(w) > 4 {
			prefixes = append(prefixes, w[:4]+"*")
		}
	}
	common := pick(between(0.15, 0.9))
	unread := []string{"is:unread", "is:read"}
	for _, w := range common {
		unread = append(unread, "is:unread "+w)
	}
	slices.Sort(prefixes)
	for _, c := range []class{
		{"term", pick(terms)},
		{"rare", pick(between(0, 1.5/float64(all)))},
		{"common", common},
		{"phrase", pick(phrases)},
		{"from+term", pair(pick(from))},
		{"date+term", pair(pick(month))},
		{"prefix", pick(slices.Compact(prefixes))},
		{"unread", unread},
		{"CJK", pick(slices.Sorted(maps.Keys(dense)))},
	} {
		if len(c.Queries) > 0 { // some mail has no such words
			out = append(out, c)
		}
	}
	return out, nil
}

// unreadOf says that of n messages every tenth is unread.
func unreadOf(n int) func(context.Context, string) ([]int64, error) {
	ids := make([]int64, n/10)
	for i := range ids {
		ids[i] = int64(10*i + 1)
	}
	return func(context.Context, string) ([]int64, error) { return slices.Clone(ids), nil }
}

func isDense(w string) bool {
	return strings.ContainsFunc(w, func(c rune) bool { return c >= 0x3040 && c < 0xa000 })
}

// askClasses asks every question in every way some times.
func askClasses(c *search.Catalogue, classes []class) (out []answered, err error) {
	for _, class := range classes {
		for _, way := range ways {
			a := answered{Class: class.Name, How: way.name}
			var walls, cpus []time.Duration
			for _, text := range class.Queries {
				q, err := search.Parse(text, now)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", text, err)
				}
				for range asked {
					began, start := used(), time.Now()
					got, err := c.Search(context.Background(), "ada", q, way.page)
					if err != nil {
						return nil, fmt.Errorf("%s: %w", text, err)
					}
					walls, cpus = append(walls, time.Since(start)), append(cpus, used()-began)
					a.Hits += float64(got.Total)
				}
			}
			a.Hits /= float64(len(walls))
			a.Wall, a.CPU = spreadOf(walls), spreadOf(cpus)
			out = append(out, a)
		}
	}
	return out, nil
}

// report says how all answers did. A benchmark's log is cut after ten lines.
func report(all []answered) {
	fmt.Printf("%-9s  %-15s  %9s  %9s  %9s  %9s  %9s   (ms)\n", "class", "order", "hits", "p50", "p99", "CPU p50", "CPU p99")
	for _, a := range all {
		fmt.Printf("%-9s  %-15s  %9.0f  %9.2f  %9.2f  %9.2f  %9.2f\n", a.Class, a.How, a.Hits, ms(a.Wall.Median), ms(a.Wall.P99), ms(a.CPU.Median), ms(a.CPU.P99))
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
