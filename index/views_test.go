package index_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"restante/filter"
	"restante/index"
)

// searches are saved searches that find what they are told to.
type searches map[string][]int64

func (s searches) Found(_ context.Context, owner, name string) ([]int64, error) {
	ids, ok := s[name]
	if !ok || owner != "ada" {
		return nil, fmt.Errorf("search %q: %w", name, index.ErrNotFound)
	}
	return ids, nil
}

// drops gives the UIDs that a login lists, in order.
func (h *house) drops(owner, name string, d *index.Device) []string {
	h.t.Helper()
	v, err := h.View(h.t.Context(), owner, name, d)
	if err != nil {
		h.t.Fatalf("%s+%s: %v", owner, name, err)
	}
	drop, err := h.Drop(h.t.Context(), v)
	if err != nil {
		h.t.Fatal(err)
	}
	defer drop.Close()
	uids := []string{}
	for i := range drop.Len() {
		uids = append(uids, drop.UID(i))
	}
	return uids
}

func TestView_ReadsTheNamesOfMailboxes(t *testing.T) {
	found := searches{"bills": nil, "spam": nil}
	h := &house{t: t, dir: t.TempDir(), with: index.Options{Search: found}}
	h.open(nil, nil)
	t.Cleanup(h.close)
	in := func(box string) func(*filter.Sorted) {
		return func(s *filter.Sorted) { s.Verdict.Mailbox = box }
	}
	h.shelve(sorted(t, "ada", "isp", "u1", text(1)))
	h.shelve(sorted(t, "ada", "isp", "u2", text(2), in("invoices")))
	h.shelve(sorted(t, "ada", "isp", "u3", text(3), in("bills")))
	h.shelve(sorted(t, "ada", "isp", "u4", text(4), func(s *filter.Sorted) {
		s.Parcel.Archive, s.Parcel.Received = true, time.Date(2024, 5, 31, 23, 59, 59, 0, time.UTC)
	}))
	h.shelve(sorted(t, "bob", "isp", "u5", text(5)))
	all := h.drops("ada", "archive", nil)
	if len(all) != 4 {
		t.Fatalf("the archive lists %q", all)
	}
	var ids []int64
	if err := h.store.Each(t.Context(), func(m index.Message) error { ids = append(ids, m.ID); return nil }); err != nil {
		t.Fatal(err)
	}
	found["bills"] = []int64{ids[3], ids[1]}
	found["paid"] = []int64{ids[2]}
	for name, want := range map[string][]string{
		"": all[:1], "inbox": all[:1], "spam": {}, "invoices": all[1:2], "2024-05": all[3:], "2024-06": {}, "2026-05": all[:3],
		"bills": all[2:3], "search:bills": {all[1], all[3]}, "paid": all[2:3], "search:spam": {},
	} {
		if got := h.drops("ada", name, nil); !slices.Equal(got, want) {
			t.Errorf("ada+%s lists %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"nowhere", "search:nowhere", "2024-13", "1066-10", "Archive"} {
		if _, err := h.View(t.Context(), "ada", name, nil); !errors.Is(err, index.ErrNotFound) {
			t.Errorf("ada+%s: %v, want ErrNotFound", name, err)
		}
	}

	// What a search found stays in its place, whatever it finds later.
	found["bills"] = []int64{ids[0]}
	if got, want := h.drops("ada", "search:bills", nil), []string{all[1], all[3], all[0]}; !slices.Equal(got, want) {
		t.Errorf("later it lists %q, want %q", got, want)
	}
	// Once it asks something else it begins anew.
	if err := h.store.SaveSearch(t.Context(), index.SavedSearch{Owner: "ada", Name: "bills", Query: "bill"}); err != nil {
		t.Fatal(err)
	}
	if got, want := h.drops("ada", "search:bills", nil), all[:1]; !slices.Equal(got, want) {
		t.Errorf("asking something else it lists %q, want %q", got, want)
	}
	h.with.Search = nil
	h.close()
	h.open(nil, nil)
	if _, err := h.View(t.Context(), "ada", "search:bills", nil); !errors.Is(err, index.ErrNotFound) {
		t.Errorf("without searches: %v, want ErrNotFound", err)
	}
}

func TestView_OfADeviceMergesAndAges(t *testing.T) {
	now := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	h := &house{t: t, dir: t.TempDir(), with: index.Options{Now: func() time.Time { return now }}}
	h.open(nil, nil)
	t.Cleanup(h.close)
	for i, box := range []string{filter.Inbox, filter.Quarantine, filter.Inbox} {
		h.shelve(sorted(t, "ada", "isp", fmt.Sprint(i), text(i), func(s *filter.Sorted) {
			s.Verdict.Mailbox, s.Parcel.Received = box, now.AddDate(0, 0, i-2)
		}))
	}
	phone := index.Device{Owner: "ada", Name: "phone", Mailboxes: []string{filter.Inbox, filter.Quarantine}, Days: 3, Shown: index.AllMail}
	if err := h.AddDevice(t.Context(), &phone); err != nil {
		t.Fatal(err)
	}
	all := h.drops("ada", "archive", nil)
	for days, want := range [][]string{all, all, all[1:], all[2:], {}} { // each for three whole days
		now = time.Date(2026, 5, 4+days, 10, 0, 0, 0, time.UTC)
		if got := h.drops("ada", "", &phone); !slices.Equal(got, want) {
			t.Errorf("on %v it lists %q, want %q", now, got, want)
		}
	}
	if got := h.LeastDays(); got != 3 {
		t.Errorf("least days %d, want 3", got)
	}
	h.close()
	h.open(nil, nil)
	if got := h.LeastDays(); got != 3 {
		t.Errorf("least days %d at the next start, want 3", got)
	}
	if got, want := h.drops("ada", "archive", &phone), h.drops("ada", "archive", nil); !slices.Equal(got, want) {
		t.Errorf("its archive lists %q, want %q", got, want)
	}
	if err := h.RemoveDevice(t.Context(), "ada", "phone"); err != nil || h.LeastDays() != 0 {
		t.Errorf("removed: %v, least days %d", err, h.LeastDays())
	}
}

func TestRedeliver_GivesTheSameOctetsOnceUnderANewUID(t *testing.T) {
	h := newHouse(t)
	for i := range 3 {
		h.shelve(sorted(t, "ada", "isp", fmt.Sprint(i), text(i), func(s *filter.Sorted) { s.Parcel.Archive = i > 0 }))
	}
	archive, before := h.listing("ada", "archive"), h.listing("ada", filter.Inbox)
	v, err := h.View(t.Context(), "ada", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	if err := h.store.Each(t.Context(), func(m index.Message) error { ids = append(ids, m.ID, m.ID); return nil }); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		dry           bool
		again, listed int
	}{{true, 2, 4}, {false, 2, 4}, {false, 0, 6}} {
		again, listed, err := h.Redeliver(t.Context(), v, ids, step.dry)
		if err != nil || again != step.again || listed != step.listed {
			t.Errorf("dry %v: %d again, %d listed, %v; want %d and %d", step.dry, again, listed, err, step.again, step.listed)
		}
	}
	after := h.listing("ada", filter.Inbox)
	if len(after) != 3 {
		t.Fatalf("%d are listed, want 3", len(after))
	}
	for uid, body := range after {
		if before[uid] == "" && archive[uid] != "" {
			t.Errorf("%s is an old UID", uid)
		}
		delete(before, uid)
		if !slices.Contains(slices.Collect(maps.Values(archive)), body) {
			t.Errorf("other octets under %s", uid)
		}
	}
	if len(before) != 0 {
		t.Errorf("what was listed is listed under another UID: %v", before)
	}
}
