package recordtest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"restante/filter"
	"restante/index"
)

var onDevices = promises{
	"Devices_AreKept":             devicesAreKept,
	"Devices_AreShownMailAtFirst": devicesShownAtFirst,
	"Dismiss_HidesInOneView":      dismissHides,
	"Dismiss_FilesEverywhere":     dismissFiles,
	"Dismiss_MovesToTrash":        dismissToTrash,
}

// device makes a device of an owner's that lists the inbox.
func device(t *testing.T, db DB, owner, name string, more ...func(*index.Device)) index.Device {
	t.Helper()
	d := index.Device{Owner: owner, Name: name, Secret: [32]byte{1, byte(len(name)), name[0], name[len(name)-1]}, Mailboxes: []string{filter.Inbox}, Shown: index.AllMail, Made: when}
	for _, f := range more {
		f(&d)
	}
	if err := db.AddDevice(ctx, &d); err != nil || d.ID == 0 {
		t.Fatalf("AddDevice(%s): %d, %v", name, d.ID, err)
	}
	return d
}

// viewOf is what a device lists of some mailboxes.
func viewOf(d index.Device, boxes ...string) index.View {
	v := index.View{Owner: d.Owner, Device: d.ID, Dele: d.Dele}
	for _, b := range boxes {
		v.Boxes = append(v.Boxes, index.Box{Name: b, Virtual: b == index.ArchiveBox})
	}
	return v
}

func lists(t *testing.T, db DB, what string, v index.View, want ...int64) {
	t.Helper()
	got := []int64{}
	all, err := db.List(ctx, v)
	if err != nil {
		t.Fatalf("%s: List: %v", what, err)
	}
	for _, l := range all {
		got = append(got, l.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s lists %d, want %d", what, got, want)
	}
}

func devicesAreKept(t *testing.T, db DB) {
	phone := device(t, db, "ada", "phone", func(d *index.Device) {
		d.Mailboxes, d.Dele, d.Days, d.Shown = []string{"inbox", "unsure"}, index.DeleTrash, 30, 7
	})
	laptop := device(t, db, "ada", "laptop")
	bobs := device(t, db, "bob", "phone")
	for owner, want := range map[string][]index.Device{"ada": {laptop, phone}, "bob": {bobs}, "": {laptop, phone, bobs}, "eve": nil, "\xff": nil} {
		got, err := db.Devices(ctx, owner)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "Devices of "+owner, got, want)
	}
	if got, err := db.DeviceOf(ctx, "ada", phone.Secret); err != nil {
		t.Error(err)
	} else {
		same(t, "DeviceOf", got, phone)
	}
	for owner, secret := range map[string][32]byte{"bob": laptop.Secret, "ada": {}, "\xff": phone.Secret} {
		_, err := db.DeviceOf(ctx, owner, secret)
		notFound(t, "DeviceOf "+owner, err)
	}
	again := phone
	again.Secret = [32]byte{9}
	if err := db.AddDevice(ctx, &again); !errors.Is(err, index.ErrExists) {
		t.Errorf("AddDevice again = %v, want ErrExists", err)
	}
	for _, bad := range []func(*index.Device){
		func(d *index.Device) { d.Owner = "" }, func(d *index.Device) { d.Name = "" }, func(d *index.Device) { d.Name = "my phone" },
		func(d *index.Device) { d.Mailboxes = nil }, func(d *index.Device) { d.Mailboxes = []string{"inbox", "inbox"} },
		func(d *index.Device) { d.Dele = 3 }, func(d *index.Device) { d.Days = -1 }, func(d *index.Device) { d.Shown = -2 },
		func(d *index.Device) { d.Name = "\xff" }, func(d *index.Device) { d.Mailboxes = make([]string, 17) },
	} {
		d := phone
		d.Name = "other"
		if bad(&d); db.AddDevice(ctx, &d) == nil {
			t.Errorf("AddDevice(%+v) was not refused", d)
		}
	}
	notFound(t, "RemoveDevice of another's", db.RemoveDevice(ctx, "bob", "laptop"))
	if err := db.RemoveDevice(ctx, "ada", "phone"); err != nil {
		t.Error(err)
	}
	notFound(t, "RemoveDevice again", db.RemoveDevice(ctx, "ada", "phone"))
	if next := device(t, db, "ada", "phone"); next.ID <= bobs.ID {
		t.Errorf("the new phone has the number %d of an old device", next.ID)
	}
}

