package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

// The tests here bear the numbers of the client's table in the field notes: what
// upstreams do, and what a round makes of it. Those of a session are in
// fetch/pop3.

// pipe runs a round against a pop3test server on the fake clock.
func pipe(t *testing.T, o pop3test.Options, test func(t *testing.T, srv *pop3test.Server, a *archive, round func(fetch.Keep) (fetch.Summary, error))) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		srv, err := pop3test.Make(o)
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Close()
		a := newArchive()
		f := fetch.New(fetch.Options{Dialer: pop3.New(pop3.Options{Connect: srv.Dial}), Ledger: a, Sink: a, Notes: newRecords(a), Spool: dir})
		test(t, srv, a, func(keep fetch.Keep) (fetch.Summary, error) {
			acc := srv.Account("isp")
			acc.Keep, acc.Owner = keep, ""
			return f.Round(t.Context(), acc)
		})
	})
}

func octets(n int) (out [][]byte) {
	for i := range n {
		out = append(out, []byte(text(i)))
	}
	return out
}

// Sizes that lie neither cut a message short nor make it fail; they are those
// of the listing again next time, so that nothing is downloaded twice.
func TestQuirk15_ASizeIsAHintAndNoProof(t *testing.T) {
	lies := map[string]func(num, size int) string{
		"compressed": func(num, size int) string { return fmt.Sprint(num, size/3) },
		"LF counted": func(num, size int) string { return fmt.Sprint(num, size-4) },
		"too large":  func(num, size int) string { return fmt.Sprint(num, size*50) },
		"negative":   func(num, size int) string { return fmt.Sprint(num, -size) },
		"none":       func(num, size int) string { return fmt.Sprint(num) },
		"words":      func(num, size int) string { return fmt.Sprint(num, " octets") },
	}
	for name, line := range lies {
		t.Run(name, func(t *testing.T) {
			pipe(t, pop3test.Options{Messages: octets(5), Faults: pop3test.Faults{ListLine: line}}, func(t *testing.T, srv *pop3test.Server, a *archive, round func(fetch.Keep) (fetch.Summary, error)) {
				for i, keep := range []fetch.Keep{{}, {}, atOnce} {
					sum, err := round(keep)
					if want := []int{5, 0, 0}[i]; err != nil || sum.Taken != want || len(sum.Failed) != 0 {
						t.Errorf("round %d: %+v, %v", i, sum, err)
					}
				}
				for i := range 5 {
					if a.kept[text(i)] != 1 {
						t.Errorf("message %d is kept %d times", i, a.kept[text(i)])
					}
				}
				if n := len(srv.Deleted()); n != 5 {
					t.Errorf("%d were deleted", n)
				}
			})
		})
	}
}

func TestQuirk17_EmptyAndDoubleUIDsAreKnownByDigest(t *testing.T) {
	s, a := &server{mail: []message{{"", text(0)}, {"same", text(1)}, {"same", text(2)}}}, newArchive()
	f := fetcher(t, s, a)
	for range 2 {
		if sum, err := f.Round(context.Background(), fetch.Account{Name: "isp"}); err != nil || sum.Taken != 3 {
			t.Fatalf("%+v, %v", sum, err)
		}
	}
	if len(a.kept) != 3 {
		t.Errorf("%d kept, want 3", len(a.kept))
	}
	for uid := range a.taken[""] {
		if len(uid) != len("sha256-")+64 {
			t.Errorf("receipt under %q", uid)
		}
	}
	if _, err := f.Round(context.Background(), fetch.Account{Name: "isp", Keep: atOnce}); err != nil || len(s.uids()) != 0 {
		t.Errorf("%d left, %v", len(s.uids()), err)
	}
}

