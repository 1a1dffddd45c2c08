package mail_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"restante/filter"
	"restante/index"
	"restante/index/search"
	"restante/serve/web/mail"
	"restante/serve/web/webtest"
)

// undo presses the button of the notice.
func undo(t *testing.T, h *webtest.House, owner string, r webtest.Reply) webtest.Reply {
	t.Helper()
	m := regexp.MustCompile(`name="did" value="([A-Z0-9]+)"`).FindStringSubmatch(r.Body)
	if m == nil {
		t.Fatalf("%s has no way back:\n%s", r.Path, r.Body)
	}
	return h.Post(owner, "/undo", url.Values{"did": {m[1]}, "back": {"/mail"}})
}

func state(t *testing.T, h *webtest.House, id int64) string {
	t.Helper()
	m, err := h.Archive.Message(context.Background(), "ada", id)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%v in %s, listed %v", m.Class, m.Mailbox, m.Listed)
}

func TestAct_TeachesAndTakesBack(t *testing.T) {
	h := house(t)
	a := h.Deliver("ada", "", note("bob@example.net", "One", "text one"))
	b := h.Deliver("ada", "", note("bob@example.net", "Two", "text two"))
	h.CatchUp()
	before := [2]string{state(t, h, a), state(t, h, b)}
	form := url.Values{"do": {"spam"}, "id": {fmt.Sprint(a), fmt.Sprint(b)}, "back": {"/mail?q=in:inbox"}}
	r := h.Post("ada", "/mail/act", form)
	has(t, r, "Learnt 2 messages as spam.", "Nothing found")
	if got := state(t, h, a); got != "spam in spam, listed true" {
		t.Errorf("it is %s", got)
	}
	has(t, undo(t, h, "ada", r), "Undone.")
	if got := [2]string{state(t, h, a), state(t, h, b)}; got != before {
		t.Errorf("undone it is %v, want %v", got, before)
	}
	m, err := h.Archive.Model(context.Background(), "ada")
	if err != nil || m.Stats().Spam != 0 {
		t.Errorf("the filter still knows %+v, %v", m.Stats(), err)
	}
}