func devicesShownAtFirst(t *testing.T, db DB) {
	old, late, deleted, spam, kept := Addition("ada", 1), Addition("ada", 2), Addition("ada", 3), Addition("ada", 4), Addition("ada", 5)
	old.Message.Received = when.AddDate(0, 0, -40)
	spam.Message.Mailbox, spam.Message.Received = filter.Quarantine, when.AddDate(0, 0, -40)
	kept.Message.Archive, kept.Message.Listed = true, false
	ids := add(t, db, old, late, deleted, spam, kept)
	if err := db.Dismiss(ctx, Own("ada", filter.Inbox), ids[2:3]); err != nil {
		t.Fatal(err)
	}
	shown := func(n int) func(*index.Device) {
		return func(d *index.Device) { d.Shown, d.Made = n, when.Add(time.Hour) }
	}
	for _, x := range []struct {
		d    index.Device
		want []int64
	}{
		{device(t, db, "ada", "all"), ids[:3]},
		{device(t, db, "ada", "month", shown(30)), ids[1:3]},
		{device(t, db, "ada", "none", shown(0)), nil},
	} {
		lists(t, db, x.d.Name, viewOf(x.d, filter.Inbox), x.want...)
		v := viewOf(x.d, filter.Inbox)
		v.Since = when.AddDate(0, 0, -1)
		lists(t, db, x.d.Name+" for a day", v, slices.DeleteFunc(slices.Clone(x.want), func(id int64) bool { return id == ids[0] })...)
	}
	next := add(t, db, Addition("ada", 6))
	// What comes out of the quarantine is new to the inbox, however old it is.
	if err := db.Place(ctx, "ada", filter.Ham, to(filter.Inbox, ids[3]), 0); err != nil {
		t.Fatal(err)
	}
	all, err := db.Devices(ctx, "ada")
	if err != nil {
		t.Fatal(err)
	}
	lists(t, db, "the device shown none, later,", viewOf(all[2], filter.Inbox), ids[3], next[0])
	lists(t, db, "the own view", viewOf(index.Device{Owner: "ada"}, filter.Inbox), ids[0], ids[1], ids[3], next[0])
}

func dismissHides(t *testing.T, db DB) {
	ids := add(t, db, Addition("ada", 1), Addition("ada", 2), Addition("ada", 3))
	theirs := add(t, db, Addition("bob", 1))
	phone, laptop := viewOf(device(t, db, "ada", "phone"), filter.Inbox), viewOf(device(t, db, "ada", "laptop"), filter.Inbox)
	own := viewOf(index.Device{Owner: "ada"}, filter.Inbox)
	for _, step := range []struct {
		v   index.View
		ids []int64
	}{{phone, []int64{ids[0], theirs[0], 1 << 40, ids[0]}}, {own, ids[1:2]}, {phone, nil}} {
		if err := db.Dismiss(ctx, step.v, step.ids); err != nil {
			t.Fatal(err)
		}
	}
	lists(t, db, "the phone", phone, ids[1], ids[2])
	lists(t, db, "the laptop", laptop, ids...)
	lists(t, db, "the own view", own, ids[0], ids[2])
	lists(t, db, "bob's", viewOf(index.Device{Owner: "bob"}, filter.Inbox), theirs...)

	// What was moved meanwhile stays, and what a device deleted before it was
	// moved is listed where it comes to.
	if err := db.Place(ctx, "ada", filter.Spam, to(filter.Quarantine, ids[0], ids[2]), 0); err != nil {
		t.Fatal(err)
	}
	if err := db.Dismiss(ctx, phone, ids); err != nil {
		t.Fatal(err)
	}
	spam := viewOf(index.Device{Owner: "ada", ID: phone.Device}, filter.Quarantine)
	lists(t, db, "the phone's quarantine", spam, ids[0], ids[2])
	if err := db.Place(ctx, "ada", filter.Ham, to(filter.Inbox, ids[0]), 0); err != nil {
		t.Fatal(err)
	}
	lists(t, db, "the phone, when it comes back,", phone, ids[0])

	// Its session went on when the device was removed.
	if err := db.RemoveDevice(ctx, "ada", "phone"); err != nil {
		t.Fatal(err)
	}
	notFound(t, "Dismiss by a device that is gone", db.Dismiss(ctx, phone, ids))
	_, err := db.Redeliver(ctx, phone, []index.Redelivery{{Message: ids[0], UID: "x"}}, when)
	notFound(t, "Redeliver to a device that is gone", err)
}

