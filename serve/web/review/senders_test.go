package review_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"restante/filter/sender"
	"restante/serve/web/webtest"
)

// many is a house whose ada has so many senders.
func many(t *testing.T, n int) *webtest.House {
	h := house(t)
	var all []sender.Sender
	for i := range n {
		all = append(all, sender.Sender{Name: fmt.Sprintf("number%03d@place%d.example", i, i%3), Blocked: i%2 == 0})
	}
	all = append(all, sender.Sender{Name: "bücher.example"})
	if _, _, err := h.Archive.ChangeSenders(t.Context(), "ada", nil, all); err != nil {
		t.Fatal(err)
	}
	return h
}

var told = regexp.MustCompile(`<td class="first"><bdi>([^<]+)</bdi>`)

// Every sender can be got at, however many there are, and who takes one off the list
// stays on the page.
func TestSenders_AreListedPageByPage(t *testing.T) {
	const all = 120
	h := many(t, all)
	seen := map[string]bool{}
	last, path := "", "/review/senders?q=place"
	for pages := 0; path != "" && pages < 5; pages++ {
		r := h.Get("ada", path)
		for _, m := range told.FindAllStringSubmatch(r.Body, -1) {
			seen[m[1]] = true
		}
		last, path = path, ""
		if m := regexp.MustCompile(`<a href="([^"]+)" rel="next"`).FindStringSubmatch(r.Body); m != nil {
			path = html.UnescapeString(m[1])
		}
	}
	if len(seen) != all || !strings.Contains(last, "skip=100") {
		t.Errorf("%d senders up to %s, want %d", len(seen), last, all)
	}
	r := h.Post("ada", "/review/senders/forget", url.Values{"name": {"number007@place1.example"}, "back": {last}})
	if !strings.HasPrefix(r.Path, "/review/senders?") || !strings.Contains(r.Path, "skip=100") || !strings.Contains(r.Body, "119 of 120") {
		t.Errorf("one taken off leads to %s", r.Path)
	}
	if r := h.Get("ada", "/review/senders?skip=1000"); len(told.FindAllString(r.Body, -1)) != 20 || !strings.Contains(r.Body, `<a href="/review/senders?skip=50" rel="prev"`) {
		t.Errorf("behind the last page: %s", r.Body)
	}
	for _, bad := range []string{"x", "-1"} {
		if r := h.Get("ada", "/review/senders?skip="+bad); r.Status != http.StatusNotFound {
			t.Errorf("skip %s: %d", bad, r.Status)
		}
	}
}

func TestSenders_AreFoundByAPieceOfTheName(t *testing.T) {
	h := many(t, 60)
	for query, want := range map[string]int{"NUMBER00": 10, "@place0": 20, "number042@place0.example": 1, "Bücher": 1, "nobody": 0, " ": 50} {
		r := h.Get("ada", "/review/senders?q="+url.QueryEscape(query))
		if got := len(told.FindAllString(r.Body, -1)); got != want || r.Status != 200 {
			t.Errorf("%q finds %d, want %d", query, got, want)
		}
		if want == 0 && !strings.Contains(r.Body, "Nobody on the list") {
			t.Errorf("%q: %s", query, r.Body)
		}
	}
	for _, language := range []string{"en", "de", "ja"} {
		r := h.Request("GET", "ada", "/review/senders?q=%3Cb%3E", nil)
		r.Header.Set("Accept-Language", language)
		if got := h.Do(r); got.Status != 200 || strings.Contains(got.Body, "<b>") || !strings.Contains(got.Body, `value="&lt;b&gt;"`) || strings.Contains(got.Body, "senders.") {
			t.Errorf("in %s: %s", language, got.Body)
		}
	}
	if r := h.Get("eve", "/review/senders"); strings.Contains(r.Body, `role="search"`) {
		t.Error("who has no senders is asked which to find")
	}
}

func TestBrowser_FindsASenderAndTakesHimOffTheList(t *testing.T) {
	h := many(t, 60)
	b := webtest.NewBrowser(t, h.URL, 360, 800, webtest.Cookie, "ada")
	b.Open("/review/senders")
	b.Fits()
	b.Shot("senders-360")
	b.Accessible("senders")
	b.Keys("n")
	b.Wait(`document.querySelectorAll("td bdi").length === 11`)
	b.Keys("/")
	b.Keys("number042\r")
	b.Wait(`document.querySelectorAll("td bdi").length === 1 && document.querySelector("td bdi").textContent.includes("number042")`)
	b.Click("form[action='/review/senders/forget'] button")
	b.Wait(`document.querySelector(".notice")?.textContent.includes("neither allowed nor blocked") && document.querySelector(".empty") !== null`)
	b.Keys("z")
	b.Wait(`document.querySelector(".notice")?.textContent.includes("Undone") && document.querySelectorAll("td bdi").length === 1`)
}
