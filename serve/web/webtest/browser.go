package webtest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"restante/fetch/peertest"
)

// browserTime is how long a test may use its browser.
const browserTime = 4 * time.Minute

// Browser is a tab of a real browser, at a server.
type Browser struct {
	t   testing.TB
	ctx context.Context
	url string
}

// NewBrowser opens a tab at a server. The test is skipped where there is no
// Chromium; with CI=true it fails then. Cookies are set beforehand: name, value.
func NewBrowser(t testing.TB, url string, width, height int64, cookies ...string) *Browser {
	t.Helper()
	program := find(t, "RESTANTE_CHROMIUM", "chromium")
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program), chromedp.Headless, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.DisableGPU,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.IgnoreCertErrors, chromedp.WSURLReadTimeout(time.Minute),
	}
	if os.Geteuid() == 0 { // whom Chromium does not put into its sandbox
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := context.WithTimeout(context.Background(), browserTime)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &Browser{t, ctx, url}
	b.Do(chromedp.EmulateViewport(width, height))
	for i := 0; i+1 < len(cookies); i += 2 {
		_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: cookies[i], Value: cookies[i+1], URL: url})
		b.must(err)
	}
	return b
}

func (b *Browser) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// find gives a program, named by the environment or found in PATH.
func find(t testing.TB, env, name string) string {
	t.Helper()
	if path := os.Getenv(env); path != "" {
		return path
	}
	path, err := exec.LookPath(name)
	if err != nil {
		peertest.Missing(t, "%s is not there", name)
	}
	return path
}

// Do has the browser do something.
func (b *Browser) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, steps...))
}

// Open opens a page.
func (b *Browser) Open(path string) {
	b.t.Helper()
	b.Do(chromedp.Navigate(b.url + path))
}

// Keys presses keys, one after the other, as a keyboard does: one that the page takes
// for itself types nothing, which chromedp's own events do all the same.
func (b *Browser) Keys(keys string) {
	b.t.Helper()
	for _, r := range keys {
		events := kb.Encode(r)
		down, up := *events[0], *events[len(events)-1]
		if len(events) > 2 { // the second types
			down.Text, down.UnmodifiedText = events[1].Text, events[1].UnmodifiedText
		}
		for _, e := range []input.DispatchKeyEventParams{down, up} {
			_, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, e)
			b.must(err)
		}
	}
}

// Eval gives what an expression of JavaScript comes to; promises are awaited.
func Eval[T any](b *Browser, js string) T {
	b.t.Helper()
	out, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	b.must(err)
	return out
}

// pause is how often a condition is looked at.
const pause = 20 * time.Millisecond

// settled is true of a page that is there whole, with its scripts: keys that come
// sooner would go nowhere.
const settled = `document.readyState === "complete" && !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling")`

// Wait waits until an expression is true of a page that is there whole, whatever
// pages come and go meanwhile.
func (b *Browser) Wait(js string) {
	b.t.Helper()
	for {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](settled+" && Boolean("+js+")"))
		if ok {
			return
		}
		if b.ctx.Err() != nil {
			where, _ := chromedp.Run(b.ctx, chromedp.Location())
			b.t.Fatalf("at %q it never came true: %s (%v)", where, js, err)
		}
		if err := chromedp.Do(b.ctx, chromedp.Sleep(pause)); err != nil {
			b.t.Fatalf("it never came true: %s: %v", js, err)
		}
	}
}

// Dark turns the lights off, or on.
func (b *Browser) Dark(on bool) {
	b.t.Helper()
	value := "light"
	if on {
		value = "dark"
	}
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}},
	})
	b.must(err)
}

// Shot keeps a picture of the page among the test's artifacts.
func (b *Browser) Shot(name string) {
	b.t.Helper()
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	b.must(err)
	b.must(os.WriteFile(filepath.Join(b.t.ArtifactDir(), name+".png"), picture, 0o644))
}

// Fits fails where the page is wider than the window.
func (b *Browser) Fits() {
	b.t.Helper()
	over := Eval[[]string](b, `(() => { const w = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= w) { return []; }
		return [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > w + 1).map((e) => e.tagName + "." + e.className).slice(0, 5);
	})()`)
	if len(over) > 0 {
		b.t.Errorf("the page is wider than the window: %v", over)
	}
}

// Accessible has axe-core look at the page. What it calls serious or worse is a
// fault. RESTANTE_AXE names its axe.min.js.
func (b *Browser) Accessible(page string) {
	b.t.Helper()
	name := os.Getenv("RESTANTE_AXE")
	if name == "" {
		peertest.Missing(b.t, "axe-core is not there: RESTANTE_AXE names it")
	}
	axe, err := os.ReadFile(name)
	b.must(err)
	Eval[int](b, string(axe)+";0")
	found := Eval[string](b, `axe.run(document, {iframes: false}).then((r) => JSON.stringify(r.violations.map((v) => ({id: v.id, impact: v.impact, at: v.nodes.map((n) => n.html + " " + (n.failureSummary || "")).slice(0, 3)}))))`)
	var all []struct {
		ID, Impact string
		At         []string
	}
	b.must(json.Unmarshal([]byte(found), &all))
	for _, v := range all {
		say := b.t.Logf
		if v.Impact == "serious" || v.Impact == "critical" {
			say = b.t.Errorf
		}
		say("%s", fmt.Sprintf("%s: %s (%s)\n\t%s", page, v.ID, v.Impact, strings.Join(v.At, "\n\t")))
	}
}

// Size makes the window another size.
func (b *Browser) Size(width, height int64) {
	b.t.Helper()
	b.Do(chromedp.EmulateViewport(width, height))
}

// Fill writes into fields: selector, value. A page that comes meanwhile is waited for.
func (b *Browser) Fill(pairs ...string) {
	b.t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		b.Wait(fmt.Sprintf("document.querySelector(%q) !== null", pairs[i]))
		Eval[bool](b, fmt.Sprintf("(() => { document.querySelector(%q).value = %q; return true; })()", pairs[i], pairs[i+1]))
	}
}

// Click clicks on what a selector finds first, once it is there.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	b.Wait(fmt.Sprintf("document.querySelector(%q) !== null", selector))
	Eval[bool](b, fmt.Sprintf("(() => { setTimeout(() => document.querySelector(%q).click()); return true; })()", selector))
}

// At waits until the browser is at a path.
func (b *Browser) At(path string) {
	b.t.Helper()
	b.Wait(fmt.Sprintf("location.pathname === %q && document.readyState === \"complete\"", path))
}
