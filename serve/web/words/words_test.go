package words_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"restante/serve/web/words"
)

var verbs = regexp.MustCompile(`%[^%]*?[a-z]`)

func TestLanguages_SayTheSame(t *testing.T) {
	english := words.ByCode("en")
	for _, l := range words.All() {
		for _, key := range english.Keys() {
			base, single := strings.CutSuffix(key, ".one")
			switch {
			case single && l.Code == "ja":
				continue // which has one form
			case !l.Has(key):
				t.Errorf("%s does not say %s", l.Code, key)
				continue
			}
			want, got := verbs.FindAllString(english.Say(key), -1), verbs.FindAllString(l.Say(key), -1)
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s has the arguments %v, want %v", l.Code, key, got, want)
			}
			if single && !english.Has(base) {
				t.Errorf("%s, and no %s", key, base)
			}
		}
		for _, key := range l.Keys() {
			if !english.Has(key) {
				t.Errorf("%s says %s, and English does not", l.Code, key)
			}
		}
	}
}

// Keys stand in templates and in code as they are, or with a beginning and a value
// behind it.
func TestKeys_AreThoseThatThePagesUse(t *testing.T) {
	used := regexp.MustCompile(`"([a-z]+\.[a-z.]*[a-z])"`)
	stems := regexp.MustCompile(`\(print "([a-z.]+\.)"|"([a-z]+\.[a-z.]*)" ?\+`)
	all, stem := map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir("..", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(name, "_test.go") || filepath.Ext(name) != ".go" && filepath.Ext(name) != ".html" {
			return err
		}
		text, err := os.ReadFile(name)
		for _, m := range used.FindAllStringSubmatch(string(text), -1) {
			all[m[1]] = true
		}
		for _, m := range stems.FindAllStringSubmatch(string(text), -1) {
			stem[m[1]+m[2]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	english := words.ByCode("en")
	topics := map[string]bool{}
	for _, key := range english.Keys() {
		topic, _, _ := strings.Cut(key, ".")
		topics[topic] = true
		base := strings.TrimSuffix(key, ".one")
		cut := strings.LastIndexByte(base, '.')
		if !all[base] && !stem[base[:cut+1]] {
			t.Errorf("no page says %s", key)
		}
	}
	for key := range all {
		topic, _, _ := strings.Cut(key, ".")
		if topics[topic] && !english.Has(key) && !strings.HasSuffix(key, ".html") {
			t.Errorf("a page says %s, which there is not", key)
		}
	}
}

func TestForms_AreTheLanguages(t *testing.T) {
	at := time.Date(2026, 3, 5, 14, 7, 0, 0, time.Local)
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.Local)
	for code, want := range map[string][]string{
		"en": {"5 Mar", "5 Mar 2026", "Thu 5 Mar 2026, 14:07", "1,234,567", "12%", "1.5\u00a0KiB", "−0.50", "+2.00", "14:07", "One message", "2 messages"},
		"ja": {"3月5日", "2026年3月5日", "2026年3月5日 (木) 14:07", "1,234,567", "12%", "1.5\u00a0KiB", "−0.50", "+2.00", "14:07", "1通", "2通"},
		"de": {"5. März", "5. März 2026", "Do 5. März 2026, 14:07", "1.234.567", "12\u00a0%", "1,5\u00a0KiB", "−0,50", "+2,00", "14:07", "Eine Nachricht", "2 Nachrichten"},
	} {
		l := words.ByCode(code)
		got := []string{
			l.When(at, now), l.Day(at), l.Moment(at), l.Number(1234567), l.Percent(.12), l.Size(1536), l.Decimal(-.5, 2, true), l.Decimal(2, 2, true),
			l.When(at, at), l.Count("mail.found", 1), l.Count("mail.found", 2),
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q\nwant %q", code, got, want)
		}
	}
}