func TestQuirk20_MailWithoutUIDsIsDeletedWhenItIsDue(t *testing.T) {
	c := &clock{at: time.Unix(1e9, 0)}
	s, a := &server{mail: mail(2)}, newArchive()
	for i := range s.mail {
		s.mail[i].uid = ""
	}
	f := fetcher(t, s, a, func(o *fetch.Options) { o.Now = c.now })
	acc := fetch.Account{Name: "isp", Keep: fetch.Keep{Delete: true, After: 14 * 24 * time.Hour}}
	for day := range 16 {
		if left, want := len(s.uids()), 2; day <= 14 && left != want {
			t.Fatalf("%d left on day %d, want %d", left, day, want)
		}
		if _, err := f.Round(context.Background(), acc); err != nil {
			t.Fatal(err)
		}
		c.pass(24 * time.Hour)
	}
	if n := len(s.uids()); n != 0 {
		t.Errorf("%d are left", n)
	}
}

func TestQuirk23_GoesOnBehindAMessageThatIsRefused(t *testing.T) {
	s, a := &server{mail: mail(5), refuse: map[string]bool{"u2": true}}, newArchive()
	sum, err := fetcher(t, s, a).Round(context.Background(), fetch.Account{Name: "isp"})
	if err != nil || sum.Taken != 4 || len(sum.Failed) != 1 || sum.Failed[0].UID != "u2" {
		t.Fatalf("%+v, %v", sum, err)
	}
}

func TestQuirk28_UnconfirmedQuitDeletesNothingForSure(t *testing.T) {
	s, a := &server{mail: mail(2), noQuit: true}, newArchive()
	sum, err := fetcher(t, s, a).Round(context.Background(), fetch.Account{Name: "isp", Keep: atOnce})
	if err == nil || sum.Deleted != 0 || sum.Taken != 2 {
		t.Errorf("%+v, %v", sum, err)
	}
}

func TestQuirk38_KeepsMailByWhenItWasFirstSeen(t *testing.T) {
	c := &clock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	s, a := &server{mail: mail(3)}, newArchive()
	f := fetcher(t, s, a, func(o *fetch.Options) { o.Now = c.now })
	acc := fetch.Account{Name: "isp", Keep: fetch.Keep{Delete: true, After: 14 * 24 * time.Hour}}
	for _, step := range []struct {
		pass time.Duration
		left int
	}{{0, 3}, {13 * 24 * time.Hour, 3}, {25 * time.Hour, 0}} {
		c.pass(step.pass)
		if _, err := f.Round(context.Background(), acc); err != nil {
			t.Fatal(err)
		}
		if got := len(s.uids()); got != step.left {
			t.Errorf("at %v: %d left, want %d", c.now(), got, step.left)
		}
	}
}

// UIDs that RFC 1939 does not allow are names like others, up to a length.
func TestQuirk17_LongForeignAndBlankUIDs(t *testing.T) {
	uids := []string{strings.Repeat("x", 999), "zwölf", "\\xff\\x01", "a b  c", "%s\"'\\", strings.Repeat("y", 2000), " blank", "sha256-x"}
	h := newHouse(t)
	for i, uid := range uids {
		h.s.mail = append(h.s.mail, message{uid, text(i)})
	}
	if sum := h.round(fetch.Account{}); sum.Taken != len(uids) {
		t.Errorf("%+v", sum)
	}
	// The too long one and the one that could be a name of ours come again.
	if sum := h.round(fetch.Account{}); sum.Taken != 2 || sum.Twins != 2 {
		t.Errorf("%+v", sum)
	}
	if sum := h.round(fetch.Account{Keep: atOnce}); sum.Deleted != len(uids) || len(h.a.kept) != len(uids) {
		t.Errorf("%+v, %d kept", sum, len(h.a.kept))
	}
}

func TestQuirk20_NoUIDLAtAllMeansDownloadsAndOneWarning(t *testing.T) {
	noUIDL := pop3test.Faults{Capa: []string{"TOP", "USER"}, Refuse: map[string]string{"UIDL": "what?"}}
	pipe(t, pop3test.Options{Messages: octets(3), Faults: noUIDL}, func(t *testing.T, srv *pop3test.Server, a *archive, round func(fetch.Keep) (fetch.Summary, error)) {
		for i, keep := range []fetch.Keep{{}, {}, atOnce} {
			if sum, err := round(keep); err != nil || sum.Taken != 3 || i > 0 && sum.Twins != 3 {
				t.Errorf("round %d: %+v, %v", i, sum, err)
			}
		}
		if len(a.kept) != 3 || len(srv.Deleted()) != 3 {
			t.Errorf("%d kept, %d deleted", len(a.kept), len(srv.Deleted()))
		}
	})
}

