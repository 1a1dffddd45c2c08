package fetch_test

import (
	"testing"
	"time"

	"restante/fetch"
)

// A UID that a server gives a second time may be one that was passed over.
func TestRecent_TakesOtherMailUnderAPassedUID(t *testing.T) {
	h := newHouse(t, mail(5)...)
	acc := fetch.Account{Keep: atOnce, Recent: true}
	h.round(acc)
	other := message{"u4", text(77) + "longer\r\n"}
	h.s.mail[4] = other
	h.restart()
	if sum := h.round(acc); sum.Taken != 1 || h.a.kept[other.text] != 1 || len(h.s.mail) != 5 {
		t.Errorf("%+v, left %v", sum, h.s.uids())
	}
}

// With keep 0 nothing that was taken is left to tell a storm by.
func TestStorm_OldMailOfARecentAccountIsNotDeletedAtOnce(t *testing.T) {
	h := newHouse(t, mail(30)...)
	acc := fetch.Account{Keep: atOnce, Recent: true}
	h.round(acc)
	h.s.mail = append(h.s.mail, message{"later", text(100)})
	h.round(acc)
	h.s.mail = renumbered(h.s.mail, "new")
	h.s.mail = append(h.s.mail, message{"later2", text(101)})
	for range 3 {
		h.restart()
		h.round(acc)
		h.c.pass(time.Hour)
	}
	if len(h.s.mail) < 30 {
		t.Errorf("%d left upstream", len(h.s.mail))
	}
}

// Sizes that LIST gives are no two times the same at some upstreams.
func TestMostMessages_NewMailComesAheadOfWhatMayHaveChanged(t *testing.T) {
	h := newHouse(t, mail(10)...)
	h.round(fetch.Account{})
	acc := fetch.Account{MostMessages: 2}
	h.s.mail = append(h.s.mail, message{"new", text(99)})
	for i := range 10 {
		h.s.mail[i].text += "x\r\n"
	}
	h.round(acc)
	if h.a.kept[text(99)] != 1 {
		t.Error("new mail waits for mail that is known")
	}
}

// What is kept upstream stays so though it could not be taken at first.
func TestRecent_KeepsOldMailThatFailedInAStorm(t *testing.T) {
	acc := fetch.Account{Keep: atOnce, Recent: true, MaxSize: 2000}
	h := newHouse(t, append(mail(30), big("large", 3000))...)
	h.round(acc)
	h.s.mail = renumbered(h.s.mail, "new")
	h.s.refuse = map[string]bool{"new3": true}
	h.s.dropRetr = map[string]bool{"new4": true}
	h.restart()
	h.round(acc)
	h.s.refuse, h.s.dropRetr, acc.MaxSize = nil, nil, 0
	h.c.pass(30 * 24 * time.Hour)
	h.restart()
	if h.round(acc); len(h.s.mail) != 31 || len(h.a.kept) != 31 {
		t.Errorf("%d left upstream, %d kept", len(h.s.mail), len(h.a.kept))
	}
}

func TestRecent_KeepsOldMailInAStormWhereverTheProcessDies(t *testing.T) {
	const n = 30
	acc := fetch.Account{Name: "isp", Keep: atOnce, Recent: true}
	crashMatrix(t, 2*n, acc, func() (*server, *archive, *records) {
		a := newArchive()
		s, r := &server{mail: mail(n)}, newRecords(a)
		if _, err := fetch.New(mortal{fate: &fate{}, s: s, a: a, r: r}.options(t.TempDir())).Round(t.Context(), acc); err != nil {
			t.Fatal(err)
		}
		s.mail = renumbered(s.mail, "new")
		return s, a, r
	}, func(t *testing.T, s *server, a *archive, r *records, whole bool) {
		if len(s.mail) != n || whole && len(a.kept) != n {
			t.Errorf("%d left upstream, %d kept", len(s.mail), len(a.kept))
		}
	})
}
