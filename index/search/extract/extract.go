package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"restante/filter/letter"
)

// Limits bound what one document may cost. A field of zero takes its default.
type Limits struct {
	Octets  int           // of the document; what lies behind is not looked at; 16 MiB
	Text    int           // octets of text wanted; 1 MiB
	Time    time.Duration // 10 s
	Memory  int64         // octets that a child may take beyond what it starts with; 256 MiB
	Entries int           // files in an archive; 2,000
	Inside  int64         // octets of an archive when unpacked; 64 MiB
}

func (l Limits) filled() Limits {
	d := Limits{Octets: 16 << 20, Text: 1 << 20, Time: 10 * time.Second, Memory: 256 << 20, Entries: 2000, Inside: 64 << 20}
	if l.Octets > 0 {
		d.Octets = l.Octets
	}
	if l.Text > 0 {
		d.Text = l.Text
	}
	if l.Time > 0 {
		d.Time = l.Time
	}
	if l.Memory > 0 {
		d.Memory = l.Memory
	}
	if l.Entries > 0 {
		d.Entries = l.Entries
	}
	if l.Inside > 0 {
		d.Inside = l.Inside
	}
	return d
}

// ErrLimit says that a document was larger than its limits inside: the words
// beside it are of its beginning.
var ErrLimit = errors.New("larger inside than allowed")

// Extractor makes words of attachments. It may be used by several goroutines;
// they wait for each other where children are needed, so that no more than one
// runs at a time.
type Extractor struct {
	limits Limits
	child  chan struct{} // holds one token, whose taker may run a child
}

// New makes an extractor.
func New(l Limits) *Extractor {
	return &Extractor{limits: l.filled(), child: make(chan struct{}, 1)}
}

// Wants tells how many octets of a part Words can use; 0 for one that it can
// make nothing of.
func (x *Extractor) Wants(p letter.Part) int {
	switch KindOf(p) {
	case Text, Calendar, Contact:
		return min(x.limits.Octets, 2*x.limits.Text)
	case Message:
		if p.Type == "message/rfc822" || p.Type == "message/global" {
			return min(x.limits.Octets, headerMost)
		}
		return x.limits.Octets
	case PDF, Document, Sheet, Slides, Archive:
		return x.limits.Octets
	}
	return 0
}

// Words gives the words of a part whose octets are given, as valid UTF-8. An
// error says why there are none, or not all: the words are good all the same.
func (x *Extractor) Words(ctx context.Context, p letter.Part, data []byte) (text string, err error) {
	ctx, cancel := context.WithTimeout(ctx, x.limits.Time)
	defer cancel()
	w := &words{most: x.limits.Text}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the reader broke: %v", r)
		}
		text = w.String()
	}()
	if len(data) > x.limits.Octets {
		data = data[:x.limits.Octets]
	}
	switch kind := KindOf(p); {
	case bytes.HasPrefix(data, []byte("%PDF-")) || kind == PDF:
		err = x.pdf(ctx, data, w)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		err = x.zip(ctx, data, w)
	case kind == Text:
		w.text(textPart(p).Text(data))
	case kind == Calendar:
		w.content(textPart(p).Text(data), calendarFields)
	case kind == Contact:
		w.content(textPart(p).Text(data), contactFields)
	case kind == Message:
		w.message(p, data)
	case kind == Archive:
		err = x.tar(ctx, data, w)
	case isProse(data): // spreadsheets are often CSV or HTML under another name
		w.text(proseOf(p, data))
	default:
		err = errors.New("not the kind of document that its name says")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("not done within %v", x.limits.Time)
	}
	return "", err // text is set above, after a panic too
}

// isProse tells data that is plain text or HTML, whatever its name says: by its
// beginning, without control characters and no RTF. Of UTF-16 it wants a mark.
func isProse(data []byte) bool {
	begin := data[:min(len(data), 4096)]
	if bytes.HasPrefix(begin, []byte("\xff\xfe")) || bytes.HasPrefix(begin, []byte("\xfe\xff")) {
		return true
	}
	return len(begin) > 0 && !bytes.HasPrefix(begin, []byte(`{\rtf`)) && bytes.IndexFunc(begin, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' && r != 0x1b
	}) < 0
}

// proseOf gives the text of data that is plain or HTML.
func proseOf(p letter.Part, data []byte) string {
	p.Type = "text/plain"
	if begin := bytes.ToLower(bytes.TrimSpace(data[:min(len(data), 4096)])); bytes.HasPrefix(begin, []byte("<")) && bytes.Contains(begin, []byte("<table")) ||
		bytes.HasPrefix(begin, []byte("<!doctype html")) || bytes.HasPrefix(begin, []byte("<html")) {
		p.Type = "text/html"
	}
	return p.Text(data)
}

// textPart is a part whose text is plain unless it is HTML: a name says so too.
func textPart(p letter.Part) letter.Part {
	if ext := extension(p.Name); ext == "html" || ext == "htm" {
		p.Type = "text/html"
	}
	return p
}

// words gathers text up to a limit.
type words struct {
	b    strings.Builder
	most int
}

func (w *words) full() bool { return w.b.Len() >= w.most }

// text adds what is given, as far as there is room.
func (w *words) text(s string) {
	if w.full() {
		return
	}
	if room := w.most - w.b.Len(); len(s) > room {
		s = letter.Clip(s, room)
		w.most = w.b.Len() + len(s) // full from now on
	}
	w.b.WriteString(s)
}

// line adds a line of its own.
func (w *words) line(s string) {
	if s != "" {
		w.text(s)
		w.text("\n")
	}
}

// String gives what was gathered, whatever its source was, as valid UTF-8.
func (w *words) String() string { return strings.ToValidUTF8(w.b.String(), "\uFFFD") }

// headerMost is how much of a message within the message is looked at: its
// header. What it says is text of the letter.
const headerMost = 64 << 10

// message adds a message's subject and people, and what it says where the letter
// does not have that, because it came as a file.
func (w *words) message(p letter.Part, data []byte) {
	within := p.Type == "message/rfc822" || p.Type == "message/global"
	if within {
		for _, blank := range []string{"\n\n", "\n\r\n"} {
			if head, _, ok := bytes.Cut(data, []byte(blank)); ok {
				data = append(bytes.Clone(head), '\n', '\n')
			}
		}
	}
	l := letter.ReadBytes(data)
	w.line(l.Subject)
	for _, list := range [][]letter.Address{l.From, l.To, l.Cc} {
		for _, a := range list {
			w.line(a.Name + " " + a.Addr)
		}
	}
	if within {
		return
	}
	for _, a := range l.Attachments() {
		w.line(a.Name)
	}
	w.line(l.Text)
	w.line(l.HTMLText)
}
