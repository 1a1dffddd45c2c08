package recordtest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"restante/filter"
	"restante/index"
	"restante/index/blob"
)

// drop is a maildrop in the model: a view's mailbox.
type drop struct {
	device int64
	box    string
}

// mail is a message in the model.
type mail struct {
	id            int64
	uid           string
	box           string
	listed, filed bool // in the account's own view, or nowhere
	archive       bool
	received      time.Time
	hidden        map[drop]bool
	again         map[drop]again
	gone          bool
}

// again is how a maildrop lists a message once more.
type again struct {
	uid, home    string
	behind, made int64
}

// shelf is what an owner's views list, told in the simplest words: every message
// is looked at, each time.
type shelf struct {
	db      DB
	owner   string
	mail    []*mail
	devices []index.Device // the first is none: the account's own view
	turn    int            // counts what was done
	kept    map[string]*keptLines
}

// keptLines is a listing that is kept up to date by what was touched.
type keptLines struct {
	index.Lines
	at int64
}

// relisted brings a view's lines up to date, not each time that something was
// done.
func (s *shelf) relisted(r *rapid.T, v index.View, now []index.Listing) {
	key := fmt.Sprint(v)
	k := s.kept[key]
	if k != nil && rapid.IntRange(0, 2).Draw(r, "wait") > 0 {
		return
	}
	var since int64
	if k != nil {
		since = k.at
	}
	t := s.db.Touched(v.Owner, since)
	if t.Others {
		return
	}
	var old index.Lines
	var messages []int64
	if k != nil && t.Known {
		old, messages = k.Lines, append([]int64{}, t.Messages...)
	}
	lines, err := s.db.Relist(ctx, v, old, messages)
	if err != nil || !slices.Equal(lines.All, now) {
		r.Fatalf("%v relisted is %v, %v, want %v", v, lines.All, err, now)
	}
	s.kept[key] = &keptLines{lines, t.Now}
}

var (
	shelfBoxes = []string{filter.Inbox, filter.Quarantine, index.Trash}
	mayFirst   = time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	month      = index.Box{Name: "2024-05", Virtual: true, Span: index.Span{From: mayFirst, Until: mayFirst.AddDate(0, 1, 0).Add(-1)}}
	everything = index.Box{Name: index.ArchiveBox, Virtual: true}
)

// line is a line of a listing; at and made are what it is sorted by.
type line struct {
	at, made, id int64
	uid          string
}

func byPlace(a, b line) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.made, b.made), cmp.Compare(a.id, b.id), cmp.Compare(a.uid, b.uid))
}

// lists gives the UIDs that a view lists: what hangs there in order of its
// numbers, what was delivered again behind all that was there at that time.
func (s *shelf) lists(v index.View) (uids []string) {
	var all []line
	for _, m := range s.mail {
		var newly []line
		here := false
		for _, box := range v.Boxes {
			at := drop{v.Device, box.Name}
			shown := m.listed && !m.hidden[at]
			if v.Device != 0 {
				shown = !m.hidden[at]
			}
			switch {
			case m.gone:
			case box.Virtual:
				here = !m.hidden[at] && (box.Span == index.Span{} || !m.received.Before(box.Span.From) && !m.received.After(box.Span.Until))
			case m.box == box.Name && shown && !m.filed && !m.archive:
				here = true
			}
			if a, ok := m.again[at]; ok && !m.gone && (box.Virtual || a.home == m.box) {
				newly = append(newly, line{a.behind, a.made, m.id, a.uid})
			}
		}
		if len(newly) > 0 {
			all = append(all, slices.MinFunc(newly, byPlace))
		} else if here {
			all = append(all, line{at: m.id, uid: m.uid})
		}
	}
	slices.SortFunc(all, byPlace)
	for _, l := range all {
		uids = append(uids, l.uid)
	}
	return uids
}

func (s *shelf) view(r *rapid.T) index.View {
	d := rapid.SampledFrom(s.devices).Draw(r, "device")
	return s.views(d)[rapid.IntRange(0, 4).Draw(r, "boxes")]
}

// views are what a device can list.
func (s *shelf) views(d index.Device) (all []index.View) {
	for _, boxes := range [][]index.Box{{{Name: filter.Inbox}}, {{Name: filter.Inbox}, {Name: filter.Quarantine}}, {{Name: index.Trash}}, {month}, {everything}} {
		all = append(all, index.View{Owner: s.owner, Device: d.ID, Dele: d.Dele, Boxes: boxes})
	}
	return all
}

// dismiss is what DELE does.
func (s *shelf) dismiss(v index.View, some []*mail) {
	for _, m := range some {
		for _, box := range v.Boxes {
			at := drop{v.Device, box.Name}
			here := m.box == box.Name
			switch {
			case box.Virtual:
				m.hidden[at] = true
			case v.Dele == index.DeleFile:
				m.filed = m.filed || here && !m.archive
				maps.DeleteFunc(m.again, func(at drop, _ again) bool { return slices.Contains(shelfBoxes, at.box) })
			case v.Dele == index.DeleTrash && box.Name != index.Trash:
				if here {
					m.move(index.Trash)
				}
			case here && v.Device == 0:
				m.listed = false
			case here:
				m.hidden[at] = true
			}
			delete(m.again, at)
		}
	}
}

// move hangs a message into another mailbox, where every view lists it.
func (m *mail) move(box string) {
	if m.box == box {
		return
	}
	m.box, m.listed, m.filed = box, true, false
	maps.DeleteFunc(m.hidden, func(at drop, _ bool) bool { return at.box == box })
}

