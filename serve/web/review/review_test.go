package review_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"restante/filter"
	"restante/serve/web/mail"
	"restante/serve/web/review"
	"restante/serve/web/webtest"
)

func house(t *testing.T) *webtest.House {
	t.Helper()
	h := webtest.New(t)
	mail.Register(h.Web, mail.Options{
		Archive: h.Archive, Catalogue: h.Catalogue, Searches: h.Archive, Teacher: h.Archive, Mailboxes: h.Archive, Senders: h.Archive, Judge: h.Sorter,
		Seen: func(context.Context) { h.CatchUp() },
	})
	review.Register(h.Web, review.Options{Archive: h.Archive, Lessons: h.Archive, Catalogue: h.Catalogue, Senders: h.Archive, Judge: h.Sorter})
	h.Start()
	return h
}

func note(subject string) string {
	return fmt.Sprintf("From: Win <win@example.com>\nTo: ada@example.org\nSubject: %s\nDate: Thu, 05 Mar 2026 14:07:00 +0000\n\nClaim your prize.\n", subject)
}

func TestReview_ReleasesAndTakesBack(t *testing.T) {
	h := house(t)
	caught := h.Deliver("ada", filter.Quarantine, note("You won"))
	unsure := h.Deliver("ada", "", note("Perhaps <i>"))
	h.Deliver("eve", filter.Quarantine, note("Of another"))
	h.CatchUp()
	r := h.Get("ada", "/review?of=spam")
	for _, want := range []string{"One message caught as spam", "You won", "Release to the inbox", "NO_MESSAGE_ID"} {
		if !strings.Contains(r.Body, want) {
			t.Errorf("the quarantine lacks %q", want)
		}
	}
	if strings.Contains(r.Body, "Of another") || strings.Contains(r.Body, "Perhaps") {
		t.Error("the quarantine shows what is not in it")
	}
	if r := h.Get("ada", "/review"); !strings.Contains(r.Body, "Perhaps &lt;i&gt;") || strings.Contains(r.Body, "You won") {
		t.Errorf("what the filter is not sure of: %s", r.Body)
	}
	r = h.Post("ada", "/mail/act", url.Values{"do": {"ham"}, "id": {fmt.Sprint(caught), fmt.Sprint(unsure)}, "back": {"/review?of=spam"}})
	if !strings.Contains(r.Body, "Nothing to look through") || !strings.Contains(r.Body, "Learnt 2 messages as not spam") {
		t.Errorf("after the release: %s", r.Body)
	}
	m, err := h.Archive.Message(t.Context(), "ada", caught)
	if err != nil || m.Mailbox != filter.Inbox || m.Class != filter.Ham {
		t.Errorf("what was released is %v in %s, %v", m.Class, m.Mailbox, err)
	}
	r = h.Get("ada", "/review/lessons")
	numbers := regexp.MustCompile(`name="number" value="(\d+)"`).FindAllStringSubmatch(r.Body, -1)
	if len(numbers) != 2 || !strings.Contains(r.Body, "2 wanted and 0 spam") {
		t.Fatalf("lessons %v: %s", numbers, r.Body)
	}
	form := url.Values{"number": {numbers[1][1]}}
	if r := h.Post("eve", "/review/lessons/undo", form); r.Status != http.StatusNotFound {
		t.Errorf("another takes it back: %d", r.Status)
	}
	for _, want := range []string{"The lesson was taken back.", "cannot be undone"} {
		if r := h.Post("ada", "/review/lessons/undo", form); !strings.Contains(r.Body, want) {
			t.Errorf("%s lacks %q", r.Body, want)
		}
	}
	m, err = h.Archive.Message(t.Context(), "ada", caught)
	if err != nil || m.Mailbox != filter.Quarantine {
		t.Errorf("taken back it hangs in %s, %v", m.Mailbox, err)
	}
	if r := h.Get("ada", "/review?after=nonsense"); r.Status != http.StatusNotFound {
		t.Errorf("a page that no page led to: %d", r.Status)
	}
	if r := h.Post("ada", "/review/lessons/undo", url.Values{"number": {"x"}}); r.Status != http.StatusBadRequest {
		t.Errorf("no number: %d", r.Status)
	}
}