// Three rounds, then a rest, then again; or when its size changes, or when
// somebody has it forgotten.
func TestQuirk23_ARefusedMessageIsLeftAloneAfterThreeRounds(t *testing.T) {
	for _, way := range []string{"an hour", "another size", "forgotten"} {
		t.Run(way, func(t *testing.T) {
			h := newHouse(t, mail(3)...)
			h.s.refuse = map[string]bool{"u1": true}
			acc := fetch.Account{Keep: atOnce}
			for i := range 5 {
				h.restart() // it is remembered across processes
				sum := h.round(acc)
				if failed := len(sum.Failed); i < 3 && failed != 1 || i >= 3 && (failed != 0 || sum.Skipped != 1) {
					t.Errorf("round %d: %+v", i, sum)
				}
			}
			if n := h.r.notes["u1"]; n.Kind != fetch.NoteRefused || n.Tries != 3 || !strings.Contains(n.Why, "conversion failed") {
				t.Errorf("note %+v", n)
			}
			h.s.refuse = nil
			switch way {
			case "an hour":
				h.c.pass(time.Hour)
			case "another size":
				h.s.mail[0].text += "more\r\n"
			case "forgotten":
				clear(h.r.notes)
			}
			if sum := h.round(acc); sum.Taken != 1 || len(h.s.mail) != 0 || len(h.r.notes) != 0 {
				t.Errorf("%+v, notes %v", sum, h.r.notes)
			}
		})
	}
}

func TestQuirk23_AMessageThatBreaksSessionsIsLeftAloneAcrossProcesses(t *testing.T) {
	h := newHouse(t, mail(3)...)
	h.s.dropRetr = map[string]bool{"u1": true}
	acc := fetch.Account{Keep: atOnce}
	for i, sessions := range []int{3, 2, 2, 1, 2} { // it breaks the first, then those of its own
		h.restart()
		before := h.s.sessions
		if sum := h.round(acc); h.s.sessions-before != sessions {
			t.Errorf("round %d: %d sessions, %+v", i, h.s.sessions-before, sum)
		}
		h.c.pass(30 * time.Minute)
	}
	if n := h.r.notes["u1"]; n.Kind != fetch.NoteBroke || n.Tries != 4 {
		t.Errorf("note %+v", n)
	}
	clear(h.r.notes)
	h.s.dropRetr = nil
	if sum := h.round(acc); sum.Taken != 1 {
		t.Errorf("%+v", sum)
	}
}

// A full disk, or a shutdown, is no message's fault.
func TestQuirk23_WhatTheArchiveDoesNotTakeIsTriedInEachRound(t *testing.T) {
	h := newHouse(t, mail(3)...)
	for range 4 {
		h.a.n, h.a.failAt = 0, 3
		if sum := h.round(fetch.Account{}); len(sum.Failed) > 1 || sum.Skipped != 0 || len(h.r.notes) != 0 {
			t.Errorf("%+v, notes %v", sum, h.r.notes)
		}
		h.s.mail = append(h.s.mail, renumbered(mail(2), fmt.Sprint(len(h.s.mail), "-"))...)
	}
}

// But what makes our own program panic does so again.
func TestQuirk23_AMessageThatPanicsIsLeftAloneAfterThreeRounds(t *testing.T) {
	h := newHouse(t, mail(3)...)
	for i := range 4 {
		h.restart(func(o *fetch.Options) { o.Sink = panics{h.a} })
		if sum := h.round(fetch.Account{}); i < 3 && len(sum.Failed) != 1 || i == 3 && sum.Skipped != 1 {
			t.Errorf("round %d: %+v", i, sum)
		}
	}
}

