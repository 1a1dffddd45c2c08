package api_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"restante/serve/web/api"
	"restante/serve/web/webtest"
)

// questions are what programs ask, by name. A number stands for a message's.
var questions = []struct{ name, method, path, body string }{
	{"token", "GET", "/token", ""}, {"inbox", "GET", "/messages?q=in:inbox", ""}, {"all", "GET", "/messages?limit=100", ""},
	{"word", "GET", "/messages?q=bako", ""}, {"often", "GET", "/messages?q=ba", ""}, {"facets", "GET", "/messages?q=in:inbox&facets=true", ""},
	{"japanese", "GET", "/messages?q=%E6%B8%AC%E9%87%8F%E8%88%B9", ""}, {"prefix", "GET", "/messages?q=bab*", ""}, {"alike", "GET", "/messages?q=winmer~", ""},
	{"message", "GET", "/messages/%d", ""}, {"text", "GET", "/messages/%d/text", ""}, {"raw", "GET", "/messages/%d/raw", ""}, {"evidence", "GET", "/messages/%d/evidence", ""},
	{"conversation", "GET", "/messages/%d/conversation", ""}, {"attachments", "GET", "/messages/%d/attachments", ""},
	{"teach", "POST", "/teach", `{"ids":[%d],"class":"spam"}`}, {"move", "POST", "/move", `{"ids":[%d],"mailbox":"bills"}`}, {"redeliver", "POST", "/redeliver", `{"ids":[%d]}`},
	{"lessons", "GET", "/lessons?limit=100", ""}, {"senders", "GET", "/senders", ""}, {"searches", "GET", "/searches", ""}, {"devices", "GET", "/devices", ""},
	{"accounts", "GET", "/accounts", ""}, {"stats", "GET", "/stats", ""}, {"sessions", "GET", "/sessions", ""},
}

// BenchmarkAnswers tells how long each answer takes with 100,000 messages, for a
// program on the same machine. Deeds wait for the catalogue, as in the house.
func BenchmarkAnswers(b *testing.B) {
	messages := webtest.Many(b)
	w := open(b)
	ada := w.token("ada", time.Time{}, api.Scopes()...)
	begun := time.Now()
	w.Fill("ada", messages)
	b.Logf("%d messages kept and catalogued in %v", messages, time.Since(begun).Round(time.Second))
	for _, q := range questions {
		b.Run(q.name, func(b *testing.B) {
			webtest.Measure(b, func(i int) int {
				id := fmt.Sprint(messages/2 + i%1000)
				r := w.request(ada, q.method, "/api/v1"+strings.ReplaceAll(q.path, "%d", id), strings.ReplaceAll(q.body, "%d", id))
				resp, err := http.DefaultClient.Do(r)
				if err != nil {
					b.Fatal(err)
				}
				defer resp.Body.Close()
				octets, err := io.Copy(io.Discard, resp.Body)
				if err != nil || resp.StatusCode != 200 {
					b.Fatalf("%d, %v", resp.StatusCode, err)
				}
				return int(octets)
			})
		})
	}
}