func TestAct_MovesAndTakesBack(t *testing.T) {
	h := house(t)
	id := h.Deliver("ada", "", note("bob@example.net", "One", "text"))
	h.CatchUp()
	inbox, err := h.Archive.View(context.Background(), "ada", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Archive.Dismiss(context.Background(), inbox, []int64{id}); err != nil {
		t.Fatal(err)
	}
	before := state(t, h, id)
	r := h.Post("ada", "/mail/act", url.Values{"do": {"move"}, "box": {" Bills <1> "}, "id": {fmt.Sprint(id)}, "back": {"/mail"}})
	has(t, r, "Moved 1 message to Bills &lt;1&gt;.")
	if got := state(t, h, id); got != "unsure in Bills <1>, listed true" {
		t.Errorf("it is %s", got)
	}
	undo(t, h, "ada", r)
	if got := state(t, h, id); got != before {
		t.Errorf("undone it is %s, want %s", got, before)
	}
}

// A mailbox that everybody has can be named as the pages call it.
func TestAct_MovesToTheMailboxThatIsCalledSo(t *testing.T) {
	h := house(t)
	id := h.Deliver("ada", "Bills", note("bob@example.net", "One", "text"))
	h.Deliver("ada", "TRASH", note("bob@example.net", "Two", "text"))
	h.CatchUp()
	for _, step := range []struct{ language, box, want string }{
		{"ja", "受信箱", "inbox"}, {"en", "Spam", "spam"}, {"de", "eingang", "inbox"}, {"de", "Trash", "trash"}, {"de", "TRASH", "TRASH"}, {"en", "bills", "bills"}, {"en", "受信箱", "受信箱"},
	} {
		r := h.Request("POST", "ada", "/mail/act", url.Values{"do": {"move"}, "box": {step.box}, "id": {fmt.Sprint(id)}, "back": {"/mail"}})
		r.Header.Set("Accept-Language", step.language)
		h.Do(r)
		m, err := h.Archive.Message(t.Context(), "ada", id)
		if err != nil || m.Mailbox != step.want {
			t.Errorf("%s in %s is %s, want %s; %v", step.box, step.language, m.Mailbox, step.want, err)
		}
	}
}

func TestAct_DeliversAgainAndTakesBack(t *testing.T) {
	h := house(t)
	ctx := context.Background()
	id := h.Deliver("ada", "old", note("bob@example.net", "One", "text"))
	h.CatchUp()
	if err := h.Archive.AddDevice(ctx, &index.Device{Owner: "ada", Name: "phone", Secret: [32]byte{1}, Mailboxes: []string{filter.Inbox}, Shown: index.AllMail, Made: time.Now()}); err != nil {
		t.Fatal(err)
	}
	devices, err := h.Archive.Devices(ctx, "ada")
	if err != nil {
		t.Fatal(err)
	}
	lists := func(d *index.Device) bool {
		v, err := h.Archive.View(ctx, "ada", "", d)
		if err != nil {
			t.Fatal(err)
		}
		got, err := h.Archive.Lists(ctx, v, []int64{id})
		if err != nil {
			t.Fatal(err)
		}
		return got[id]
	}
	form := url.Values{"do": {"redeliver"}, "device": {"phone"}, "id": {fmt.Sprint(id)}, "back": {"/mail"}}
	r := h.Post("ada", "/mail/act", form)
	has(t, r, "One message comes again", "<option>phone</option>")
	if !lists(&devices[0]) || lists(nil) {
		t.Error("it is not listed on the phone, and there alone")
	}
	has(t, h.Post("ada", "/mail/act", form), "waiting already")
	undo(t, h, "ada", r)
	if lists(&devices[0]) {
		t.Error("undone, and still listed")
	}
}

func TestAct_TouchesNothingOfOthers(t *testing.T) {
	h := house(t)
	own := h.Deliver("ada", "", note("bob@example.net", "One", "text"))
	h.CatchUp()
	before := state(t, h, own)
	for _, do := range []string{"spam", "ham", "move", "redeliver", "nonsense"} {
		form := url.Values{"do": {do}, "box": {"x"}, "id": {fmt.Sprint(own)}}
		if r := h.Post("eve", "/mail/act", form); r.Status != http.StatusNotFound && do != "nonsense" {
			t.Errorf("%s by another: %d", do, r.Status)
		}
		if r := h.Post("", "/mail/act", form); r.Path != "/signin" {
			t.Errorf("%s by a stranger leads to %s", do, r.Path)
		}
	}
	for _, form := range []url.Values{
		{"do": {"move"}, "box": {""}, "id": {fmt.Sprint(own)}}, {"do": {"move"}, "box": {index.ArchiveBox}, "id": {fmt.Sprint(own)}},
		{"do": {"move"}, "box": {strings.Repeat("x", 300)}, "id": {fmt.Sprint(own)}}, {"do": {"spam"}, "id": {"x"}}, {"do": {"x"}, "id": {fmt.Sprint(own)}},
	} {
		if r := h.Post("ada", "/mail/act", form); r.Status != http.StatusBadRequest {
			t.Errorf("%v: %d", form, r.Status)
		}
	}
	if got := state(t, h, own); got != before {
		t.Errorf("it is %s, was %s", got, before)
	}
	has(t, h.Post("ada", "/mail/act", url.Values{"do": {"spam"}, "back": {"//evil.test"}}), "Nothing was chosen")
}

func TestSaved_IsKeptAndForgotten(t *testing.T) {
	h := house(t)
	h.Deliver("ada", "", note("bob@example.net", "One", "text"))
	h.CatchUp()
	form := url.Values{"name": {"Bob's <mail>"}, "q": {"from:bob"}}
	r := h.Post("ada", "/mail/saved", form)
	has(t, r, "Bob&#39;s &lt;mail&gt;", "Saved searches", "Forget")
	lacks(t, h.Get("eve", "/mail"), "Bob&#39;s")
	if r := h.Post("ada", "/mail/saved", form); r.Status != http.StatusConflict {
		t.Errorf("twice: %d", r.Status)
	}
	for _, bad := range []url.Values{{"name": {""}, "q": {"a"}}, {"name": {"x"}, "q": {"has:nonsense"}}, {"name": {"x"}}} {
		if r := h.Post("ada", "/mail/saved", bad); r.Status != http.StatusBadRequest {
			t.Errorf("%v: %d", bad, r.Status)
		}
	}
	r = h.Post("ada", "/mail/saved/remove", url.Values{"name": {"Bob's <mail>"}})
	lacks(t, h.Get("ada", "/mail"), "Bob&#39;s")
	undo(t, h, "ada", r)
	has(t, h.Get("ada", "/mail"), "Bob&#39;s")
	if r := h.Post("eve", "/mail/saved/remove", url.Values{"name": {"Bob's <mail>"}}); r.Status != http.StatusNotFound {
		t.Errorf("another forgets it: %d", r.Status)
	}
}

func TestExport_IsAnMboxOfWhatWasFound(t *testing.T) {
	h := house(t)
	one := note("bob@example.net", "One", "From here\ntext")
	h.Deliver("ada", "", one)
	h.Deliver("ada", "", note("bob@example.net", "Two", "other"))
	h.Deliver("eve", "", note("bob@example.net", "Three", "text"))
	h.CatchUp()
	r := h.Get("ada", "/mail/export?q=text")
	if strings.Count(r.Body, "\nSubject:") != 1 || !strings.HasPrefix(r.Body, "From ") || !strings.Contains(r.Body, "\n>From here") || !strings.Contains(r.Header.Get("Content-Disposition"), ".mbox") {
		t.Errorf("%q: %s", r.Header.Get("Content-Disposition"), r.Body)
	}
}

// broad is a catalogue that is asked for too many words.
type broad struct{ *search.Catalogue }

func (broad) Numbers(context.Context, string, *search.Query, int) ([]int64, bool, error) {
	return nil, false, fmt.Errorf("more than 2 words begin so: %w", search.ErrBroad)
}

func TestExport_OfTooBroadAQueryIsNoFaultOfOurs(t *testing.T) {
	h := webtest.New(t)
	mail.Register(h.Web, mail.Options{Archive: h.Archive, Catalogue: broad{h.Catalogue}, Searches: h.Archive, Teacher: h.Archive, Mailboxes: h.Archive, Senders: h.Archive, Judge: h.Sorter})
	h.Start()
	if r := h.Get("ada", "/mail/export?q=har*"); r.Status != http.StatusBadRequest || !strings.Contains(r.Body, "Please narrow the search down") {
		t.Errorf("%d %s", r.Status, r.Body)
	}
}