// Each message is retrieved in a session of its own until it is proven; its
// beginning never is a message.
func TestQuirk24_AMessageWithoutAnEndStaysOutOfTheArchive(t *testing.T) {
	pipe(t, pop3test.Options{Messages: octets(2), Faults: pop3test.Faults{GlueDot: true}}, func(t *testing.T, srv *pop3test.Server, a *archive, round func(fetch.Keep) (fetch.Summary, error)) {
		for range 3 {
			if sum, err := round(atOnce); sum.Taken != 0 {
				t.Errorf("%+v, %v", sum, err)
			}
		}
		if len(a.kept) != 0 || len(srv.Deleted()) != 0 {
			t.Errorf("kept %v, deleted %v", a.kept, srv.Deleted())
		}
		srv.SetFaults(pop3test.Faults{})
		time.Sleep(8 * 24 * time.Hour) // of the fake clock
		if sum, err := round(atOnce); err != nil || sum.Taken != 2 || len(srv.Deleted()) != 2 {
			t.Errorf("%+v, %v", sum, err)
		}
	})
}

// What the upstream deletes by itself at RETR is here before QUIT.
func TestQuirk26_MailThatGoesWithItsRetrievalIsHereBeforeQUIT(t *testing.T) {
	pipe(t, pop3test.Options{Messages: octets(5), Faults: pop3test.Faults{DeleteOnRetr: true}}, func(t *testing.T, srv *pop3test.Server, a *archive, round func(fetch.Keep) (fetch.Summary, error)) {
		a.failAt = 3
		sum, err := round(fetch.Keep{})
		if err != nil || sum.Taken != 4 || len(sum.Failed) != 1 {
			t.Errorf("%+v, %v", sum, err)
		}
		if len(a.kept) != 4 {
			t.Errorf("kept %v", a.kept)
		}
		if sum, err = round(fetch.Keep{}); err != nil || sum.Taken != 0 {
			t.Errorf("the next round: %+v, %v", sum, err)
		}
	})
}

