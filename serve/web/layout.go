package web

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"restante/filter"
	"restante/index"
	"restante/serve/web/words"
)

//go:embed layout.html fault.html
var ownTemplates embed.FS

var faultPage = Parse(ownTemplates, "fault.html")

// Template is a page's template, in every language.
type Template struct{ by map[string]*template.Template }

// Parse reads a page's template, which defines "main"; the files behind the first
// are pieces of it. It panics where one cannot be read: they are in the program.
//
// Templates have these functions of the reader's language: t KEY ARGS… a text,
// count KEY N ARGS… a text about a number, num, size, percent, signed (two digits
// and a sign), day, moment, time (for machines) and box (what a mailbox is called).
func Parse(files fs.FS, names ...string) *Template {
	out := &Template{by: map[string]*template.Template{}}
	for _, l := range words.All() {
		t := template.New("layout.html").Funcs(speak(l)).Option("missingkey=error")
		t = template.Must(t.ParseFS(ownTemplates, "layout.html"))
		out.by[l.Code] = template.Must(t.ParseFS(files, names...))
	}
	return out
}

// With adds pieces of other files to a template, in every language, and gives it.
func (t *Template) With(files fs.FS, names ...string) *Template {
	for _, x := range t.by {
		template.Must(x.ParseFS(files, names...))
	}
	return t
}

// speak gives the functions of templates in a language.
func speak(l *words.Language) template.FuncMap {
	return template.FuncMap{
		"t": l.Say, "num": l.Number, "size": l.Size, "percent": l.Percent, "day": l.Day, "moment": l.Moment,
		"int":    func(n int) int64 { return int64(n) },
		"count":  func(key string, n int64, more ...any) string { return l.Count(key, n, more...) },
		"signed": func(x float64) string { return l.Decimal(x, 2, true) },
		"time":   func(t time.Time) string { return t.Format(time.RFC3339) },
		"asset":  Asset,
		"box":    func(name string) string { return BoxName(l, name) },
	}
}

// BoxName is what a reader calls a mailbox: those that everybody has by words, the
// others as their owner named them.
func BoxName(l *words.Language, name string) string {
	switch name {
	case filter.Inbox:
		return l.Say("mail.inbox")
	case filter.Quarantine:
		return l.Say("mail.quarantine")
	case index.Trash:
		return l.Say("mail.trash")
	}
	return name
}

// BoxCalled is the mailbox that a reader calls so: those that everybody has by their
// words, as BoxName gives them, or by their names, in any case. Else a second one
// would be made that looks the same.
func BoxCalled(l *words.Language, name string) string {
	for _, box := range []string{filter.Inbox, filter.Quarantine, index.Trash} {
		if strings.EqualFold(name, box) || strings.EqualFold(name, BoxName(l, box)) {
			return box
		}
	}
	return name
}

// Entry is a page in the navigation.
type Entry struct {
	Path string
	Key  string // of its name
	Side bool   // beside the reader's name, not among the pages
	Post bool   // a button, which posts
}

// Navigate puts a page into the navigation.
func (s *Server) Navigate(e Entry) { s.entries = append(s.entries, e) }

// entry is an Entry on a page.
type entry struct {
	Entry
	Here bool
}

// frame is what the layout shows.
type frame struct {
	Title     string
	Owner     string
	Lang      *words.Language
	Languages []*words.Language
	Pages     []entry
	Side      []entry
	Back      string
	Notice    *notice
	Data      any
}

// notice tells what was done.
type notice struct {
	Text, Token string
	Undo        bool
}

// Page answers with a page. Title is its name, as the reader is to see it.
func (c *Call) Page(t *Template, title string, data any) error {
	return c.show(http.StatusOK, t, title, data)
}

// PageWith is Page with another status than 200, for a form that was not taken.
func (c *Call) PageWith(status int, t *Template, title string, data any) error {
	return c.show(status, t, title, data)
}

// show answers with a page and a status.
func (c *Call) show(status int, t *Template, title string, data any) error {
	f := frame{Title: title, Owner: c.Owner, Lang: c.Lang, Languages: words.All(), Back: c.Back(), Data: data}
	if c.R.Method != http.MethodGet {
		f.Back = "/" // there is nothing to come back to
	}
	if c.Owner != "" {
		for _, e := range c.s.entries {
			x := entry{e, within(c.R.URL.Path, e.Path)}
			if e.Side {
				f.Side = append(f.Side, x)
			} else {
				f.Pages = append(f.Pages, x)
			}
		}
		if d := c.s.deeds.find(c.Owner, c.R.URL.Query().Get(didParam)); d != nil {
			f.Notice = &notice{d.text, d.token, d.undo != nil}
		}
	}
	var b bytes.Buffer
	if err := t.by[c.Lang.Code].Execute(&b, f); err != nil {
		return err
	}
	h := c.W.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", c.Lang.Code)
	h.Add("Vary", "Accept-Language, Cookie")
	c.W.WriteHeader(status)
	_, err := b.WriteTo(c.W)
	if err != nil {
		c.s.o.Log.Debug("a reader left", "err", err)
	}
	return nil
}

// within tells whether a path is another's, or lies below it.
func within(path, entry string) bool {
	return path == entry || strings.HasPrefix(path, strings.TrimSuffix(entry, "/")+"/")
}
