package fetch_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"restante/fetch"
)

// house is an upstream, and what stands here.
type house struct {
	t     *testing.T
	s     *server
	a     *archive
	r     *records
	c     *clock
	spool string
	f     *fetch.Fetcher
}

func newHouse(t *testing.T, mail ...message) *house {
	t.Helper()
	a := newArchive()
	h := &house{t: t, s: &server{mail: mail}, a: a, r: newRecords(a), c: &clock{at: time.Unix(1.7e9, 0)}, spool: t.TempDir()}
	h.restart()
	return h
}

// restart forgets what a process knows.
func (h *house) restart(more ...func(*fetch.Options)) {
	o := fetch.Options{Dialer: h.s, Ledger: h.a, Sink: h.a, Notes: h.r, Deletions: h.r, Spool: h.spool, Now: h.c.now}
	for _, f := range more {
		f(&o)
	}
	h.f = fetch.New(o)
}

// round runs one that must not break.
func (h *house) round(acc fetch.Account) fetch.Summary {
	h.t.Helper()
	acc.Name = "isp"
	sum, err := h.f.Round(context.Background(), acc)
	if err != nil {
		h.t.Fatal(err)
	}
	return sum
}

func big(uid string, octets int) message {
	head := "Subject: " + uid + "\r\n\r\n"
	return message{uid, head + strings.Repeat("x", octets-len(head))}
}

func TestMaxSize_LeavesLargerMailAndSaysSo(t *testing.T) {
	h := newHouse(t, append(mail(2), big("big", 3000))...)
	acc := fetch.Account{Keep: atOnce, MaxSize: 2000}
	for range 2 {
		sum := h.round(acc)
		if sum.Skipped != 1 || len(sum.Failed) != 0 || len(h.s.mail) != 1 {
			t.Errorf("%+v, left %v", sum, h.s.uids())
		}
		if n := h.r.notes["big"]; n.Kind != fetch.NoteLarge || n.Size != 3000 || !strings.Contains(n.Why, "3000 octets, and 2000") {
			t.Errorf("note %+v", n)
		}
	}
	if calls := h.r.calls["Note"]; calls != 1 {
		t.Errorf("notes were written %d times, want once: nothing changed", calls)
	}
	acc.MaxSize = 0
	if sum := h.round(acc); sum.Taken != 1 || sum.Skipped != 0 || len(h.r.notes) != 0 || len(h.s.mail) != 0 {
		t.Errorf("%+v, notes %v, left %v; want it whole once it may be as large", sum, h.r.notes, h.s.uids())
	}
}

func TestHeadersOnly_TakesTheHeaderAndNeverDeletesForIt(t *testing.T) {
	for _, uid := range []string{"big", ""} {
		large := big(uid, 3000)
		h := newHouse(t, append(mail(2), large)...)
		acc := fetch.Account{Keep: atOnce, MaxSize: 2000, HeadersOnly: true}
		for range 3 {
			sum := h.round(acc)
			if sum.Skipped != 1 || len(sum.Failed) != 0 || len(h.s.mail) != 1 || len(h.a.kept) != 3 {
				t.Errorf("uid %q: %+v, left %v, kept %d", uid, sum, h.s.uids(), len(h.a.kept))
			}
		}
		header := "X-Restante-Headers-Only: the rest of 3000 octets is upstream\r\nSubject: " + uid + "\r\n\r\n"
		if h.a.kept[header] != 1 {
			t.Errorf("uid %q: kept %v", uid, h.a.kept)
		}
		if uid != "" && (h.s.tops != 1 || h.r.notes[uid].Kind != fetch.NoteHeader) {
			t.Errorf("%d headers were asked for, note %+v", h.s.tops, h.r.notes[uid])
		}
		h.restart()
		acc.MaxSize = 5000
		if sum := h.round(acc); sum.Taken != 1 || h.a.kept[large.text] != 1 || len(h.s.mail) != 0 {
			t.Errorf("uid %q: %+v; want it whole once it may be as large", uid, sum)
		}
	}
}

func TestHeadersOnly_AnUpstreamWithoutTopCostsNothing(t *testing.T) {
	h := newHouse(t, append(mail(2), big("big", 3000))...)
	h.s.cutTop = map[string]bool{"big": true}
	sum := h.round(fetch.Account{Keep: atOnce, MaxSize: 2000, HeadersOnly: true})
	if sum.Taken != 2 || sum.Skipped != 1 || sum.Deleted != 2 || !slices.Equal(h.s.uids(), []string{"big"}) {
		t.Errorf("%+v, left %v", sum, h.s.uids())
	}
	if n := h.r.notes["big"]; n.Kind != fetch.NoteLarge {
		t.Errorf("note %+v", n)
	}
}