// One that could not be taken and is gone is spoken of: nobody else would.
func TestQuirk26_WarnsOfMailThatVanishesUntaken(t *testing.T) {
	h := newHouse(t, mail(3)...)
	var log strings.Builder
	h.restart(func(o *fetch.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	h.s.refuse = map[string]bool{"u1": true}
	h.round(fetch.Account{})
	h.s.mail = slices.Delete(h.s.mail, 0, 2) // u0 was taken
	for range 2 {
		h.round(fetch.Account{})
	}
	if n := strings.Count(log.String(), "no longer upstream"); n != 1 || !strings.Contains(log.String(), "messages=1") {
		t.Errorf("told %d times: %s", n, log.String())
	}
}

// The next listing says what came of deletions whose QUIT was never answered.
func TestQuirk28_TheNextListingSaysWhatCameOfALostQuit(t *testing.T) {
	for _, done := range []bool{true, false} {
		h := newHouse(t, mail(2)...)
		h.s.noQuit = true
		if !done {
			h.s.cutQuit = true
		}
		if _, err := h.f.Round(context.Background(), fetch.Account{Name: "isp", Keep: atOnce}); !errors.Is(err, errCut) {
			t.Fatal(err)
		}
		for _, d := range h.r.dels {
			if d.State != fetch.DeletionMarked || !strings.Contains(d.Why, "keep 0, first seen") || !strings.HasSuffix(d.Why, "on stable storage") {
				t.Errorf("row %+v", d)
			}
		}
		h.s.noQuit, h.s.cutQuit = false, false
		h.round(fetch.Account{})
		want := fetch.DeletionUndone
		if done {
			want = fetch.DeletionSeen
		}
		if len(h.r.dels) != 2 || h.r.dels[0].State != want || h.r.dels[1].State != want {
			t.Errorf("done %v: rows %+v", done, h.r.dels)
		}
	}
}

func TestQuirk28_NothingIsDeletedThatCannotBeNoted(t *testing.T) {
	h := newHouse(t, mail(2)...)
	h.r.fails["Mark"] = true
	sum, err := h.f.Round(context.Background(), fetch.Account{Name: "isp", Keep: atOnce})
	if !errors.Is(err, errRecords) || sum.Taken != 2 || len(h.s.mail) != 2 {
		t.Errorf("%+v, %v, left %v", sum, err, h.s.uids())
	}
	h.r.fails = map[string]bool{"Settle": true} // that can be seen later
	if sum = h.round(fetch.Account{Keep: atOnce}); sum.Deleted != 2 {
		t.Errorf("%+v", sum)
	}
	h.r.fails = map[string]bool{}
	h.round(fetch.Account{})
	if h.r.dels[0].State != fetch.DeletionSeen {
		t.Errorf("rows %+v", h.r.dels)
	}
}

// What no receipt stands for is not deleted, whatever the round believes.
func TestQuirk28_NothingIsDeletedWithoutAReceipt(t *testing.T) {
	h := newHouse(t, mail(3)...)
	h.restart(func(o *fetch.Options) { o.Sink = forgetful{h.a} })
	if sum := h.round(fetch.Account{Keep: atOnce}); sum.Taken != 3 || sum.Deleted != 2 || !slices.Equal(h.s.uids(), []string{"u1"}) {
		t.Errorf("%+v, left %v", sum, h.s.uids())
	}
}

// forgetful is a sink that loses a receipt.
type forgetful struct{ *archive }

func (f forgetful) Deliver(ctx context.Context, p *fetch.Parcel) error {
	if p.UID == "u1" {
		_, err := io.Copy(io.Discard, p.Open())
		return err
	}
	return f.archive.Deliver(ctx, p)
}

const internalData = "Date: 01 Jan 2020 00:00:00 +0000\r\nFrom: Mail System Internal Data <MAILER-DAEMON@mail.example>\r\n" +
	"Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\r\nX-IMAP: 1577836800 0000000042\r\nStatus: RO\r\n\r\n" +
	"This text is part of the internal format of your mail folder, and is not\r\na real message.\r\n"

func TestQuirk31_TheServersOwnDataIsNoMailAndIsNotDeleted(t *testing.T) {
	for _, uid := range []string{"42", ""} {
		h := newHouse(t, append([]message{{uid, internalData}}, mail(2)...)...)
		for i := range 3 {
			sum := h.round(fetch.Account{Keep: atOnce})
			if sum.Skipped != 1 || sum.Taken != sum.New || len(h.a.kept) != 2 || len(h.s.mail) != 1 {
				t.Errorf("uid %q, round %d: %+v, left %v", uid, i, sum, h.s.uids())
			}
		}
		if uid != "" && h.r.notes[uid].Kind != fetch.NoteInternal {
			t.Errorf("notes %v", h.r.notes)
		}
	}
}

// What an earlier version took for mail is not deleted either.
func TestQuirk31_TheServersOwnDataIsNotDeletedThoughItWasTaken(t *testing.T) {
	h := newHouse(t, message{"42", internalData})
	h.a.taken[""] = map[string]fetch.Taken{"42": takenOf(message{"42", internalData}, h.c.now().Add(-time.Hour))}
	if sum := h.round(fetch.Account{Keep: atOnce}); sum.Deleted != 0 || len(h.s.mail) != 1 {
		t.Errorf("%+v", sum)
	}
}

// Only the first message can be it, and only with both marks.
func TestQuirk31_MailThatLooksLikeItIsTaken(t *testing.T) {
	bounce := "From: MAILER-DAEMON@mail.example\r\nSubject: returned mail\r\n\r\nX-IMAP: 1 2\r\n"
	h := newHouse(t, message{"a", bounce}, message{"b", internalData})
	if sum := h.round(fetch.Account{Keep: atOnce}); sum.Taken != 2 || sum.Skipped != 0 || len(h.s.mail) != 0 {
		t.Errorf("%+v", sum)
	}
}

// The header's date says nothing of when mail may go.
func TestQuirk38_AnOldDateInTheHeaderIsNoReasonToDelete(t *testing.T) {
	h := newHouse(t, message{"old", "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n\r\nold\r\n"}, message{"future", "Date: Thu, 01 Jan 2099 00:00:00 +0000\r\n\r\nnew\r\n"})
	acc := fetch.Account{Keep: fetch.Keep{Delete: true, After: 14 * 24 * time.Hour}}
	h.round(acc)
	h.c.pass(13 * 24 * time.Hour)
	if sum := h.round(acc); sum.Deleted != 0 {
		t.Errorf("%+v", sum)
	}
	h.c.pass(25 * time.Hour)
	if sum := h.round(acc); sum.Deleted != 2 {
		t.Errorf("%+v", sum)
	}
}
