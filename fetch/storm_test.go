package fetch_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"restante/fetch"
)

// stormy is a house whose upstream gave n known messages new UIDs.
func stormy(t *testing.T, n int, acc fetch.Account) *house {
	t.Helper()
	h := newHouse(t, mail(n)...)
	h.round(acc)
	h.s.mail = renumbered(h.s.mail, "new")
	h.a.n, h.s.tops = 0, 0
	h.c.pass(time.Minute)
	h.restart()
	return h
}

func TestStorm_KnowsMailByItsHeaderAndDownloadsOnlyWhatIsNew(t *testing.T) {
	const n = 100
	h := stormy(t, n, fetch.Account{})
	// Among the old mail is new mail, some of it of a size that old mail has.
	h.s.mail = slices.Insert(h.s.mail, 50, message{"fresh", text(n)}, message{"longer", text(n) + "more\r\n"})
	sum := h.round(fetch.Account{})
	// One more is retrieved, to see that the headers are the messages'.
	if sum.Renamed != n || sum.Taken-sum.Twins != 2 || h.a.n != 3 || len(h.a.kept) != n+2 {
		t.Errorf("%+v, %d downloaded, %d kept", sum, h.a.n, len(h.a.kept))
	}
	h.restart()
	h.s.tops = 0
	if sum := h.round(fetch.Account{}); sum.Renamed+sum.Taken != 0 || h.s.tops > 4 {
		t.Errorf("the storm is over: %+v, %d headers", sum, h.s.tops)
	}
	// What is known again keeps the time when it was first seen.
	h.c.pass(30 * time.Minute)
	h.restart()
	if sum := h.round(fetch.Account{Keep: fetch.Keep{Delete: true, After: 31 * time.Minute}}); sum.Deleted != n {
		t.Errorf("%+v", sum)
	}
}

// A maildrop of other mail than before is no storm.
func TestStorm_OtherMailUnderNewUIDsIsDownloadedAfterASample(t *testing.T) {
	h := newHouse(t, mail(50)...)
	h.round(fetch.Account{})
	h.s.mail = nil
	for i := range 50 {
		h.s.mail = append(h.s.mail, message{fmt.Sprint("n", i), text(i + 50)}) // sizes as before
	}
	h.restart()
	if sum := h.round(fetch.Account{}); sum.Taken != 50 || sum.Renamed != 0 || h.s.tops > 8 || len(h.a.kept) != 100 {
		t.Errorf("%+v, %d headers, %d kept", sum, h.s.tops, len(h.a.kept))
	}
}

// Each receipt is of one message: a second one with the same header is new, and
// so may the first be.
func TestStorm_AReceiptStandsForOneMessage(t *testing.T) {
	for range 20 { // the order in which they are looked at is chance
		h := stormy(t, 30, fetch.Account{})
		twin := message{"twin", strings.Replace(text(5), "body of 5", "BODY OF 5", 1)}
		h.s.mail = append(h.s.mail, twin)
		sum := h.round(fetch.Account{})
		if sum.Renamed != 29 || sum.Taken-sum.Twins != 1 || h.a.kept[twin.text] != 1 {
			t.Fatalf("%+v", sum)
		}
	}
}

// Also where the first was known again in an earlier round.
func TestStorm_AReceiptStandsForOneMessageFromRoundToRound(t *testing.T) {
	h := stormy(t, 30, fetch.Account{})
	h.s.mail[5].text = strings.Replace(text(5), "body of 5", "BODY OF 5", 1) // known by its header, wrongly
	h.round(fetch.Account{})
	h.s.mail = append(h.s.mail, message{"old", text(5)})
	h.r.notes[" storm"] = fetch.Note{UID: " storm", Kind: fetch.NoteMark}
	h.a.taken[""]["lost"] = fetch.Taken{At: h.c.now(), Size: int64(len(text(5))), Head: [8]byte{1}}
	h.restart()
	if h.round(fetch.Account{}); len(h.a.kept) != 31 {
		t.Errorf("%d kept, want the one that was mistaken too", len(h.a.kept))
	}
}

// What has no header is known by nothing.
func TestStorm_MailWithoutAHeaderIsDownloaded(t *testing.T) {
	h := newHouse(t)
	for i := range 30 {
		h.s.mail = append(h.s.mail, message{fmt.Sprint("u", i), fmt.Sprintf("\r\n\r\nbody %02d\r\n", i)})
	}
	h.round(fetch.Account{})
	h.s.mail = renumbered(h.s.mail, "new")
	h.s.mail[3].text = "\r\n\r\nBODY 03\r\n"
	h.restart()
	if sum := h.round(fetch.Account{}); sum.Renamed != 0 || sum.Taken != 30 || len(h.a.kept) != 31 {
		t.Errorf("%+v, %d kept", sum, len(h.a.kept))
	}
}