// A first pull of years of mail that breaks goes on where it stopped, and what
// came meanwhile is first.
func TestNewest_GoesOnWhereItStoppedNewestFirst(t *testing.T) {
	const n = 30
	h := newHouse(t, mail(n)...)
	var order []string
	record := func(o *fetch.Options) { o.Sink = noting{h.a, &order}; o.InFlight = 1 }
	h.restart(record)
	acc := fetch.Account{Name: "isp", Newest: true}
	h.s.cutAt = 15
	ctx, cancel := context.WithCancel(context.Background())
	h.s.onCut = cancel // as at a shutdown
	if _, err := h.f.Round(ctx, acc); err == nil {
		t.Fatal("the round was to break")
	}
	before := len(order)
	if before == 0 || before == n {
		t.Fatalf("%d were taken before it broke", before)
	}
	h.s.mail = append(h.s.mail, message{"last", text(99)})
	h.restart(record)
	sum := h.round(acc)
	if sum.Taken != n+1-before || order[before] != "last" {
		t.Errorf("%+v; took %v", sum, order)
	}
	rest := slices.Delete(slices.Clone(order), before, before+1)
	var want []string
	for i := n - 1; i >= 0; i-- {
		want = append(want, fmt.Sprint("u", i))
	}
	if !slices.Equal(rest, want) {
		t.Errorf("took %v", order)
	}
}

// noting is a sink that tells what came in which order.
type noting struct {
	*archive
	order *[]string
}

func (n noting) Deliver(ctx context.Context, p *fetch.Parcel) error {
	err := n.archive.Deliver(ctx, p)
	if err == nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		*n.order = append(*n.order, p.UID)
	}
	return err
}

func TestMostMessages_LeavesTheRestForTheNextRound(t *testing.T) {
	h := newHouse(t, mail(10)...)
	acc := fetch.Account{Keep: atOnce, MostMessages: 4}
	for _, want := range []struct{ taken, left int }{{4, 6}, {4, 2}, {2, 0}} {
		if sum := h.round(acc); sum.Taken != want.taken || sum.Left != want.left || sum.New != want.taken || sum.Deleted != want.taken {
			t.Errorf("%+v, want %+v", sum, want)
		}
	}
}

func TestMostMessages_HoldsAcrossSessionsThatBreak(t *testing.T) {
	h := newHouse(t, mail(10)...)
	h.s.cutRetr = map[string]bool{text(1): true}
	if sum := h.round(fetch.Account{MostMessages: 4}); sum.Taken != 4 || sum.Left != 5 || len(sum.Failed) != 1 {
		t.Errorf("%+v", sum)
	}
}

func TestMostBytes_MayBeExceededByTheLastMessage(t *testing.T) {
	h := newHouse(t, big("a", 900), big("b", 900), big("c", 5000), big("d", 100))
	for i, want := range []struct{ taken, left int }{{3, 1}, {1, 0}, {0, 0}} {
		if sum := h.round(fetch.Account{MostBytes: 1800 + 1}); sum.Taken != want.taken || sum.Left != want.left {
			t.Errorf("round %d: %+v, want %+v", i, sum, want)
		}
	}
	h.s.noSizes = true // and so each is guessed
	h.s.mail = append(renumbered(mail(4), "n"), h.s.mail...)
	if sum := h.round(fetch.Account{MostBytes: 100 << 10}); sum.Taken != 2 || sum.Left != 2 {
		t.Errorf("%+v", sum)
	}
}

// Mail without UIDs has to come in each round to be known, so that a bound would
// bar the way to all behind it.
func TestMostMessages_DoesNotBarTheWayWithoutUIDs(t *testing.T) {
	all := mail(6)
	for i := range all {
		all[i].uid = ""
	}
	h := newHouse(t, append(all, renumbered(mail(9)[6:], "u")...)...)
	for i, left := range []int{1, 0} { // of the three that have UIDs
		if sum := h.round(fetch.Account{MostMessages: 2}); sum.Taken != 8-i || sum.Left != left {
			t.Errorf("round %d: %+v", i, sum)
		}
	}
}

func TestRecent_LeavesAloneWhatWasThere(t *testing.T) {
	h := newHouse(t, mail(5)...)
	acc := fetch.Account{Keep: atOnce, Recent: true}
	if sum := h.round(acc); sum.Taken != 0 || sum.Skipped != 5 {
		t.Errorf("%+v", sum)
	}
	// Not even an upstream that shows nothing for a while changes that.
	old := h.s.mail
	h.s.mail = nil
	h.round(acc)
	h.s.mail = append(old, message{"new", text(77)})
	h.restart()
	if sum := h.round(acc); sum.Taken != 1 || sum.Deleted != 1 || sum.Skipped != 5 || len(h.s.mail) != 5 {
		t.Errorf("%+v, left %v", sum, h.s.uids())
	}
	acc.Recent = false
	if sum := h.round(acc); sum.Taken != 5 || len(h.s.mail) != 0 || len(h.r.notes) != 0 {
		t.Errorf("all are wanted now: %+v, left %v, notes %v", sum, h.s.uids(), h.r.notes)
	}
}

