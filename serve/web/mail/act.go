package mail

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"restante/filter"
	"restante/index"
	"restante/serve/web"
)

// actMost is how many messages one click acts on.
const actMost = 500

// acts is what a page offers to do.
type acts struct {
	Boxes   []string
	Devices []string
	Address string // of who wrote the one message that this is about; empty: it is about many, or nobody did
	Domain  string // his
}

func (p *pages) acts(c *web.Call) (a acts, err error) {
	if a.Boxes, err = p.boxes.get(c.Ctx(), p.Catalogue, c.Owner, c.Now()); err != nil {
		return a, err
	}
	devices, err := p.Mailboxes.Devices(c.Ctx(), c.Owner)
	for _, d := range devices {
		a.Devices = append(a.Devices, d.Name)
	}
	return a, err
}

// act does what was asked for to the messages that were chosen.
func (p *pages) act(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	ids, err := chosen(form)
	if err != nil {
		return err
	}
	back := web.Local(form.Get("back"), "/mail")
	if len(ids) == 0 {
		return c.Done(back, c.Lang.Say("act.none"), nil)
	}
	var all []index.Message
	for _, id := range ids {
		m, err := p.Archive.Message(c.Ctx(), c.Owner, id)
		if err != nil {
			return err
		}
		all = append(all, m)
	}
	done := deed{}
	switch form.Get("do") {
	case "spam":
		done, err = p.teach(c, all, filter.Spam)
	case "ham":
		done, err = p.teach(c, all, filter.Ham)
	case "move":
		done, err = p.move(c, all, form.Get("box"))
	case "redeliver":
		done, err = p.redeliver(c, all, form.Get("device"))
	case "allow", "allow-domain", "block", "block-domain":
		done, err = p.judgeSenders(c, all, form.Get("do"))
	default:
		err = &web.Fault{Status: http.StatusBadRequest, Key: "fault.form"}
	}
	if err != nil {
		return err
	}
	p.settle(c)
	return c.Done(back, done.text, done.undo)
}

// deed is what was done and the way back.
type deed struct {
	text string
	undo func(context.Context) error
}

