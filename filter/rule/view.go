package rule

import (
	"io"
	"mime"
	"strings"

	"golang.org/x/net/html/charset"

	"restante/filter/letter"
)

// The bounds of what rules look at. The rest of a letter is not matched.
const (
	maxText  = 128 << 10 // octets each of the text, the markup and the header
	maxLinks = 200
	maxURL   = 2000
)

// texts is a list of texts, each with its lower case once asked for.
type texts struct {
	list []string
	low  []string
	all  string
	set  *grams // of all
}

// may says that one of the words may be in one of the texts, in lower case.
func (t *texts) may(words []string) bool {
	all := t.joined()
	if len(all) < fewGrams {
		return containsAny(all, words)
	}
	if t.set == nil {
		t.set = newGrams(all)
	}
	return t.set.may(words)
}

// joined is the lower case of all texts in one.
func (t *texts) joined() string {
	if t.all == "" {
		t.all = lower(strings.Join(t.list, "\n"))
	}
	return t.all
}

func (t *texts) lowered(i int) string {
	if t.low == nil {
		t.low = make([]string, len(t.list))
		for j, s := range t.list {
			t.low[j] = lower(s)
		}
	}
	return t.low[i]
}

// view is a letter as rules see it, each side made when first looked at.
type view struct {
	l      *letter.Letter
	fields map[string]string
	body   *texts
	source *texts
	links  *texts
	whole  *texts
}

// paragraphs are the subject and the paragraphs of the text as a reader sees
// it, each with its white space made single blanks.
func (v *view) paragraphs() *texts {
	if v.body == nil {
		v.body = &texts{list: []string{v.l.Subject}}
		for _, s := range []string{v.l.Text, v.l.HTMLText} {
			for p := range strings.SplitSeq(letter.Clip(strings.ReplaceAll(s, "\r\n", "\n"), maxText), "\n\n") {
				if p = strings.Join(strings.Fields(p), " "); p != "" {
					v.body.list = append(v.body.list, p)
				}
			}
		}
	}
	return v.body
}

// raw are the decoded text and the markup, as they are.
func (v *view) raw() *texts {
	if v.source == nil {
		v.source = &texts{list: []string{letter.Clip(v.l.Text, maxText), letter.Clip(v.l.HTML, maxText)}}
	}
	return v.source
}

func (v *view) uris() *texts {
	if v.links == nil {
		v.links = &texts{}
		for _, k := range v.l.Links[:min(len(v.l.Links), maxLinks)] {
			v.links.list = append(v.links.list, letter.Clip(k.URL, maxURL))
		}
	}
	return v.links
}

// full is the header as sent and the decoded text.
func (v *view) full() *texts {
	if v.whole == nil {
		all, _ := v.field("ALL:raw")
		v.whole = &texts{list: []string{all + "\n" + letter.Clip(v.l.Text, maxText) + "\n" + letter.Clip(v.l.HTML, maxText)}}
	}
	return v.whole
}

func (v *view) exists(name string) bool {
	for i := range v.l.Fields {
		if strings.EqualFold(v.l.Fields[i].Name, name) {
			return true
		}
	}
	return false
}

// field gives a header field as a rule names it; ok is false where it is not
// there. Several of one name are joined by line ends.
func (v *view) field(name string) (text string, ok bool) {
	if v.fields == nil {
		v.fields = make(map[string]string)
	}
	if text, ok = v.fields[name]; ok {
		return text, text != absent
	}
	if text, ok = v.find(name); !ok {
		text = absent
	}
	v.fields[name] = text
	if !ok {
		return "", false
	}
	return text, true
}

const absent = "\x00absent"

func (v *view) find(name string) (string, bool) {
	base, mod, _ := strings.Cut(name, ":")
	switch base {
	case "ALL":
		return v.all(mod == "raw"), true
	case "ToCc":
		to, a := v.field("To")
		cc, b := v.field("Cc")
		return strings.TrimSpace(to + "\n" + cc), a || b
	case "EnvelopeFrom":
		return v.l.ReturnPath, v.l.ReturnPath != ""
	case "MESSAGEID":
		return v.l.MessageID, v.l.MessageID != ""
	}
	if mod == "addr" || mod == "name" {
		return v.address(base, mod)
	}
	var found []string
	for i := range v.l.Fields {
		if f := &v.l.Fields[i]; strings.EqualFold(f.Name, base) {
			found = append(found, v.value(f, mod == "raw"))
		}
	}
	return letter.Clip(strings.Join(found, "\n"), maxText), len(found) > 0
}

func (v *view) address(base, mod string) (string, bool) {
	list, ok := map[string][]letter.Address{
		"from": v.l.From, "to": v.l.To, "cc": v.l.Cc, "reply-to": v.l.ReplyTo, "sender": v.l.Sender,
		"return-path": {{Addr: v.l.ReturnPath}},
	}[strings.ToLower(base)]
	if !ok || len(list) == 0 {
		return "", false
	}
	if mod == "name" {
		return list[0].Name, list[0].Name != ""
	}
	return list[0].Addr, list[0].Addr != ""
}

func (v *view) all(raw bool) string {
	var b strings.Builder
	for i := range v.l.Fields {
		f := &v.l.Fields[i]
		if b.Len() > maxText {
			break
		}
		b.WriteString(f.Name + ": " + v.value(f, raw) + "\n")
	}
	return letter.Clip(b.String(), maxText)
}

var words = mime.WordDecoder{CharsetReader: func(label string, r io.Reader) (io.Reader, error) {
	return charset.NewReaderLabel(label, r)
}}

// value decodes a field, unless it is wanted raw. A field that cannot be
// decoded stays as it is.
func (v *view) value(f *letter.Field, raw bool) string {
	if raw || !strings.Contains(f.Value, "=?") {
		return f.Value
	}
	if strings.EqualFold(f.Name, "Subject") {
		return v.l.Subject
	}
	s, err := words.DecodeHeader(letter.Clip(f.Value, maxText))
	if err != nil {
		return f.Value
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