// Every lesson can be got at, however many there are, and who takes one back stays
// on its page.
func TestLessons_AreListedPageByPage(t *testing.T) {
	h := house(t)
	const all = 60
	form := url.Values{"do": {"spam"}}
	for i := range all {
		form.Add("id", fmt.Sprint(h.Deliver("ada", "", note(fmt.Sprint("Number ", i)))))
	}
	h.Post("ada", "/mail/act", form)
	seen := map[string]bool{}
	last, path := "", "/review/lessons"
	for pages := 0; path != "" && pages < 5; pages++ {
		r := h.Get("ada", path)
		for _, m := range regexp.MustCompile(`name="number" value="(\d+)"`).FindAllStringSubmatch(r.Body, -1) {
			seen[m[1]] = true
		}
		last, path = path, ""
		if m := regexp.MustCompile(`<a href="([^"]+)" rel="next"`).FindStringSubmatch(r.Body); m != nil {
			path = html.UnescapeString(m[1])
		}
	}
	if len(seen) != all || !strings.Contains(last, "?before=") {
		t.Errorf("%d lessons up to %s, want %d", len(seen), last, all)
	}
	if r := h.Post("ada", "/review/lessons/undo", url.Values{"number": {"1"}, "back": {last}}); !strings.HasPrefix(r.Path, last) || !strings.Contains(r.Body, "The lesson was taken back.") {
		t.Errorf("after the undo: %s", r.Path)
	}
	for _, bad := range []string{"x", "0", "-1"} {
		if r := h.Get("ada", "/review/lessons?before="+bad); r.Status != http.StatusNotFound {
			t.Errorf("before %s: %d", bad, r.Status)
		}
	}
}

func TestSenders_AreListedSetAndForgotten(t *testing.T) {
	h := house(t)
	for _, step := range []struct {
		name, do string
		status   int
		want     string
	}{
		{"Eve@Spam.example", "block", 200, "eve@spam.example is blocked."}, {"@nice.example", "allow", 200, "nice.example is allowed."},
		{"<b>", "allow", 422, "Neither an address"}, {"nice.example", "eat", 400, "could not be understood"},
	} {
		r := h.Post("ada", "/review/senders", url.Values{"name": {step.name}, "do": {step.do}})
		if r.Status != step.status || !strings.Contains(r.Body, step.want) || strings.Contains(r.Body, "<b>") {
			t.Errorf("%s %s: %d %s", step.do, step.name, r.Status, r.Body)
		}
	}
	if r := h.Get("eve", "/review/senders"); strings.Contains(r.Body, "nice.example") || !strings.Contains(r.Body, "nobody yet") {
		t.Errorf("another sees them: %s", r.Body)
	}
	form := url.Values{"name": {"nice.example"}}
	if r := h.Post("eve", "/review/senders/forget", form); r.Status != http.StatusNotFound {
		t.Errorf("another forgets one: %d", r.Status)
	}
	r := h.Post("ada", "/review/senders/forget", form)
	if !strings.Contains(r.Body, "neither allowed nor blocked") || strings.Contains(r.Body, "<bdi>nice.example") || !strings.Contains(r.Body, "<bdi>eve@spam.example") {
		t.Errorf("forgotten: %s", r.Body)
	}
	token := regexp.MustCompile(`name="did" value="([A-Z0-9]+)"`).FindStringSubmatch(r.Body)
	if r := h.Post("ada", "/undo", url.Values{"did": {token[1]}, "back": {"/review/senders"}}); !strings.Contains(r.Body, "<bdi>nice.example") {
		t.Errorf("put back: %s", r.Body)
	}
}