func (s *shelf) add(r *rapid.T) {
	a := Addition(s.owner, len(s.mail))
	a.Message.Mailbox = rapid.SampledFrom(shelfBoxes[:2]).Draw(r, "into")
	a.Message.Archive = rapid.IntRange(0, 3).Draw(r, "archive") == 0
	a.Message.Listed = !a.Message.Archive
	a.Message.Received = mayFirst.Add(time.Duration(rapid.SampledFrom([]int64{-1, 0, 31*24*3600e9 - 1, 31 * 24 * 3600e9}).Draw(r, "received")))
	ids, err := s.db.Add(ctx, []index.Addition{a}, blob.Position{})
	if err != nil {
		r.Fatal(err)
	}
	s.mail = append(s.mail, &mail{id: ids[0], uid: a.Message.UID, box: a.Message.Mailbox, listed: a.Message.Listed, archive: a.Message.Archive,
		received: a.Message.Received, hidden: map[drop]bool{}, again: map[drop]again{}})
}

func (s *shelf) addDevice(r *rapid.T) {
	d := index.Device{Owner: s.owner, Name: fmt.Sprint("device", s.turn), Mailboxes: shelfBoxes[:rapid.IntRange(1, 2).Draw(r, "merges")],
		Dele: index.Dele(rapid.IntRange(0, 2).Draw(r, "dele")), Shown: rapid.SampledFrom([]int{index.AllMail, 0, 1}).Draw(r, "shown"),
		Made: mayFirst.AddDate(0, 1, 0), Secret: [32]byte{byte(s.turn)}}
	if err := s.db.AddDevice(ctx, &d); err != nil {
		r.Fatal(err)
	}
	s.devices = append(s.devices, d)
	for _, m := range s.mail {
		old := d.Shown == 0 || d.Shown == 1 && m.received.Before(d.Made.AddDate(0, 0, -1))
		if old && slices.Contains(d.Mailboxes, m.box) && !m.filed && !m.archive {
			m.hidden[drop{d.ID, m.box}] = true
		}
	}
}

func (s *shelf) removeDevice(r *rapid.T) {
	i := rapid.IntRange(0, len(s.devices)-1).Draw(r, "removed")
	if i == 0 {
		return
	}
	if err := s.db.RemoveDevice(ctx, s.owner, s.devices[i].Name); err != nil {
		r.Fatal(err)
	}
	s.devices = slices.Delete(s.devices, i, i+1)
}

func (s *shelf) redeliver(r *rapid.T, some []*mail) {
	v := s.view(r)
	made := when.Add(time.Duration(s.turn))
	behind := int64(0)
	for _, m := range s.mail {
		if !m.gone {
			behind = m.id
		}
	}
	var all []index.Redelivery
	for i, m := range some {
		all = append(all, index.Redelivery{Message: m.id, UID: fmt.Sprintf("again%d.%d", s.turn, i)})
		if !m.gone {
			box := v.Boxes[0]
			home := m.box
			if box.Virtual {
				home = ""
			}
			m.again[drop{v.Device, box.Name}] = again{all[i].UID, home, behind, made.UnixNano()}
		}
	}
	if _, err := s.db.Redeliver(ctx, v, all, made); err != nil {
		r.Fatal(err)
	}
}

// step does one thing.
func (s *shelf) step(t *testing.T, r *rapid.T) {
	s.turn++
	what := rapid.IntRange(0, 12).Draw(r, "what")
	if what < 2 || len(s.mail) == 0 {
		s.add(r)
		return
	}
	some := rapid.SliceOfNDistinct(rapid.SampledFrom(s.mail), 1, min(3, len(s.mail)), func(m *mail) int64 { return m.id }).Draw(r, "some")
	slices.SortFunc(some, func(a, b *mail) int { return cmp.Compare(a.id, b.id) })
	switch m := some[0]; {
	case what == 2 && len(s.devices) < 4:
		s.addDevice(r)
	case what == 3:
		s.removeDevice(r)
	case what < 7:
		v := s.view(r)
		var ids []int64
		for _, m := range some {
			ids = append(ids, m.id)
		}
		if err := s.db.Dismiss(ctx, v, ids); err != nil {
			r.Fatal(err)
		}
		s.dismiss(v, some)
	case what < 10 && !m.gone:
		box := rapid.SampledFrom(shelfBoxes).Draw(r, "to")
		if err := s.db.Place(ctx, s.owner, filter.Ham, to(box, m.id), int64(s.turn)); err != nil {
			r.Fatal(err)
		}
		m.move(box)
	case what == 10 && !m.gone:
		buryNow(t, s.db, s.owner, m.id)
		m.gone = true
	default:
		s.redeliver(r, some)
	}
}

// viewsMatch does anything to an owner's mail, and wants every view to list what
// the model does, and the archive to have all that did not expire.
func viewsMatch(t *testing.T, db DB) {
	owners := 0
	rapid.Check(t, func(r *rapid.T) {
		owners++
		s := &shelf{db: db, owner: fmt.Sprint("owner", owners), kept: map[string]*keptLines{}}
		s.devices = []index.Device{{Owner: s.owner}}
		for range rapid.IntRange(1, 40).Draw(r, "steps") {
			s.step(t, r)
			for _, d := range s.devices {
				for _, v := range s.views(d) {
					got, err := db.List(ctx, v)
					if err != nil {
						r.Fatal(err)
					}
					var uids []string
					for _, l := range got {
						uids = append(uids, l.UID)
					}
					if want := s.lists(v); !slices.Equal(uids, want) {
						r.Fatalf("device %d lists %q of %v, want %q", d.ID, uids, v.Boxes, want)
					}
					s.relisted(r, v, got)
				}
			}
		}
		for _, m := range s.mail {
			if _, err := db.Message(ctx, s.owner, m.id); (err == nil) == m.gone {
				r.Fatalf("message %d: %v, expired %v", m.id, err, m.gone)
			}
		}
	})
}
