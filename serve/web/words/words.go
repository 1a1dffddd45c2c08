package words

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

//go:embed *.txt
var files embed.FS

// Language is what the pages say in one language.
type Language struct {
	Code string // as HTML's lang attribute has it: en, ja, de
	Name string // in the language itself

	says map[string]string
	form form
}

// all are the languages, the first of which speaks where none was asked for.
var all = []*Language{
	read("en", "English", english), read("ja", "日本語", japanese), read("de", "Deutsch", german),
}

var matcher = func() language.Matcher {
	var tags []language.Tag
	for _, l := range all {
		tags = append(tags, language.MustParse(l.Code))
	}
	return language.NewMatcher(tags)
}()

// All gives the languages that there are.
func All() []*Language { return slices.Clone(all) }

// ByCode gives the language of a code; nil where there is none.
func ByCode(code string) *Language {
	i := slices.IndexFunc(all, func(l *Language) bool { return l.Code == code })
	if i < 0 {
		return nil
	}
	return all[i]
}

// Accepted gives the language that suits an Accept-Language header best (RFC
// 9110, section 12.5.4).
func Accepted(header string) *Language {
	wanted, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(wanted) == 0 {
		return all[0]
	}
	_, i, sure := matcher.Match(wanted...)
	if sure == language.No {
		return all[0]
	}
	return all[i]
}

// read reads a catalogue. It panics where that is none, which is a mistake in our
// own files.
func read(code, name string, f form) *Language {
	text, err := files.ReadFile(code + ".txt")
	if err != nil {
		panic(err)
	}
	l := &Language{Code: code, Name: name, says: map[string]string{}, form: f}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, said, ok := strings.Cut(line, " = ")
		if _, twice := l.says[key]; !ok || twice || said == "" {
			panic(fmt.Sprintf("words: %s.txt:%d: no key = text, or a key that was there: %s", code, n, line))
		}
		l.says[key] = said
	}
	return l
}

// Keys gives the keys of a language's texts, in order.
func (l *Language) Keys() []string { return slices.Sorted(maps.Keys(l.says)) }

// Has tells whether there is a text of a key.
func (l *Language) Has(key string) bool { return l.says[key] != "" }

// Say gives the text of a key, with its arguments put in. A key that there is not
// is given itself: a page with one odd word is better than none.
func (l *Language) Say(key string, args ...any) string {
	said, ok := l.says[key]
	switch {
	case !ok:
		return key
	case len(args) == 0 || !strings.Contains(said, "%"): // one message has no number to put in
		return said
	}
	return fmt.Sprintf(said, args...)
}

// Count gives the text of a key about a number of things, which is its first
// argument, written as the language writes numbers.
func (l *Language) Count(key string, n int64, more ...any) string {
	if n == 1 && l.Has(key+".one") {
		key += ".one"
	}
	return l.Say(key, append([]any{l.Number(n)}, more...)...)
}
