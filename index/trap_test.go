package index_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"restante/filter"
	"restante/index"
)

// The tests here are of what other servers got wrong, as pop3d's TestTrap are.

// WildDuck and Mailpit list the newest of a mailbox only: whatever goes lets an
// old message in again, which a mail program takes for new.
func TestTrap_NoOldMailSlidesIn(t *testing.T) {
	now := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	h := &house{t: t, dir: t.TempDir(), with: index.Options{Now: func() time.Time { return now }}}
	h.open(nil, nil)
	t.Cleanup(h.close)
	for i := range 300 {
		h.shelve(sorted(t, "ada", "isp", fmt.Sprint(i), text(i), func(s *filter.Sorted) {
			s.Parcel.Received = now.AddDate(0, 0, i/10-29)
		}))
	}
	if got := h.drops("ada", "", nil); len(got) != 300 {
		t.Fatalf("%d of 300 are listed", len(got))
	}
	phone := index.Device{Owner: "ada", Name: "phone", Shown: 10, Mailboxes: []string{filter.Inbox}}
	if err := h.AddDevice(t.Context(), &phone); err != nil {
		t.Fatal(err)
	}
	before := h.drops("ada", "", &phone)
	for len(before) > 0 {
		v, err := h.View(t.Context(), "ada", "", &phone)
		if err != nil {
			t.Fatal(err)
		}
		drop, err := h.Drop(t.Context(), v)
		if err != nil {
			t.Fatal(err)
		}
		newest := min(40, drop.Len())
		var marked []int
		for i := drop.Len() - newest; i < drop.Len(); i++ {
			marked = append(marked, i)
		}
		if err := drop.Delete(t.Context(), marked); err != nil {
			t.Fatal(err)
		}
		drop.Close()
		after := h.drops("ada", "", &phone)
		if want := before[:len(before)-newest]; !slices.Equal(after, want) {
			t.Fatalf("with the %d newest gone %d are listed, want the %d that were before", newest, len(after), len(want))
		}
		before = after
	}
}

// Stalwart puts two numbers together with nothing in between, and mailboxes
// count each for itself. A UID of ours says nothing of where a message hangs.
func TestTrap_UIDsAreOfOneLengthAndOfOneMessage(t *testing.T) {
	h := newHouse(t)
	for i, box := range []string{filter.Inbox, filter.Quarantine, "1", "11", "111"} {
		for n := range 12 {
			for _, owner := range []string{"ada", "bob"} {
				h.shelve(sorted(t, owner, "isp "+owner, fmt.Sprint(i, " ", n), text(100*i+n), func(s *filter.Sorted) { s.Verdict.Mailbox = box }))
			}
		}
	}
	form, seen := regexp.MustCompile(`^[a-z2-7]{16}$`), map[string]bool{}
	for _, owner := range []string{"ada", "bob"} {
		for _, uid := range h.drops(owner, "archive", nil) {
			if !form.MatchString(uid) || seen[uid] {
				t.Errorf("UID %q of %s's", uid, owner)
			}
			seen[uid] = true
		}
	}
	if len(seen) != 2*5*12 {
		t.Errorf("%d UIDs of %d messages", len(seen), 2*5*12)
	}
}

// hMailServer removes the file of what scores too high. Here the worst hangs in a
// mailbox and can be read.
func TestTrap_TheWorstSpamIsKept(t *testing.T) {
	h := newHouse(t)
	h.shelve(sorted(t, "ada", "isp", "1", text(1), inQuarantine, func(s *filter.Sorted) { s.Verdict.Class, s.Verdict.Score = filter.Spam, 1 }))
	for _, mailbox := range []string{filter.Quarantine, "archive"} {
		if got := h.listing("ada", mailbox); len(got) != 1 {
			t.Errorf("%s lists %d messages, want 1", mailbox, len(got))
		}
	}
}
