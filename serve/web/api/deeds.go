package api

import (
	"net/http"
	"slices"

	"restante/filter"
	"restante/index"
)

// actMost is how many messages one request acts on.
const actMost = 500

// chosen reads the messages that are meant, each once, in their order. All are there
// and the owner's, or nothing is done.
func (a *api) chosen(c *call, ids []int64) (all []index.Message, err error) {
	if len(ids) == 0 || len(ids) > actMost {
		return nil, bad("ids: 1 to %d numbers of messages", actMost)
	}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		m, err := a.Archive.Message(c.ctx(), c.owner(), id)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// origin says in the journal which token taught.
func (c *call) origin() index.Origin {
	return index.Origin{By: index.ByCommand, Source: "API, token " + c.token.Name}
}

// taught is what a lesson did.
type taught struct {
	ID     int64  `json:"id"`
	Was    string `json:"was"`
	Now    string `json:"now"`
	Moved  int    `json:"moved"`
	Lesson int64  `json:"lesson"` // 0: it was taught so before
}

func (a *api) teach(c *call) error {
	var in struct {
		IDs   []int64 `json:"ids"`
		Class string  `json:"class"`
	}
	if err := take(c, &in); err != nil {
		return err
	}
	class, err := filter.ParseClass(in.Class)
	if err != nil {
		return bad("class: ham or spam")
	}
	all, err := a.chosen(c, in.IDs)
	if err != nil {
		return err
	}
	var ms []index.Material
	for _, m := range all {
		l, err := a.Archive.Letter(c.ctx(), c.owner(), m.ID)
		if err != nil {
			return err
		}
		ms = append(ms, index.Material{Digest: m.Digest, Letter: l, From: c.origin()})
	}
	lessons, err := a.Filter.TeachAll(c.ctx(), c.owner(), class, ms)
	if err != nil {
		return err
	}
	a.Seen(c.ctx())
	out := []taught{}
	for i, t := range lessons {
		out = append(out, taught{all[i].ID, t.Was.String(), t.Now.String(), t.Moved, t.Lesson})
	}
	return a.give(c, http.StatusOK, map[string]any{"taught": out})
}

// moved is where a message hung and hangs.
type moved struct {
	ID  int64  `json:"id"`
	Was string `json:"was"`
	Now string `json:"now"`
}

func (a *api) move(c *call) error {
	var in struct {
		IDs     []int64 `json:"ids"`
		Mailbox string  `json:"mailbox"`
	}
	if err := take(c, &in); err != nil {
		return err
	}
	if in.Mailbox == index.ArchiveBox || !named(in.Mailbox) {
		return bad("mailbox: a name of at most %d octets without control characters, and not %s", boxMost, index.ArchiveBox)
	}
	all, err := a.chosen(c, in.IDs)
	if err != nil {
		return err
	}
	var moves []index.Move
	out := []moved{}
	for _, m := range all {
		moves = append(moves, index.Move{Message: m.ID, Mailbox: in.Mailbox})
		out = append(out, moved{m.ID, m.Mailbox, in.Mailbox})
	}
	if err := a.Mailboxes.Move(c.ctx(), c.owner(), moves); err != nil {
		return err
	}
	a.Seen(c.ctx())
	return a.give(c, http.StatusOK, map[string]any{"moved": out})
}

// redeliver lets a mail program download messages again: one of the devices, or
// those that log in with the owner's own password.
func (a *api) redeliver(c *call) error {
	var in struct {
		IDs    []int64 `json:"ids"`
		Device string  `json:"device"`
	}
	if err := take(c, &in); err != nil {
		return err
	}
	all, err := a.chosen(c, in.IDs)
	if err != nil {
		return err
	}
	var device *index.Device
	if in.Device != "" {
		devices, err := a.Shelf.Devices(c.ctx(), c.owner())
		if err != nil {
			return err
		}
		i := slices.IndexFunc(devices, func(d index.Device) bool { return d.Name == in.Device })
		if i < 0 {
			return index.ErrNotFound
		}
		device = &devices[i]
	}
	v, err := a.Mailboxes.View(c.ctx(), c.owner(), "", device)
	if err != nil {
		return err
	}
	var ids []int64
	for _, m := range all {
		ids = append(ids, m.ID)
	}
	again, listed, err := a.Mailboxes.Redeliver(c.ctx(), v, ids, false)
	if err != nil {
		return err
	}
	a.Seen(c.ctx())
	return a.give(c, http.StatusOK, map[string]any{"delivered": again, "listed_already": listed})
}
