package sanitize_test

import (
	"bytes"
	"runtime"
	"testing"

	"golang.org/x/net/html"

	"restante/fetch/corpora"
	"restante/filter/letter"
	"restante/serve/web/sanitize"
)

// TestClean_TakesRealMail reads the HTML that people and spammers have sent.
func TestClean_TakesRealMail(t *testing.T) {
	most := 0
	if testing.Short() {
		most = 300
	}
	for _, stream := range []string{"spamassassin", "csdmc2010", "modern"} {
		pages, words, lost := 0, 0, 0
		for _, raw := range corpora.Mail(t, stream, most) {
			l := letter.Read(bytes.NewReader(raw))
			if l.HTML == "" {
				continue
			}
			pages++
			if got := sound(t, l.HTML, loadAll); got.Cut {
				t.Logf("%s: a page of %d octets is cut", stream, len(l.HTML))
				lost++
			} else if text(t, got.HTML) == "" && got.Remote == 0 && len(l.HTMLText) > 0 {
				t.Errorf("%s: no word of %d is left of %.300q", stream, len(l.HTMLText), l.HTML)
			}
			words += len(l.HTMLText)
			if t.Failed() {
				return
			}
		}
		t.Logf("%s: %d pages, %d octets of words, %d cut", stream, pages, words, lost)
		if lost*100 > pages {
			t.Errorf("%s: %d of %d pages are cut", stream, lost, pages)
		}
	}
}

// text gives the words of a fragment.
func text(t testing.TB, fragment string) string {
	t.Helper()
	var b bytes.Buffer
	walk(parse(t, fragment), func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	})
	return string(bytes.TrimSpace(b.Bytes()))
}

func TestClean_NeedsMemoryByLengthOnly(t *testing.T) {
	for name, in := range bombs() {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		sanitize.Clean(in, sanitize.Options{})
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 100<<20+40*uint64(len(in)) {
			t.Errorf("%s: %d octets took %d MiB", name, len(in), took>>20)
		}
	}
}

func BenchmarkClean(b *testing.B) {
	var pages []string
	size := 0
	for _, raw := range corpora.Mail(b, "modern", 0) {
		l := letter.Read(bytes.NewReader(raw))
		if l.HTML != "" && len(pages) < 200 {
			pages = append(pages, l.HTML)
			size += len(l.HTML)
		}
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, p := range pages {
			sanitize.Clean(p, sanitize.Options{})
		}
	}
}
