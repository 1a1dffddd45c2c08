package mail_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"restante/index/search"
	"restante/serve/web/mail"
	"restante/serve/web/webtest"
)

// note is a plain message.
func note(from, subject, text string) string {
	return fmt.Sprintf("From: %s\nTo: ada@example.org\nSubject: %s\nMessage-ID: <%x@example.org>\nDate: Thu, 05 Mar 2026 14:07:00 +0000\n\n%s\n",
		from, subject, subject, text)
}

// house has the pages for mail and what some people have of it.
func house(t testing.TB) *webtest.House {
	t.Helper()
	h := webtest.New(t)
	mail.Register(h.Web, mail.Options{
		Archive: h.Archive, Catalogue: h.Catalogue, Searches: h.Archive, Teacher: h.Archive, Mailboxes: h.Archive, Senders: h.Archive, Judge: h.Sorter,
		Seen: func(context.Context) { h.CatchUp() },
	})
	h.Start()
	return h
}

func has(t *testing.T, r webtest.Reply, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(r.Body, w) {
			t.Errorf("%s (%d) lacks %q:\n%s", r.Path, r.Status, w, r.Body)
		}
	}
}

func lacks(t *testing.T, r webtest.Reply, unwanted ...string) {
	t.Helper()
	for _, w := range unwanted {
		if strings.Contains(r.Body, w) {
			t.Errorf("%s shows %q", r.Path, w)
		}
	}
}

func TestList_ShowsWhatAQueryFindsAndNothingOfOthers(t *testing.T) {
	h := house(t)
	h.Deliver("ada", "", note("Bob <bob@example.net>", "The <b>harbour</b>", "We meet at the harbour & sail."))
	h.Deliver("ada", "spam", note("win@example.com", "You won", "Nothing of that."))
	h.Deliver("eve", "", note("eve@example.net", "Harbour of another", "harbour"))
	h.CatchUp()
	r := h.Get("ada", "/mail?q=harbour")
	has(t, r, "Bob", "One message", "at the <mark>harbour</mark> &amp; sail", "&lt;b&gt;<mark>harbour</mark>&lt;/b&gt;")
	lacks(t, r, "Harbour of another", "You won")
	has(t, h.Get("ada", "/mail?q="), "2 messages", "You won")
	has(t, h.Get("ada", "/"), "One message", "Bob")
	has(t, h.Get("ada", "/mail?q=nosuchword"), "Nothing found")
	has(t, h.Get("ada", "/mail?q=&by=threads"), "Conversations", "Bob")
}

func TestList_PutsItsFingerOnTheFault(t *testing.T) {
	h := house(t)
	r := h.Get("ada", "/mail?q="+url.QueryEscape(`<a> (or`))
	has(t, r, `role="alert"`, `aria-invalid="true"`, "&lt;a&gt;")
	has(t, h.Get("ada", "/mail?q=has:nonsense"), "cannot be understood at sign 5", "has:<mark>")
	if r := h.Get("ada", "/mail?after=nonsense"); r.Status != http.StatusNotFound {
		t.Errorf("a page that no page led to: %d", r.Status)
	}
}

func TestList_TurnsPages(t *testing.T) {
	h := house(t)
	const all = 65
	for i := range all {
		h.Deliver("ada", "", note("bob@example.net", fmt.Sprintf("Letter %02d", i), "text"))
	}
	h.CatchUp()
	next := regexp.MustCompile(`href="([^"]+)" rel="next"`)
	path, seen, pages := "/mail?q=letter", map[string]bool{}, 0
	for path != "" && pages < 5 {
		r := h.Get("ada", path)
		for _, m := range regexp.MustCompile(`Letter</mark> \d\d`).FindAllString(r.Body, -1) {
			seen[m] = true
		}
		pages++
		path = ""
		if m := next.FindStringSubmatch(r.Body); m != nil {
			path = strings.ReplaceAll(m[1], "&amp;", "&")
		}
	}
	if len(seen) != all || pages != 3 {
		t.Errorf("%d messages on %d pages, want %d on 3", len(seen), pages, all)
	}
}

func TestList_NarrowsDown(t *testing.T) {
	h := house(t)
	for i := range 3 {
		h.Deliver("ada", "", note(fmt.Sprintf("Bob <bob%d@example.net>", i%2), fmt.Sprintf("Letter %d", i), "text"))
	}
	h.Deliver("ada", "Two words", note("bob1@example.net", "Elsewhere", "text"))
	h.CatchUp()
	r := h.Get("ada", "/mail?q=letter+OR+elsewhere")
	has(t, r, "Narrow down", "bob0@example.net", "q=%28letter%20OR%20elsewhere%29%20from%3Abob0%40example.net", "in%3A%22Two%20words%22")
	has(t, h.Get("ada", "/mail?q="+url.QueryEscape(`(letter OR elsewhere) in:"Two words"`)), "One message", "<mark>Elsewhere</mark>")
	for _, query := range []string{"(letter) OR (elsewhere)", "letter\u3000ＯＲ\u3000elsewhere", "{letter elsewhere}", "letter OR from:bob0@example.net"} {
		want := encodedQuery("(" + query + ") from:bob0@example.net")
		if r := h.Get("ada", "/mail?q="+url.QueryEscape(query)); !strings.Contains(r.Body, want) {
			t.Errorf("%s is not narrowed to %s", query, want)
		}
	}
}

func encodedQuery(q string) string { return "q=" + strings.ReplaceAll(url.QueryEscape(q), "+", "%20") }

// What stands behind a number in the facets finds that number of messages, whatever
// a mailbox is called.
func TestList_NarrowsDownToAnyMailbox(t *testing.T) {
	h := house(t)
	names := []string{"{a}", "a{b", "(x)", "x*", "y~", "-z", "anywhere", "請求（2024）", "a\u3000b"}
	for _, name := range names {
		h.Deliver("ada", name, note("bob@example.net", "In "+name, "text"))
	}
	h.Deliver("ada", "", note("bob@example.net", "Letter", "text"))
	h.CatchUp()
	for _, name := range names {
		has(t, h.Get("ada", "/mail?"+encodedQuery("in:"+search.Value(name))), "One message")
	}
}

// What is spam and lies where spam lies is called so once.
func TestList_TellsTheMailboxWhereItSaysMoreThanTheClass(t *testing.T) {
	h := house(t)
	id := h.Deliver("ada", "spam", note("bob@example.net", "One", "text"))
	h.CatchUp()
	box := `<span class="badge">Spam</span>`
	for _, path := range []string{"/mail?q=", "/mail/" + fmt.Sprint(id)} {
		has(t, h.Get("ada", path), box, `<span class="badge unsure">`)
	}
	h.Post("ada", "/mail/act", url.Values{"do": {"spam"}, "id": {fmt.Sprint(id)}})
	for _, path := range []string{"/mail?q=", "/mail/" + fmt.Sprint(id)} {
		r := h.Get("ada", path)
		has(t, r, `<span class="badge spam">`)
		lacks(t, r, box)
	}
}
