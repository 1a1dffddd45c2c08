package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"restante/filter"
	"restante/filter/sender"
	"restante/index"
	"restante/serve/web/devices"
	"restante/serve/web/mail"
	"restante/serve/web/overview"
	"restante/serve/web/review"
	"restante/serve/web/webtest"
)

// around is what the pages ask of the house beyond the archive.
type around struct{}

func (around) Accounts(context.Context, string) ([]overview.Account, error) {
	return []overview.Account{{Name: "isp", State: "ok", Good: time.Now()}}, nil
}
func (around) Space(context.Context) (used, free int64, err error)       { return 3 << 20, 5 << 30, nil }
func (around) MakeDevice(context.Context, *index.Device) (string, error) { return "", nil }

// whole is a house with all its pages.
func whole(t testing.TB) *webtest.House {
	h := webtest.New(t)
	mail.Register(h.Web, mail.Options{Archive: h.Archive, Catalogue: h.Catalogue, Searches: h.Archive, Teacher: h.Archive, Mailboxes: h.Archive, Senders: h.Archive, Judge: h.Sorter})
	review.Register(h.Web, review.Options{Archive: h.Archive, Lessons: h.Archive, Catalogue: h.Catalogue, Senders: h.Archive, Judge: h.Sorter})
	overview.Register(h.Web, overview.Options{Archive: h.Archive, Catalogue: h.Catalogue, House: around{}})
	devices.Register(h.Web, devices.Options{Archive: h.Archive, Maker: around{}})
	return h
}

// heaviest is what a page may weigh, in octets.
const heaviest = 150 << 10

// visits are the pages that people look at, by name.
var visits = []struct{ name, path string }{
	{"inbox", "/mail?q=in:inbox"}, {"all", "/mail?q="}, {"threads", "/mail?q=in:inbox&by=threads"}, {"word", "/mail?q=bako"}, {"often", "/mail?q=ba"}, {"phrase", "/mail?q=%22ba+be%22"},
	{"japanese", "/mail?q=%E6%B8%AC%E9%87%8F%E8%88%B9"}, {"sender", "/mail?q=from:person7"}, {"prefix", "/mail?q=bab*"}, {"alike", "/mail?q=winmer~"}, {"years", "/mail?q=newer:1y+has:attachment+-claim"},
	{"read", "/mail/%d"}, {"why", "/mail/%d?show=why"}, {"source", "/mail/%d?show=source"}, {"unsure", "/review?of=unsure"}, {"spam", "/review?of=spam"}, {"lessons", "/review/lessons"},
	{"senders", "/review/senders"}, {"overview", "/overview"}, {"devices", "/devices"},
}

// visit asks for a page as a browser does, without the network between.
func visit(t testing.TB, h http.Handler, path string) (status int, body string) {
	r := httptest.NewRequest("GET", "http://restante.test"+path, nil)
	r.AddCookie(&http.Cookie{Name: webtest.Cookie, Value: "ada"})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func at(path string, id int) string {
	if strings.Contains(path, "%d") {
		return fmt.Sprintf(path, id)
	}
	return path
}

func TestPages_WeighLittleWhateverIsInTheMail(t *testing.T) {
	h := whole(t)
	h.Fill("ada", 60)
	long := strings.Repeat(`<"&`, 3000)
	n := 0
	worst := func(mailbox, message string) {
		t.Helper()
		n++
		h.Deliver("ada", mailbox, fmt.Sprintf("Message-ID: <worst%d@x>\nIn-Reply-To: <worst@x>\n", n)+message)
	}
	for i := range 24 {
		many := strings.Repeat(fmt.Sprintf("\"%d %s\" <a@example.com>, ", i, strings.Repeat("<&", 100)), 60)
		worst([]string{"", filter.Quarantine}[i%2], "From: \""+long[:900]+"\" <"+strings.Repeat("x", 3000)+"@example.com>\nTo: "+many+"\nCc: "+many+"\nSubject: "+long+"\n\n"+long+"\n")
	}
	first := 60 + 24 + 1
	worst("", "Subject: lines\n\n"+strings.Repeat("'\n", 20_000))
	worst("", "Subject: links\n\n"+strings.Repeat("http://a\n", 20_000))
	worst("", "Subject: one link\n\nhttp://a/"+strings.Repeat("&", 200_000)+"\n")
	fields := strings.Repeat("X-Field: "+strings.Repeat("<", 300)+"\n", 400)
	worst("", fields+"Subject: fields\n\nx\n")
	parts := strings.Repeat("--x\nContent-Type: text/plain\nContent-Disposition: attachment; filename=\""+strings.Repeat("&", 300)+".txt\"\n\nx\n", 100)
	worst("", "Subject: parts\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n"+parts+"--x--\n")
	worst("", "Subject: leave\nList-Unsubscribe: <https://example.com/"+strings.Repeat("&", 50_000)+">\n\nx\n")
	var who []sender.Sender
	for i := range 60 {
		who = append(who, sender.Sender{Name: fmt.Sprintf("%d%s@example.com", i, strings.Repeat("&", 200))})
	}
	if _, _, err := h.Archive.ChangeSenders(t.Context(), "ada", nil, who); err != nil {
		t.Fatal(err)
	}
	h.CatchUp()
	handler := h.Web.Handler()
	for _, v := range visits {
		if status, body := visit(t, handler, at(v.path, 40)); status != 200 || len(body) > heaviest {
			t.Errorf("%s: %d, %d octets", v.name, status, len(body))
		}
	}
	for id := first - 2; id < first+n-24; id++ {
		for _, show := range []string{"", "?show=text", "?show=why", "?show=headers", "?show=source"} {
			if status, body := visit(t, handler, "/mail/"+strconv.Itoa(id)+show); status != 200 || len(body) > heaviest {
				t.Errorf("message %d %s: %d, %d octets", id, show, status, len(body))
			}
		}
	}
}

// teach teaches the filter the oldest messages, half of them as spam.
func teach(t testing.TB, h *webtest.House) {
	t.Helper()
	for i := range int64(60) {
		m, err := h.Archive.Message(t.Context(), "ada", i+1)
		if err != nil {
			t.Fatal(err)
		}
		l, err := h.Archive.Letter(t.Context(), "ada", m.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Archive.Teach(t.Context(), "ada", m.Digest, l, filter.Class(1+i%2), index.Origin{By: index.ByClick}); err != nil {
			t.Fatal(err)
		}
	}
	h.CatchUp()
}

// BenchmarkPages tells what each page costs the server with 100,000 messages, and
// what it weighs. RESTANTE_PAGES sets another number of messages.
func BenchmarkPages(b *testing.B) {
	messages := webtest.Many(b)
	h := whole(b)
	begun := time.Now()
	h.Fill("ada", messages)
	teach(b, h)
	b.Logf("%d messages kept and catalogued in %v", messages, time.Since(begun).Round(time.Second))
	handler := h.Web.Handler()
	for _, v := range visits {
		b.Run(v.name, func(b *testing.B) {
			webtest.Measure(b, func(i int) int {
				status, body := visit(b, handler, at(v.path, messages/2+i%1000))
				if status != 200 {
					b.Fatalf("%d", status)
				}
				return len(body)
			})
		})
	}
}
