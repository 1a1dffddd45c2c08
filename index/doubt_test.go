package index_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"restante/fetch/corpora"
	"restante/filter"
	"restante/filter/bayes"
	"restante/filter/letter"
	"restante/index"
)

// The cut-offs of the settings as they come.
const (
	hamCutoff  = 0.2
	spamCutoff = 0.9
)

// know gives an owner a model.
func (h *house) know(t *testing.T, owner string, m *bayes.Model) {
	t.Helper()
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	if err := h.store.SaveModel(context.Background(), owner, 0, b.Bytes()); err != nil {
		t.Fatal(err)
	}
}

func (h *house) doubt(t *testing.T, owner string, now filter.Class) *index.Doubt {
	t.Helper()
	d, err := h.Doubt(context.Background(), owner, now, hamCutoff, spamCutoff)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// about makes a letter about something.
func about(words string, i int) *letter.Letter {
	return letter.ReadBytes(fmt.Appendf(nil, "From: %s@%s.example\r\nSubject: %[2]s %[3]d\r\n\r\n%[2]s and more %[2]s.\r\n", "x", words, i))
}

func TestDoubt_NeedsAFilterThatKnowsAndTenLettersInEarnest(t *testing.T) {
	h := newHouse(t)
	m := bayes.New()
	for i := range 100 {
		if i == 99 {
			h.know(t, "young", m)
		}
		m.Learn(bayes.Features(about("pills", i)), bayes.None, bayes.Spam)
		m.Learn(bayes.Features(about("lunch", i)), bayes.None, bayes.Ham)
	}
	h.know(t, "ada", m)
	if h.doubt(t, "young", filter.Spam) != nil {
		t.Error("a filter of 99 lessons a class has something to say")
	}
	if h.doubt(t, "ada", filter.Unsure) != nil {
		t.Error("what is forgotten is doubted")
	}
	for _, tt := range []struct {
		now       filter.Class
		spam, ham int
		against   int
		grave     bool
	}{
		{filter.Ham, 9, 0, 9, false},
		{filter.Ham, 10, 0, 10, true},
		{filter.Ham, 10, 19, 10, true},
		{filter.Ham, 10, 20, 10, false}, // a third, not more
		{filter.Spam, 30, 0, 0, false},
		{filter.Spam, 0, 10, 10, true},
		{filter.Spam, 0, 0, 0, false},
	} {
		d := h.doubt(t, "ada", tt.now)
		for i := range tt.spam {
			d.Look(fmt.Sprint("spam ", i), about("pills", 1000+i))
		}
		for i := range tt.ham {
			d.Look(fmt.Sprint("ham ", i), about("lunch", 1000+i))
		}
		if d.Looked != tt.spam+tt.ham || len(d.Against) != tt.against || d.Grave() != tt.grave {
			t.Errorf("%+v: %d of %d against, grave %v", tt, len(d.Against), d.Looked, d.Grave())
		}
		worst := d.Worst(3)
		if len(worst) != min(3, tt.against) {
			t.Errorf("%+v: worst %v", tt, worst)
		}
		for _, x := range worst {
			if wrong := x.Score >= spamCutoff; wrong != (tt.now == filter.Ham) {
				t.Errorf("%+v: %+v is not against it", tt, x)
			}
		}
	}
}

type labelled struct {
	spam   bool
	letter *letter.Letter
}

func stream(t *testing.T, name string) (all []labelled) {
	t.Helper()
	list := corpora.Index(t, name)
	b, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		label, path, _ := strings.Cut(strings.TrimSpace(line), "\t")
		raw, err := os.ReadFile(filepath.Join(filepath.Dir(list), path))
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, labelled{label == "spam", letter.ReadBytes(raw)}); len(all) == 1200 {
			break
		}
	}
	return all
}

// Honest training is never held up, of a filter's own kind of mail or of mail
// strange to it; the wrong label is.
func TestDoubt_OnRealMail(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("reads much mail")
	}
	names := []string{"spamassassin", "modern", "csdmc2010"}
	mail := map[string][]labelled{}
	for _, name := range names {
		mail[name] = stream(t, name)
	}
	const lessons, batch = 300, 100 // of each class
	h := newHouse(t)
	for _, owner := range names {
		m := bayes.New()
		teacher := bayes.NewTeacher(m)
		taught := map[bool]int{}
		rest := mail[owner]
		for len(rest) > 0 && min(taught[true], taught[false]) < lessons {
			label := bayes.Ham
			if rest[0].spam {
				label = bayes.Spam
			}
			teacher.Learn(bayes.Features(rest[0].letter), bayes.None, label)
			taught[rest[0].spam]++
			rest = rest[1:]
		}
		h.know(t, owner, m)
		for _, name := range names {
			from := mail[name]
			if name == owner {
				from = rest
			}
			for _, spam := range []bool{false, true} {
				honest, wrong := h.doubt(t, owner, filter.Ham), h.doubt(t, owner, filter.Spam)
				if spam {
					honest, wrong = wrong, honest
				}
				for _, x := range from {
					if x.spam == spam && honest.Looked < batch {
						honest.Look(name, x.letter)
						wrong.Look(name, x.letter)
					}
				}
				t.Logf("%s to the filter of %s, spam %v: against the right label %d of %d, the wrong one %d",
					name, owner, spam, len(honest.Against), honest.Looked, len(wrong.Against))
				if honest.Grave() {
					t.Errorf("%s to the filter of %s, spam %v: honest training is doubted", name, owner, spam)
				}
				if name == owner && honest.Looked >= 30 && !wrong.Grave() {
					t.Errorf("%s, spam %v: the wrong label is not doubted", name, spam)
				}
			}
		}
	}
}