// chosen reads which messages were chosen, each once.
func chosen(form url.Values) (ids []int64, err error) {
	for _, s := range form["id"] {
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil || id < 1 {
			return nil, &web.Fault{Status: http.StatusBadRequest, Key: "fault.form"}
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
		if len(ids) > actMost {
			return nil, &web.Fault{Status: http.StatusBadRequest, Key: "act.toomany", Args: []any{actMost}}
		}
	}
	return ids, nil
}

// materials reads messages, to be taught.
func (p *pages) materials(c *web.Call, all []index.Message) ([]index.Material, error) {
	var ms []index.Material
	for _, m := range all {
		l, err := p.Archive.Letter(c.Ctx(), c.Owner, m.ID)
		if err != nil {
			return nil, err
		}
		ms = append(ms, index.Material{Digest: m.Digest, Letter: l, From: index.Origin{By: index.ByClick}})
	}
	return ms, nil
}

// teach tells the filter what messages are.
func (p *pages) teach(c *web.Call, all []index.Message, class filter.Class) (deed, error) {
	ms, err := p.materials(c, all)
	if err != nil {
		return deed{}, err
	}
	return p.learn(c, all, ms, class)
}

// learn teaches what messages are, of which the materials are.
func (p *pages) learn(c *web.Call, all []index.Message, ms []index.Material, class filter.Class) (deed, error) {
	taught, err := p.Teacher.TeachAll(c.Ctx(), c.Owner, class, ms)
	if err != nil {
		return deed{}, err
	}
	var lessons []int64
	for _, t := range taught {
		if t.Lesson != 0 {
			lessons = append(lessons, t.Lesson)
		}
	}
	slices.Sort(lessons)
	owner, hung := c.Owner, placesOf(all)
	return deed{c.Lang.Count("act.taught."+class.String(), int64(len(all))), func(ctx context.Context) error {
		for _, n := range slices.Backward(lessons) {
			_, err := p.Teacher.Undo(ctx, owner, n, index.Origin{By: index.ByClick})
			if err != nil && !errors.Is(err, index.ErrUndone) {
				return err
			}
		}
		return p.hang(ctx, owner, hung)
	}}, nil
}

// place is where a message hung, which is all that the way back keeps of it.
type place struct {
	id       int64
	mailbox  string
	unlisted bool // there, though it was not for the archive only
}

func placesOf(all []index.Message) []place {
	out := make([]place, len(all))
	for i, m := range all {
		out[i] = place{m.ID, m.Mailbox, !m.Listed && !m.Archive}
	}
	return out
}

// hang puts messages back to where they hung, those that are not there. One that
// was listed nowhere there is listed nowhere again.
func (p *pages) hang(ctx context.Context, owner string, before []place) error {
	var moves []index.Move
	unlisted := map[string][]int64{}
	for _, m := range before {
		now, err := p.Archive.Message(ctx, owner, m.id)
		if errors.Is(err, index.ErrNotFound) {
			continue // it expired
		}
		if err != nil {
			return err
		}
		if now.Mailbox == m.mailbox {
			continue
		}
		moves = append(moves, index.Move{Message: m.id, Mailbox: m.mailbox})
		if m.unlisted {
			unlisted[m.mailbox] = append(unlisted[m.mailbox], m.id)
		}
	}
	if len(moves) == 0 {
		return nil
	}
	if err := p.Mailboxes.Move(ctx, owner, moves); err != nil {
		return err
	}
	for box, ids := range unlisted {
		v, err := p.Mailboxes.View(ctx, owner, box, nil)
		if err == nil {
			err = p.Mailboxes.Dismiss(ctx, v, ids)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// boxMost is how long the name of a mailbox may be, in octets.
const boxMost = 200

func (p *pages) move(c *web.Call, all []index.Message, box string) (deed, error) {
	known, err := p.boxes.get(c.Ctx(), p.Catalogue, c.Owner, c.Now())
	if err != nil {
		return deed{}, err
	}
	if box = strings.TrimSpace(box); !slices.Contains(known, box) {
		box = web.BoxCalled(c.Lang, box)
	}
	if box == "" || len(box) > boxMost || box == index.ArchiveBox || index.CheckText("mailbox", box) != nil {
		return deed{}, &web.Fault{Status: http.StatusBadRequest, Key: "act.badbox"}
	}
	var moves []index.Move
	for _, m := range all {
		moves = append(moves, index.Move{Message: m.ID, Mailbox: box})
	}
	if err := p.Mailboxes.Move(c.Ctx(), c.Owner, moves); err != nil {
		return deed{}, err
	}
	p.boxes.forget(c.Owner)
	owner, hung := c.Owner, placesOf(all)
	return deed{c.Lang.Count("act.moved", int64(len(all)), web.BoxName(c.Lang, box)), func(ctx context.Context) error { return p.hang(ctx, owner, hung) }}, nil
}

// redeliver lets a mail program download messages again: one of the devices, or
// those that log in with the owner's own password.
func (p *pages) redeliver(c *web.Call, all []index.Message, name string) (deed, error) {
	var device *index.Device
	if name != "" {
		devices, err := p.Mailboxes.Devices(c.Ctx(), c.Owner)
		if err != nil {
			return deed{}, err
		}
		i := slices.IndexFunc(devices, func(d index.Device) bool { return d.Name == name })
		if i < 0 {
			return deed{}, web.ErrNoPage
		}
		device = &devices[i]
	}
	v, err := p.Mailboxes.View(c.Ctx(), c.Owner, "", device)
	if err != nil {
		return deed{}, err
	}
	var ids []int64
	for _, m := range all {
		ids = append(ids, m.ID)
	}
	listed, err := p.Mailboxes.Lists(c.Ctx(), v, ids)
	if err != nil {
		return deed{}, err
	}
	fresh := slices.DeleteFunc(ids, func(id int64) bool { return listed[id] })
	slices.Sort(fresh) // as they came
	n, _, err := p.Mailboxes.Redeliver(c.Ctx(), v, fresh, false)
	if err != nil {
		return deed{}, err
	}
	if n == 0 {
		return deed{text: c.Lang.Say("act.listed")}, nil
	}
	return deed{c.Lang.Count("act.redelivered", int64(n)), func(ctx context.Context) error { return p.Mailboxes.Dismiss(ctx, v, fresh) }}, nil
}
