package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"restante/fetch/peertest"
	"restante/serve/web/api"
	"restante/serve/web/webtest"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// event is what a stream told.
type event struct{ id, name, data string }

// listener reads a stream.
type listener struct {
	t      testing.TB
	events chan event // closed when the stream ends
}

// listen reads events as a browser would (WHATWG HTML, section 9.2.6), those without
// data too.
func listen(t testing.TB, r io.Reader) *listener {
	l := &listener{t, make(chan event, 1000)}
	go func() { // ends with r
		defer close(l.events)
		lines := bufio.NewScanner(r)
		var e event
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ":")
			value = strings.TrimPrefix(value, " ")
			switch name {
			case "id":
				e.id = value
			case "event":
				e.name = value
			case "data":
				e.data = value
			case "":
				if lines.Text() == "" {
					l.events <- e
					e = event{}
				}
			}
		}
	}()
	return l
}

func (l *listener) next() event {
	l.t.Helper()
	select {
	case e, ok := <-l.events:
		if !ok {
			l.t.Fatal("the stream ended")
		}
		return e
	case <-time.After(patience):
		l.t.Fatal("nothing is told")
	}
	return event{}
}

// message wants the next event to tell of a message, and gives its number.
func (l *listener) message() (id int64, e event) {
	l.t.Helper()
	e = l.next()
	d := theDocument(l.t)
	if err := d.checkText(d.schemas["Known"], e.data); err != nil || e.name != "message" || e.id == "" {
		l.t.Fatalf("event %+v: %v", e, err)
	}
	var m struct{ ID int64 }
	if err := json.Unmarshal([]byte(e.data), &m); err != nil {
		l.t.Fatal(err)
	}
	return m.ID, e
}

func (l *listener) ended() {
	l.t.Helper()
	late := time.After(patience)
	for {
		select {
		case _, ok := <-l.events:
			if !ok {
				return
			}
		case <-late:
			l.t.Fatal("the stream goes on")
		}
	}
}

// stream opens a stream, to be closed by close.
func (w *town) stream(token, last string) (l *listener, got *http.Response) {
	w.t.Helper()
	r := w.request(token, "GET", "/api/v1/events", "")
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { got.Body.Close() })
	return listen(w.t, got.Body), got
}

func TestEvents_TellOfNewMailOnceAndResume(t *testing.T) {
	w := open(t)
	w.Deliver("ada", "", mail)
	ada, bob := w.token("ada", time.Time{}, api.Read), w.token("bob", time.Time{}, api.Read)
	l, got := w.stream(ada, "")
	if got.StatusCode != 200 || got.Header.Get("Content-Type") != "text/event-stream" || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
	start := l.next() // where it stands, before anything comes
	if start.id == "" || start.data != "" {
		t.Errorf("begins with %+v", start)
	}
	bobs, _ := w.stream(bob, "")
	bobs.next()

	first := w.Deliver("ada", "", strings.ReplaceAll(mail, "<1@", "<2@"))
	his := w.Deliver("bob", "", mail)
	id, e := l.message()
	if id != first {
		t.Errorf("told of %d, came %d", id, first)
	}
	if id, _ := bobs.message(); id != his {
		t.Errorf("bob is told of %d, and got %d", id, his)
	}
	got.Body.Close()
	second := w.Deliver("ada", "", strings.ReplaceAll(mail, "<1@", "<3@"))
	third := w.Deliver("ada", "", strings.ReplaceAll(mail, "<1@", "<4@"))

	// What came meanwhile is told, once, in its order, and what comes.
	for _, from := range []struct {
		last string
		want []int64
	}{{start.id, []int64{first, second, third}}, {e.id, []int64{second, third}}} {
		l, got := w.stream(ada, from.last)
		if e := l.next(); e.id != from.last || e.name != "" {
			t.Errorf("resumed after %s it begins with %+v", from.last, e)
		}
		for _, want := range from.want {
			if id, _ := l.message(); id != want {
				t.Errorf("resumed after %s: told of %d, want %d", from.last, id, want)
			}
		}
		got.Body.Close()
	}
	// An identifier of another database is no place in this.
	for _, last := range []string{"other-1", "nonsense", "-", strings.Replace(e.id, "-", "-9999", 1), strings.Replace(e.id, "-", "--", 1)} {
		l, got := w.stream(ada, last)
		if e := l.next(); e.name != "gap" || e.data != "{}" || e.id == "" {
			t.Errorf("resumed after %q it begins with %+v", last, e)
		}
		got.Body.Close()
	}
}

func TestEvents_ReachCurl(t *testing.T) {
	peertest.Needs(t, "curl")
	w := open(t)
	ada := w.token("ada", time.Time{}, api.Read)
	run := func(last string) *listener {
		ctx, stop := context.WithCancel(context.Background())
		cmd := exec.CommandContext(ctx, "curl", "-sN", "--fail", "-H", "Authorization: Bearer "+ada, "-H", "Last-Event-ID: "+last, w.URL+"/api/v1/events")
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			stop()
			cmd.Wait() // which says that it was killed
		})
		return listen(t, out)
	}
	l := run("")
	start := l.next()
	want := w.Deliver("ada", "", mail)
	if id, _ := l.message(); id != want {
		t.Errorf("told of %d, came %d", id, want)
	}
	l = run(start.id)
	l.next()
	if id, _ := l.message(); id != want {
		t.Errorf("resumed: told of %d, came %d", id, want)
	}
}

func TestEvents_AreBoundedAUser(t *testing.T) {
	w := open(t)
	ada, bob := w.token("ada", time.Time{}, api.Read), w.token("bob", time.Time{}, api.Read)
	var last *http.Response
	for range api.StreamsMost {
		l, got := w.stream(ada, "")
		l.next()
		last = got
	}
	got := w.ask(ada, "GET", "/api/v1/events", "")
	w.want(got, 429, nil)
	if got.Header.Get("Retry-After") == "" {
		t.Error("it does not say when to come again")
	}
	l, _ := w.stream(bob, "")
	l.next()
	w.want(w.ask(ada, "GET", "/api/v1/token", ""), 200, nil) // streams take no turns of others
	last.Body.Close()
	w.Deliver("ada", "", mail) // the house learns that it went when it tells of something
	var again webtest.Reply
	for late := time.Now().Add(patience); ; {
		r := w.request(ada, "GET", "/api/v1/events", "")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if again.Status = resp.StatusCode; again.Status == 200 || time.Now().After(late) {
			break
		}
	}
	if again.Status != 200 {
		t.Errorf("a place is free: %d", again.Status)
	}
}

// A house that closes does not wait for who listens.
func TestEvents_EndWhenTheHouseCloses(t *testing.T) {
	w := open(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.URL = fmt.Sprint("http://", ln.Addr())
	served := make(chan error, 1)
	go func() { served <- w.Web.Serve(context.Background(), ln, false) }()
	l, _ := w.stream(w.token("ada", time.Time{}, api.Read), "")
	l.next()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.Web.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	l.ended()
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}
