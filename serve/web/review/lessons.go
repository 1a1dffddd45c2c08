package review

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"restante/filter"
	"restante/index"
	"restante/serve/web"
)

var lessonsPage = web.Parse(files, "lessons.html", "tabs.html")

const lessonsPath = "/review/lessons"

// lessonsMost is how many lessons a page shows.
const lessonsMost = 50

// lesson is one on the page.
type lesson struct {
	Number  int64
	When    string
	Was     string // a class; empty: it was not taught before
	Now     string
	Stands  bool
	By      index.Means
	Subject string
	Link    string // of the message; empty: the archive has it not
}

type lessonsData struct {
	Of      string
	Ham     int64
	Spam    int64
	Back    string // this page
	Lessons []lesson
	Older   string // address of the next page; empty: there is none
}

func (p *pages) lessons(c *web.Call) error {
	before, err := number(c, "before")
	if err != nil {
		return err
	}
	acts, err := p.Lessons.Acts(c.Ctx(), c.Owner, index.ActQuery{Before: before, Max: lessonsMost + 1})
	if err != nil {
		return err
	}
	model, err := p.Lessons.Model(c.Ctx(), c.Owner)
	if err != nil {
		return err
	}
	known := model.Stats()
	d := &lessonsData{Of: "lessons", Back: c.Back(), Ham: int64(known.Ham), Spam: int64(known.Spam)}
	if len(acts) > lessonsMost {
		acts = acts[:lessonsMost]
		d.Older = lessonsPath + "?before=" + strconv.FormatInt(acts[lessonsMost-1].Number, 10)
	}
	for _, a := range acts {
		x := lesson{Number: a.Number, When: c.Lang.Moment(a.At), Now: a.Now.String(), Stands: a.Stands(), By: a.By, Subject: a.Source}
		if a.Was != filter.Unsure {
			x.Was = a.Was.String()
		}
		copies, err := p.Archive.Holds(c.Ctx(), c.Owner, a.Digest)
		if err != nil {
			return err
		}
		if len(copies) > 0 {
			x.Link = "/mail/" + strconv.FormatInt(copies[0].ID, 10)
			if l, err := p.Archive.Letter(c.Ctx(), c.Owner, copies[0].ID); err == nil { // else its source must do
				x.Subject = strings.TrimSpace(l.Subject)
			}
		}
		if x.Subject = web.Brief(x.Subject, textMost); x.Subject == "" {
			x.Subject = c.Lang.Say("mail.nosubject")
		}
		d.Lessons = append(d.Lessons, x)
	}
	return c.Page(lessonsPage, c.Lang.Say("review.lessons"), d)
}

// number reads where a page begins; 0: it is the first. No page leads to others.
func number(c *web.Call, key string) (int64, error) {
	text := c.R.URL.Query().Get(key)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, web.ErrNoPage
	}
	return n, nil
}

// undo takes a lesson back.
func (p *pages) undo(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(form.Get("number"), 10, 64)
	if err != nil {
		return &web.Fault{Status: http.StatusBadRequest, Key: "fault.form"}
	}
	back := web.Local(form.Get("back"), lessonsPath)
	_, err = p.Lessons.Undo(c.Ctx(), c.Owner, n, index.Origin{By: index.ByClick})
	if errors.Is(err, index.ErrUndone) {
		return c.Done(back, c.Lang.Say("undo.late"), nil)
	}
	if err != nil {
		return err
	}
	return c.Done(back, c.Lang.Say("review.undone"), nil)
}
