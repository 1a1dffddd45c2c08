package sanitize_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"restante/serve/web/sanitize"
)

// What may be in the output, written down a second time on purpose.
var (
	mayBe = strings.Fields(`a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup
		dd del dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark menu nav
		ol p pre q rp rt ruby s samp section small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr`)
	mayHave = strings.Fields(`abbr align alt bgcolor border bordercolor cellpadding cellspacing clear color colspan dir face frame
		height href hspace lang noshade nowrap rel reversed rowspan rules scope size span src start style summary target title type
		valign value vspace width`)
	danger = regexp.MustCompile(`(?i)javascript|vbscript|expression|behavio|binding|import|(?:^|;)\s*position|\\|/\*|@|var\(|env\(|attr\(`)
	inURL  = regexp.MustCompile(`url\("([^"]*)"\)`)
	picURL = regexp.MustCompile(`^(?:https?://[^/]|/[^/]|data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*$)`)
)

// sound cleans markup and checks what came of it, as a browser reads it.
func sound(t testing.TB, in string, o sanitize.Options) sanitize.Result {
	t.Helper()
	got := sanitize.Clean(in, o)
	body := parse(t, got.HTML)
	walk(body, func(n *html.Node) {
		for _, fault := range faults(n) {
			t.Errorf("%s\nin  %q\nout %q", fault, in, got.HTML)
		}
		for _, a := range n.Attr {
			if loads := a.Key == "src" || strings.Contains(a.Val, "url("); loads && o.Remote == nil && strings.Contains(a.Val, "//") && !strings.HasPrefix(a.Val, "data:") {
				t.Errorf("%s=%q loads unasked\nin  %q", a.Key, a.Val, in)
			}
		}
	})
	if again := rendered(t, body); again != even(got.HTML) {
		t.Errorf("a browser reads it otherwise than it is written\nin   %q\nout  %q\nread %q", in, even(got.HTML), again)
	}
	if o.Part == nil {
		if twice := sanitize.Clean(got.HTML, o); twice.HTML != got.HTML {
			t.Errorf("cleaned again it is another\nin    %q\nonce  %q\ntwice %q", in, got.HTML, twice.HTML)
		}
	}
	return got
}

// faults are what is wrong with a node of the output.
func faults(n *html.Node) (out []string) {
	switch n.Type {
	case html.TextNode, html.DocumentNode:
		return nil
	case html.ElementNode:
	default:
		return []string{"a node that is no element and no text"}
	}
	if n.Namespace != "" || !slices.Contains(mayBe, n.Data) {
		out = append(out, "element "+n.Namespace+" "+n.Data)
	}
	for _, a := range n.Attr {
		if a.Namespace != "" || !slices.Contains(mayHave, a.Key) {
			out = append(out, "attribute "+a.Key)
		}
		switch a.Key {
		case "href":
			if u, err := url.Parse(a.Val); err != nil || n.Data != "a" || !slices.Contains([]string{"http", "https", "mailto"}, u.Scheme) || u.User != nil {
				out = append(out, "link to "+a.Val)
			}
		case "src":
			if n.Data != "img" || !picURL.MatchString(a.Val) {
				out = append(out, "source "+a.Val)
			}
		case "style":
			rest := inURL.ReplaceAllString(a.Val, "")
			if danger.MatchString(rest) || strings.Contains(strings.ToLower(rest), "url") {
				out = append(out, "style "+a.Val)
			}
			for _, m := range inURL.FindAllStringSubmatch(a.Val, -1) {
				if !picURL.MatchString(m[1]) {
					out = append(out, "style loads "+m[1])
				}
			}
		}
	}
	if n.Data == "a" {
		has := map[string]string{}
		for _, a := range n.Attr {
			has[a.Key] = a.Val
		}
		if has["href"] != "" && (has["rel"] != "noopener noreferrer nofollow" || has["target"] != "_blank") {
			out = append(out, "link that tells of where it was")
		}
	}
	return out
}

// parse reads a fragment as the body of a page and gives the body.
func parse(t testing.TB, fragment string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader("<!DOCTYPE html><html><head></head><body>" + fragment + "</body></html>"))
	if err != nil {
		t.Fatalf("parse %q: %v", fragment, err)
	}
	body := doc.LastChild.LastChild
	if body.Data != "body" || len(body.Attr) > 0 {
		t.Fatalf("the output has changed the page around it: %q", fragment)
	}
	return body
}

// walk goes over what lies below a node.
func walk(n *html.Node, f func(*html.Node)) {
	for d := range n.Descendants() {
		f(d)
	}
}

// nodes counts the elements that a browser makes of a fragment.
func nodes(t testing.TB, fragment string) (n int) {
	walk(parse(t, fragment), func(*html.Node) { n++ })
	return n
}

// rendered writes what lies below a node.
func rendered(t testing.TB, n *html.Node) string {
	t.Helper()
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if err := html.Render(&b, c); err != nil {
			t.Fatal(err)
		}
	}
	return even(b.String())
}

var (
	firstLine = regexp.MustCompile(`(<pre[^>]*>)\n+`)
	voidEnd   = regexp.MustCompile(`"?/>`)
)

// even takes out what two writers of HTML may do otherwise: line ends that
// begin a pre, of which the first is not read, and the slash of void elements.
func even(s string) string {
	s = voidEnd.ReplaceAllStringFunc(s, func(m string) string { return strings.TrimSuffix(m, "/>") + ">" })
	return firstLine.ReplaceAllString(s, "$1")
}

// quiet keeps the first complaint instead of making it.
type quiet struct {
	testing.TB
	first string
}

func (q *quiet) Errorf(format string, args ...any) {
	if q.first == "" {
		q.first = fmt.Sprintf(format, args...)
	}
}
