package mail_test

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"restante/index/search"
	"restante/serve/web/webtest"
)

var (
	suggestions = regexp.MustCompile(`(?s)<datalist id="suggestions">(.*?)</datalist>`)
	option      = regexp.MustCompile(`<option value="([^"]*)">`)
)

// suggested gives what the page suggests for a query.
func suggested(t *testing.T, r webtest.Reply) (out []string) {
	t.Helper()
	list := suggestions.FindStringSubmatch(r.Body)
	if list == nil {
		t.Fatalf("%s (%d) suggests nothing", r.Path, r.Status)
	}
	for _, o := range option.FindAllStringSubmatch(list[1], -1) {
		out = append(out, html.UnescapeString(o[1]))
	}
	return out
}

// senders are the whole ones among suggestions.
func senders(all []string) (out []string) {
	for _, s := range all {
		if v, ok := strings.CutPrefix(s, "from:"); ok && v != "" {
			out = append(out, s)
		}
	}
	return out
}

func TestSuggestions_AreOfTheOwnersMailAndAreUnderstood(t *testing.T) {
	h := house(t)
	long := strings.Repeat("very.", 30) + "long@example.net"
	for _, from := range []string{"Bob <bob@example.net>", `"Ada \"the\" (L)" <"ada (l)"@example.net>`, "<\u9234\u6728@\u4f8b.example>", "Long <" + long + ">"} {
		h.Deliver("ada", "", note(from, "Harbour", "\u8acb\u6c42\u66f8 harbour"))
	}
	h.Deliver("eve", "", note("Secret <secret@example.net>", "Harbour", "\u8acb\u6c42\u66f8 harbour"))
	h.CatchUp()
	for _, query := range []string{"harbour", "\u8acb\u6c42*", "har*", `"harbour"`, ""} {
		r := h.Get("ada", "/mail?q="+url.QueryEscape(query))
		all := suggested(t, r)
		for _, want := range []string{"from:", "has:pdf", "from:bob@example.net", "from:" + long} {
			if !slices.Contains(all, want) {
				t.Errorf("for %q are suggested %q, not %q", query, all, want)
			}
		}
		if len(senders(all)) != 4 {
			t.Errorf("for %q are suggested the senders %q, want all four", query, senders(all))
		}
		for _, s := range senders(all) {
			if strings.Contains(s, "secret") {
				t.Errorf("for %q is suggested %q of another owner's mail", query, s)
			}
			if _, err := search.Parse(s, time.Now()); err != nil {
				t.Errorf("%q is suggested and not understood: %v", s, err)
			}
			has(t, h.Get("ada", "/mail?q="+url.QueryEscape(s)), "One message")
		}
	}
	if got := senders(suggested(t, h.Get("eve", "/mail?q=harbour"))); !slices.Equal(got, []string{"from:secret@example.net"}) && len(got) != 0 {
		t.Errorf("eve is suggested %q", got)
	}
}

func TestSuggestions_AreFew(t *testing.T) {
	h := house(t)
	for i := range 12 {
		h.Deliver("ada", "", note(fmt.Sprintf("bob%d@example.net", i), "Harbour", "text"))
	}
	h.CatchUp()
	if got := senders(suggested(t, h.Get("ada", "/mail?q=harbour"))); len(got) != 8 {
		t.Errorf("%d senders are suggested, want 8: %q", len(got), got)
	}
}
