package fetch_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"restante/fetch"
)

// model is a world in which anything may go wrong but the person's own doing.
type model struct {
	*house
	next  int
	all   []string        // texts that were ever upstream
	taken map[string]bool // of these, what somebody else took away
}

// arrive puts a message upstream. Some have headers that tell nothing, most have
// the same size as another one.
func (m *model) arrive(t *rapid.T) {
	n := m.next
	m.next++
	text := fmt.Sprintf("Subject: %03d\r\nMessage-ID: <%03d@x>\r\n\r\n%03d\r\n", n%5, n, n)
	if rapid.IntRange(0, 5).Draw(t, "common header") == 0 {
		text = fmt.Sprintf("Subject: cron\r\n\r\n%03d\r\n", n)
	}
	uids := []string{"", fmt.Sprint("u", n), fmt.Sprint("u", n/2), fmt.Sprint(len(m.s.mail) + 1), fmt.Sprint("u", n)}
	m.s.mail = append(m.s.mail, message{rapid.SampledFrom(uids).Draw(t, "uid"), text})
	m.all = append(m.all, text)
}

// shake has the upstream do something that it should not.
func (m *model) shake(t *rapid.T) {
	mail := m.s.mail
	which := func(what string) int { return rapid.IntRange(0, len(mail)-1).Draw(t, what) }
	if len(mail) == 0 {
		return
	}
	switch rapid.IntRange(0, 5).Draw(t, "shake") {
	case 0:
		m.s.mail = renumbered(mail, fmt.Sprint("s", m.next, "-"))
	case 1:
		for i := range mail {
			mail[i].uid = fmt.Sprint(i + 1)
		}
	case 2:
		a, b := which("one"), which("other")
		mail[a].uid, mail[b].uid = mail[b].uid, mail[a].uid
	case 3:
		mail[which("twin")].uid = mail[which("of")].uid
	case 4:
		i := which("taken")
		m.taken[mail[i].text] = true
		m.s.mail = slices.Delete(mail, i, i+1)
	case 5:
		m.s.grow = rapid.Int64Range(-1, 1).Draw(t, "sizes")
	}
}

// round runs one, and checks that what is gone upstream is here and has a row.
func (m *model) round(t *rapid.T, acc fetch.Account) error {
	before := slices.Clone(m.s.mail)
	acc.Name = "isp"
	_, err := m.f.Round(context.Background(), acc)
	for _, b := range before {
		if slices.ContainsFunc(m.s.mail, func(now message) bool { return now.text == b.text }) {
			continue
		}
		if m.a.kept[acc.Owner+b.text] == 0 {
			t.Fatalf("%q is gone upstream and not here", b.text)
		}
		digest := sha256.Sum256([]byte(b.text))
		if !slices.ContainsFunc(m.r.dels, func(d fetch.Deletion) bool { return d.Digest == digest && d.State != fetch.DeletionUndone }) {
			t.Fatalf("%q is gone upstream, and no row says so: %+v", b.text, m.r.dels)
		}
	}
	return err
}

// UIDs are given anew, twice and crosswise, listings are cut short, sizes are
// counted otherwise, TOP shows other messages' headers, the store and the line
// fail, and the policy is another each time. What is gone upstream is here, byte
// for byte and with a row. Once nothing more goes wrong, all is here and nothing
// is left, and no row is open.
func TestRound_NothingIsLostInAWorldOfTroubles(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		a := newArchive()
		m := &model{house: &house{s: &server{}, a: a, r: newRecords(a), c: &clock{at: time.Unix(1.7e9, 0)}, spool: dir}, taken: map[string]bool{}}
		for range rapid.IntRange(2, 7).Draw(t, "rounds") {
			for range rapid.IntRange(0, 12).Draw(t, "new") * rapid.IntRange(1, 3).Draw(t, "times") {
				m.arrive(t)
			}
			for range rapid.IntRange(0, 3).Draw(t, "shakes") {
				m.shake(t)
			}
			m.restart()
			m.s.step, m.s.cutAt = 0, 0
			if rapid.Bool().Draw(t, "cut") {
				m.s.cutAt = rapid.IntRange(1, 80).Draw(t, "at")
			}
			m.s.noQuit = rapid.IntRange(0, 5).Draw(t, "no answer to QUIT") == 0
			m.s.cutQuit = rapid.IntRange(0, 5).Draw(t, "no QUIT") == 0
			keep := rapid.SampledFrom([]fetch.Keep{{}, atOnce, {Delete: true, After: time.Hour}}).Draw(t, "keep")
			m.s.topOff = 0
			if !keep.Delete { // a lie that agrees with a UID given twice by chance is believed
				m.s.topOff = rapid.IntRange(0, 3).Draw(t, "top") / 3
			}
			m.s.short = max(0, rapid.IntRange(-30, 20).Draw(t, "short"))
			m.a.n, m.a.failAt = 0, rapid.IntRange(-1, 20).Draw(t, "store fails at")
			for _, method := range []string{"Mark", "Settle", "Note"} {
				m.r.fails[method] = rapid.IntRange(0, 9).Draw(t, method) == 0
			}
			m.round(t, fetch.Account{
				Keep:         keep,
				Recent:       rapid.IntRange(0, 3).Draw(t, "recent") == 0,
				MaxSize:      rapid.SampledFrom([]int64{0, 40}).Draw(t, "max size"),
				HeadersOnly:  rapid.Bool().Draw(t, "headers"),
				Newest:       rapid.Bool().Draw(t, "newest"),
				MostMessages: rapid.IntRange(0, 9).Draw(t, "most"),
			})
			m.c.pass(time.Duration(rapid.IntRange(0, 120).Draw(t, "minutes")) * time.Minute)
		}
		m.s.cutAt, m.s.noQuit, m.s.cutQuit, m.s.topOff, m.s.short, m.s.grow, m.a.failAt = 0, false, false, 0, 0, 0, 0
		clear(m.r.fails)
		m.restart()
		for range 3 {
			m.c.pass(8 * 24 * time.Hour)
			if err := m.round(t, fetch.Account{Keep: atOnce}); err != nil {
				t.Fatal(err)
			}
		}
		for _, text := range m.all {
			if !m.taken[text] && a.kept[text] == 0 {
				t.Fatalf("%q is not here", text)
			}
		}
		if len(m.s.mail) != 0 {
			t.Fatalf("%v are left upstream", m.s.uids())
		}
		for _, d := range m.r.dels {
			if d.State == fetch.DeletionMarked {
				t.Fatalf("it is not known what came of %+v", d)
			}
		}
	})
}
