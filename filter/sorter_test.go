package filter_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"restante/fetch"
	"restante/filter"
	"restante/filter/bayes"
	"restante/filter/letter"
	"restante/filter/rule"
)

// shelf remembers what it was handed.
type shelf struct {
	got *filter.Sorted
	err error
}

func (s *shelf) Shelve(_ context.Context, in *filter.Sorted) error { s.got = in; return s.err }

// oneModel is everybody's.
type oneModel struct{ m *bayes.Model }

func (o oneModel) Model(context.Context, string) (*bayes.Model, error) { return o.m, nil }

const (
	pills = "From: x@pills.example\r\nSubject: cheap pills\r\n\r\nbuy cheap pills now, cheap cheap pills\r\n"
	lunch = "From: ada@example.com\r\nSubject: lunch\r\n\r\nshall we have lunch on Thursday, the usual place\r\n"
)

// taught is a model that knows pills from lunch.
func taught() *bayes.Model {
	m := bayes.New()
	for range 300 {
		m.Learn(bayes.Features(letter.ReadBytes([]byte(pills))), bayes.None, bayes.Spam)
		m.Learn(bayes.Features(letter.ReadBytes([]byte(lunch))), bayes.None, bayes.Ham)
	}
	return m
}

func deliver(t *testing.T, text string, o filter.Options, more ...func(*fetch.Parcel)) (*filter.Sorted, error) {
	t.Helper()
	p, err := fetch.Pack(t.TempDir(), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.Owner, p.Account = "ada", "isp"
	for _, f := range more {
		f(p)
	}
	s := &shelf{}
	if o.Shelf == nil {
		o.Shelf = s
	}
	if o.Models == nil {
		o.Models = oneModel{taught()}
	}
	o.HamCutoff, o.SpamCutoff = 0.2, 0.9
	err = filter.New(o).Deliver(context.Background(), p)
	return s.got, err
}

func TestDeliver_SendsEachClassWhereItBelongs(t *testing.T) {
	into := func(mailbox string) func(*fetch.Parcel) { return func(p *fetch.Parcel) { p.Mailbox = mailbox } }
	for _, tt := range []struct {
		name, text string
		tag        bool
		more       []func(*fetch.Parcel)
		class      filter.Class
		mailbox    string
		tagged     string
	}{
		{"ham", lunch, false, nil, filter.Ham, "inbox", ""},
		{"spam", pills, false, nil, filter.Spam, "spam", ""},
		{"spam, tagged", pills, true, nil, filter.Spam, "inbox", "[SPAM] "},
		{"spam with a place", pills, false, []func(*fetch.Parcel){into("old")}, filter.Spam, "old", ""},
		{"nothing known", "Subject: zebra\r\n\r\nquagga\r\n", false, nil, filter.Unsure, "inbox", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := deliver(t, tt.text, filter.Options{TagSpam: tt.tag}, tt.more...)
			if err != nil {
				t.Fatal(err)
			}
			if v := got.Verdict; v.Class != tt.class || v.Mailbox != tt.mailbox || got.Tag != tt.tagged {
				t.Errorf("%v %.3f in %q, tag %q", v.Class, v.Score, v.Mailbox, got.Tag)
			}
		})
	}
}

func TestDeliver_ReasonsNameWordsAndRules(t *testing.T) {
	set, problems, err := rule.Parse("t.cf", strings.NewReader("body CHEAP /cheap pills/\nscore CHEAP 2\ndescribe CHEAP Offers cheap pills\n"))
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	got, err := deliver(t, pills, filter.Options{Rules: set})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range got.Verdict.Reasons {
		names = append(names, r.Name)
		if r.Weight <= 0 || r.Text == "" {
			t.Errorf("reason %+v says nothing against spam", r)
		}
	}
	if strings.Join(names, " ") != "bayes CHEAP" {
		t.Errorf("reasons %v", names)
	}
	for _, want := range []string{"X-Spam-Flag: YES\r\n", "X-Spam-Status: Yes, score=", "tests=bayes,CHEAP", "X-Spam-Score: 0.9", "X-Restante-Account: isp\r\n"} {
		if !strings.Contains(got.Added, want) {
			t.Errorf("%q is not in %q", want, got.Added)
		}
	}
}

func TestDeliver_RulesAloneNeedMoreThanSpamAssassinsFive(t *testing.T) {
	for _, tt := range []struct {
		points string
		class  filter.Class
	}{{"5.0", filter.Unsure}, {"5.6", filter.Spam}, {"100", filter.Spam}, {"-100", filter.Ham}} {
		set, _, err := rule.Parse("t.cf", strings.NewReader("body X /quagga/\nscore X "+tt.points+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := deliver(t, "Subject: zebra\r\n\r\nquagga\r\n", filter.Options{Rules: set, Models: oneModel{bayes.New()}})
		if err != nil || got.Verdict.Class != tt.class {
			t.Errorf("%s points: %v, %v", tt.points, got.Verdict.Class, err)
		}
	}
}

func TestDeliver_HeaderCannotBeBrokenOutOf(t *testing.T) {
	got, err := deliver(t, lunch, filter.Options{}, func(p *fetch.Parcel) { p.Account = "a\r\nX-Evil: 1\r\n\r\nü" })
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got.Added, "\nX-Evil") || strings.Contains(got.Added, "\r\n\r\n") {
		t.Errorf("%q", got.Added)
	}
	for line := range strings.SplitSeq(got.Added, "\r\n") {
		if len(line) > 78 {
			t.Errorf("line of %d octets: %q", len(line), line)
		}
	}
}

func TestDeliver_PassesTheShelfsErrorOn(t *testing.T) {
	full := errors.New("disk full")
	if _, err := deliver(t, lunch, filter.Options{Shelf: &shelf{err: full}}); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}