// What the round cannot look at waits: it is not downloaded, and not deleted.
func TestStorm_LooksAtABoundedNumberOfHeadersARound(t *testing.T) {
	const n = 7000
	keep := fetch.Account{Keep: fetch.Keep{Delete: true, After: time.Hour}}
	h := stormy(t, n, keep)
	sum := h.round(keep)
	if sum.Renamed != 5000 || sum.Left != n-5000 || sum.Taken-sum.Twins != 0 || h.a.n != 1 || h.s.tops != 5000 {
		t.Errorf("%+v, %d headers", sum, h.s.tops)
	}
	h.restart() // it is no storm any more by the numbers, but by the notes
	h.c.pass(2 * time.Hour)
	if sum = h.round(fetch.Account{}); sum.Renamed != n-5000 || sum.Left != 0 || h.a.n != 1 || len(h.r.notes) != 0 {
		t.Errorf("%+v, %d downloaded, notes %v", sum, h.a.n, h.r.notes)
	}
}

// Where the header of a message breaks sessions, the mail is taken in the end.
func TestStorm_TakesAllWhereHeadersBreakSessionsRoundAfterRound(t *testing.T) {
	const n = 40
	h := stormy(t, n, fetch.Account{})
	h.s.cutTop = map[string]bool{}
	for i := range n {
		h.s.cutTop[fmt.Sprint("new", i)] = i%2 == 0
	}
	for range 10 {
		h.c.pass(2 * time.Hour)
		h.round(fetch.Account{})
		h.restart()
	}
	for i := range n {
		if _, known := h.a.taken[""][fmt.Sprint("new", i)]; !known {
			t.Errorf("message %d is not known under its new UID", i)
		}
	}
	if len(h.a.kept) != n {
		t.Errorf("%d kept", len(h.a.kept))
	}
}

func TestStorm_OldMailOfARecentAccountIsNotDeleted(t *testing.T) {
	const old, n = 30, 30
	acc := fetch.Account{Recent: true}
	h := newHouse(t, mail(old)...)
	h.round(acc)
	for i := range n {
		h.s.mail = append(h.s.mail, message{fmt.Sprint("later", i), text(100 + i)})
	}
	h.round(acc)
	h.s.mail = renumbered(h.s.mail, "new")
	h.restart()
	acc.Keep = fetch.Keep{Delete: true, After: time.Hour}
	h.round(acc)
	h.c.pass(2 * time.Hour)
	h.round(acc)
	for i := range old {
		if !slices.Contains(h.s.uids(), fmt.Sprint("new", i)) {
			t.Errorf("old message %d was deleted", i)
		}
	}
	if len(h.s.mail) != old || len(h.a.kept) != old+n {
		t.Errorf("%d left upstream, %d kept", len(h.s.mail), len(h.a.kept))
	}
}

// Headers repeat, sizes repeat, mail comes and goes between the renumberings,
// sessions break: what is gone upstream is here, and once nothing breaks all is
// here.
func TestStorm_NeverTakesNewMailForOld(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		a := newArchive()
		h := &house{s: &server{}, a: a, r: newRecords(a), c: &clock{at: time.Unix(1.7e9, 0)}, spool: dir}
		var all []string
		next, gone := 0, map[string]bool{}
		round := func(keep fetch.Keep, cut int) {
			h.restart()
			h.s.step, h.s.cutAt = 0, cut
			before := slices.Clone(h.s.mail)
			_, err := h.f.Round(context.Background(), fetch.Account{Name: "isp", Keep: keep})
			if cut == 0 && err != nil {
				t.Fatal(err)
			}
			for _, m := range before {
				if !slices.Contains(h.s.mail, m) && a.kept[m.text] == 0 {
					t.Fatalf("%q is gone upstream and not here", m.text)
				}
			}
			h.c.pass(40 * time.Minute)
		}
		for range rapid.IntRange(2, 5).Draw(t, "rounds") {
			for range rapid.IntRange(0, 40).Draw(t, "new") {
				// Few headers, all texts differ in their bodies only by their length or a number.
				text := fmt.Sprintf("Subject: %d\r\nMessage-ID: <%d@x>\r\n\r\n%03d\r\n", next%7, next, next)
				h.s.mail = append(h.s.mail, message{fmt.Sprintf("u%d", next), text})
				all = append(all, text)
				next++
			}
			if rapid.Bool().Draw(t, "storm") {
				h.s.mail = renumbered(h.s.mail, fmt.Sprint("s", next, "-"))
			}
			for range rapid.IntRange(0, 5).Draw(t, "taken by others") {
				if n := len(h.s.mail); n > 0 {
					i := rapid.IntRange(0, n-1).Draw(t, "which")
					gone[h.s.mail[i].text] = true
					h.s.mail = slices.Delete(h.s.mail, i, i+1)
				}
			}
			cut := 0
			if rapid.Bool().Draw(t, "cut") {
				cut = rapid.IntRange(1, 60).Draw(t, "at")
			}
			round(rapid.SampledFrom([]fetch.Keep{{}, atOnce, {Delete: true, After: time.Hour}}).Draw(t, "keep"), cut)
		}
		h.c.pass(8 * 24 * time.Hour)
		round(fetch.Keep{}, 0)
		for _, text := range all {
			if !gone[text] && a.kept[text] == 0 {
				t.Fatalf("%q is not here", text)
			}
		}
	})
}
