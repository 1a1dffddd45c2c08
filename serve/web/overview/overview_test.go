package overview_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"restante/filter"
	"restante/index"
	"restante/serve/web/mail"
	"restante/serve/web/overview"
	"restante/serve/web/webtest"
)

// around is a house with one account.
type around struct{}

func (around) Accounts(_ context.Context, owner string) ([]overview.Account, error) {
	return []overview.Account{{Name: owner + "-isp", State: "needs-login", Why: "the server said <no>", Good: time.Now(), Stuck: 2, Quiet: true}}, nil
}
func (around) Space(context.Context) (used, free int64, err error) { return 3 << 20, 5 << 30, nil }

func TestOverview_TellsByDrawingAndByTable(t *testing.T) {
	h := webtest.New(t)
	overview.Register(h.Web, overview.Options{Archive: h.Archive, Catalogue: h.Catalogue, House: around{}})
	h.Start()
	for i := range 3 {
		h.Deliver("ada", "", fmt.Sprintf("From: Bob <bob@example.net>\nSubject: %d\nDate: %s\nMessage-ID: <%[1]d@x>\n\ntext\n", i, time.Now().Format(time.RFC1123Z)))
	}
	put := h.Deliver("ada", filter.Quarantine, "From: Win <win@example.net>\nSubject: You won\n\nClaim it now.\n")
	m, err := h.Archive.Message(t.Context(), "ada", put)
	if err != nil {
		t.Fatal(err)
	}
	l, err := h.Archive.Letter(t.Context(), "ada", put)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Archive.Teach(t.Context(), "ada", m.Digest, l, filter.Ham, index.Origin{By: index.ByClick}); err != nil {
		t.Fatal(err)
	}
	h.Deliver("eve", "", "From: Eve <eve@example.net>\nSubject: of another\n\ntext\n")
	h.CatchUp()
	r := h.Get("ada", "/overview")
	for _, want := range []string{
		"4 messages in the last 30 days, at most 4 a day", "One message was corrected in the last 30 days", `<rect class="unsure"`, "bob@example.net", "/mail?q=from%3Abob%40example.net%20newer%3A30d",
		"ada-isp", "login refused", "the server said &lt;no&gt;", "2 messages upstream", "3.0\u00a0MiB", "5.0\u00a0GiB", `<td class="number">4</td>`,
	} {
		if !strings.Contains(strings.ReplaceAll(strings.ReplaceAll(r.Body, "3\u00a0MiB", "3.0\u00a0MiB"), "5\u00a0GiB", "5.0\u00a0GiB"), want) {
			t.Errorf("the overview lacks %q", want)
		}
	}
	if strings.Contains(r.Body, "eve@") {
		t.Error("the overview tells of another's mail")
	}
	if n := strings.Count(r.Body, "<th scope=\"row\">"); n < 30 {
		t.Errorf("the table has %d rows", n)
	}
	svg := r.Body[strings.Index(r.Body, "<svg") : strings.Index(r.Body, "</svg>")+len("</svg>")]
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("the drawing is no XML: %v", err)
		}
	}
	if r := h.Get("bob", "/overview"); !strings.Contains(r.Body, "No mail in the last 30 days") {
		t.Errorf("without mail: %d", r.Status)
	}
}

// Whoever wrote, the link beside him finds his mail and nobody else's.
func TestOverview_FindsTheMailOfEverySender(t *testing.T) {
	h := webtest.New(t)
	overview.Register(h.Web, overview.Options{Archive: h.Archive, Catalogue: h.Catalogue, House: around{}})
	mail.Register(h.Web, mail.Options{Archive: h.Archive, Catalogue: h.Catalogue, Searches: h.Archive, Teacher: h.Archive, Mailboxes: h.Archive, Senders: h.Archive, Judge: h.Sorter})
	h.Start()
	all := []string{
		`"two words"@example.net`, `"a\"quoted\"b"@example.net`, `"{brace}"@example.net`, `"(bracket)"@example.net`, `"a:colon"@example.net`, `"OR"@example.net`, `"star*"@example.net`, `"-minus"@example.net`, "\u9234\u6728@\u4f8b.example", "me@me.example",
	}
	for i, from := range all {
		h.Deliver("ada", "", fmt.Sprintf("From: <%s>\nSubject: from number %d.\nDate: %s\n\ntext\n", from, i, time.Now().Format(time.RFC1123Z)))
	}
	h.CatchUp()
	links := regexp.MustCompile(`<th scope="row"><a href="([^"]+)"`).FindAllStringSubmatch(h.Get("ada", "/overview").Body, -1)
	if len(links) != len(all) {
		t.Fatalf("%d senders are told, want %d", len(links), len(all))
	}
	found := map[string]bool{}
	for _, link := range links {
		r := h.Get("ada", html.UnescapeString(link[1]))
		m := regexp.MustCompile(`from number \d+\.`).FindAllString(r.Body, -1)
		if !strings.Contains(r.Body, "One message") || len(m) == 0 {
			t.Errorf("%s: %d, %q", link[1], r.Status, m)
			continue
		}
		found[m[0]] = true
	}
	if len(found) != len(all) {
		t.Errorf("the links lead to %d messages, want %d: %v", len(found), len(all), found)
	}
}