func dismissFiles(t *testing.T, db DB) {
	ids := add(t, db, Addition("ada", 1), Addition("ada", 2))
	reader := viewOf(device(t, db, "ada", "reader", func(d *index.Device) { d.Dele = index.DeleFile }), filter.Inbox)
	phone, own := viewOf(device(t, db, "ada", "phone"), filter.Inbox), viewOf(index.Device{Owner: "ada"}, filter.Inbox)
	if err := db.Dismiss(ctx, phone, ids[:1]); err != nil {
		t.Fatal(err)
	}
	if n, err := db.Redeliver(ctx, phone, []index.Redelivery{{Message: ids[0], UID: "again"}}, when); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if err := db.Dismiss(ctx, reader, ids[:1]); err != nil {
		t.Fatal(err)
	}
	for what, v := range map[string]index.View{"the reader": reader, "the phone": phone, "the own view": own} {
		lists(t, db, what, v, ids[1])
	}
	lists(t, db, "the archive", viewOf(index.Device{Owner: "ada"}, index.ArchiveBox), ids...)
	if m := message(t, db, "ada", ids[0]); m.Listed || m.Archive {
		t.Errorf("a filed message is listed %v, for the archive %v", m.Listed, m.Archive)
	}
	lists(t, db, "a later device", viewOf(device(t, db, "ada", "later"), filter.Inbox), ids[1])
}

func dismissToTrash(t *testing.T, db DB) {
	keep := Addition("ada", 3)
	keep.Message.Archive, keep.Message.Listed = true, false
	ids := add(t, db, Addition("ada", 1), Addition("ada", 2), keep)
	before := len(changesOf(t, db, "ada", 0))
	binner := device(t, db, "ada", "binner", func(d *index.Device) { d.Dele = index.DeleTrash })
	if err := db.Dismiss(ctx, viewOf(binner, filter.Inbox), []int64{ids[1], ids[2]}); err != nil {
		t.Fatal(err)
	}
	own := index.Device{Owner: "ada"}
	lists(t, db, "the inbox", viewOf(own, filter.Inbox), ids[0])
	lists(t, db, "the trash", viewOf(own, index.Trash), ids[1])
	lists(t, db, "the device's trash", viewOf(binner, index.Trash), ids[1])
	got := changesOf(t, db, "ada", int64(before))
	want := []index.Change{{Number: int64(before) + 1, Kind: index.Altered, Message: ids[1]}, {Number: int64(before) + 2, Kind: index.Altered, Message: ids[2]}}
	slices.SortFunc(got, func(a, b index.Change) int { return int(a.Number - b.Number) })
	same(t, "changes", got, want)
	if m := message(t, db, "ada", ids[1]); m.Class != filter.Ham || m.Mailbox != index.Trash {
		t.Errorf("in %s as %s", m.Mailbox, m.Class)
	}
	if err := db.Dismiss(ctx, viewOf(binner, index.Trash), ids[1:2]); err != nil {
		t.Fatal(err)
	}
	lists(t, db, "the device's trash, emptied,", viewOf(binner, index.Trash))
	lists(t, db, "the trash", viewOf(own, index.Trash), ids[1])

	// Taken out, and thrown away once more.
	if err := db.Place(ctx, "ada", filter.Ham, to(filter.Inbox, ids[1]), 0); err != nil {
		t.Fatal(err)
	}
	if err := db.Dismiss(ctx, viewOf(binner, filter.Inbox), ids[1:2]); err != nil {
		t.Fatal(err)
	}
	lists(t, db, "the device's trash, filled again,", viewOf(binner, index.Trash), ids[1])
}