func TestRecent_TakesAndKeepsWhatHasNoUID(t *testing.T) {
	h := newHouse(t, message{"", text(0)}, message{"old", text(1)})
	acc := fetch.Account{Keep: atOnce, Recent: true}
	for range 2 {
		if sum := h.round(acc); sum.Taken != 1 || sum.Deleted != 0 || len(h.s.mail) != 2 {
			t.Errorf("%+v", sum)
		}
	}
}

func TestRecent_TakesNothingWhereItCannotBeNoted(t *testing.T) {
	h := newHouse(t, mail(5)...)
	h.r.fails["Note"] = true
	if sum, err := h.f.Round(context.Background(), fetch.Account{Name: "isp", Recent: true}); err == nil || sum.Taken != 0 {
		t.Errorf("%+v, %v", sum, err)
	}
}

func TestNotes_LastAsLongAsTheFetcherWithoutADoor(t *testing.T) {
	s, a := &server{mail: mail(3)}, newArchive()
	f := fetcher(t, s, a)
	acc := fetch.Account{Name: "isp", Recent: true}
	for i := range 2 {
		s.mail = append(s.mail, message{fmt.Sprint("new", i), text(50 + i)})
		sum, err := f.Round(context.Background(), acc)
		if err != nil || sum.Taken != i || sum.Skipped != 4 {
			t.Errorf("%+v, %v", sum, err)
		}
	}
}

// A process that died between two commits may leave notes without their mark.
func TestRecent_NotesWithoutAMarkHoldNothingBack(t *testing.T) {
	h := newHouse(t, mail(2)...)
	h.r.notes["u0"] = fetch.Note{UID: "u0", Kind: fetch.NotePassed, Size: int64(len(text(0)))}
	if sum := h.round(fetch.Account{Keep: atOnce}); sum.Taken != 2 || len(h.s.mail) != 0 || len(h.r.notes) != 0 {
		t.Errorf("%+v, notes %v", sum, h.r.notes)
	}
}

// There may be very many of them, and a commit has a time limit.
func TestRecent_ManyOldMessagesAreNotedInSeveralCommits(t *testing.T) {
	const n = 12_000
	h := newHouse(t, mail(n)...)
	if sum := h.round(fetch.Account{Recent: true}); sum.Skipped != n || h.r.calls["Note"] != 3 || h.r.kinds()[fetch.NotePassed] != n || h.r.kinds()[fetch.NoteMark] != 1 {
		t.Errorf("%+v in %d commits, notes %v", sum, h.r.calls["Note"], h.r.kinds())
	}
	h.r.calls["Note"] = 0
	if h.round(fetch.Account{Recent: true}); h.r.calls["Note"] != 0 {
		t.Errorf("%d more commits for nothing new", h.r.calls["Note"])
	}
}

func TestKeep_ManyDeletionsAreMarkedInSeveralCommits(t *testing.T) {
	const n = 6000
	h := newHouse(t, mail(n)...)
	if sum := h.round(fetch.Account{Keep: atOnce}); sum.Deleted != n || h.r.calls["Mark"] != 2 || len(h.r.dels) != n {
		t.Errorf("%+v in %d commits, %d rows", sum, h.r.calls["Mark"], len(h.r.dels))
	}
	for _, d := range h.r.dels {
		if d.State != fetch.DeletionDone {
			t.Fatalf("%+v", d)
		}
	}
}

// An import is of all there is, and says what it could not take.
func TestImport_KeepsToNoPolicyOfUpstreams(t *testing.T) {
	s, a := &server{mail: []message{{"1", internalData}, big("2", 3000), {"3", text(3)}}}, newArchive()
	f := fetcher(t, s, a, func(o *fetch.Options) { o.MaxSize = 2000 })
	for _, noSizes := range []bool{false, true} {
		s.noSizes = noSizes
		sum, err := f.Round(context.Background(), fetch.Account{Name: "import:ada", Import: true})
		if err != nil || len(sum.Failed) != 1 || sum.Failed[0].UID != "2" || sum.Skipped != 0 || a.kept[internalData] != 1 {
			t.Errorf("%+v, %v", sum, err)
		}
	}
}
