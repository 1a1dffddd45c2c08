package monitor_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"restante/serve"
	"restante/serve/monitor"
)

var _ serve.Server = (*monitor.Server)(nil)

// house is what the tests watch.
type house struct {
	all   []monitor.Reading
	err   error
	ready error
}

func (h *house) Readings(context.Context) ([]monitor.Reading, error) { return h.all, h.err }
func (h *house) Ready(context.Context) error                         { return h.ready }

// watch serves a house and gives what fetches a path of it.
func watch(t *testing.T, h *house, log *slog.Logger) func(method, path string) (int, string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := monitor.New(h, log)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(context.Background(), ln, false) }()
	t.Cleanup(func() {
		if err := errors.Join(s.Shutdown(context.Background()), <-ended); err != nil {
			t.Errorf("the end: %v", err)
		}
	})
	return func(method, path string) (int, string) {
		t.Helper()
		req, err := http.NewRequest(method, "http://"+ln.Addr().String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
}

func wantLines(t *testing.T, got string, lines ...string) {
	t.Helper()
	for _, l := range lines {
		if !strings.Contains("\n"+got, "\n"+l+"\n") {
			t.Errorf("no line %q in\n%s", l, got)
		}
	}
}

func TestMetrics_GiveTheHousesReadings(t *testing.T) {
	h := &house{all: []monitor.Reading{
		{Name: "restante_messages", Help: "Messages kept.", Value: 12},
		{Name: "restante_rounds_total", Help: "Rounds.", Total: true, Labels: []monitor.Label{{"account", "isp \"1\""}}, Value: 3},
		{Name: "restante_rounds_total", Help: "Rounds.", Total: true, Labels: []monitor.Label{{"account", "b"}}, Value: 4},
	}}
	get := watch(t, h, nil)
	status, body := get("GET", "/metrics")
	if status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	wantLines(t, body, "# HELP restante_messages Messages kept.", "# TYPE restante_messages gauge", "restante_messages 12",
		"# TYPE restante_rounds_total counter", `restante_rounds_total{account="b"} 4`, `restante_rounds_total{account="isp \"1\""} 3`,
		"restante_readings_failed 0", "# TYPE go_goroutines gauge")
	h.all[0].Value = 13
	if _, body := get("GET", "/metrics"); !strings.Contains(body, "restante_messages 13\n") {
		t.Error("a scrape does not ask anew")
	}
}

func TestMetrics_LeaveOutWhatCannotBeRead(t *testing.T) {
	var log strings.Builder
	h := &house{
		all: []monitor.Reading{{Name: "restante_a", Help: "A.", Value: 1}, {Name: "no name", Help: "B.", Value: 1}},
		err: errors.New("disk on fire"),
	}
	get := watch(t, h, slog.New(slog.NewTextHandler(&log, nil)))
	for range 2 {
		_, body := get("GET", "/metrics")
		wantLines(t, body, "restante_a 1", "restante_readings_failed 1")
		if strings.Contains(body, "no name") || strings.Contains(body, "fire") {
			t.Errorf("got\n%s", body)
		}
	}
	if n := strings.Count(log.String(), "disk on fire"); n != 1 {
		t.Errorf("the trouble was logged %d times, want once:\n%s", n, log.String())
	}
}

func TestHealth_TellsAliveFromReady(t *testing.T) {
	h := &house{}
	get := watch(t, h, nil)
	for _, step := range []struct {
		ready  error
		path   string
		status int
		body   string
	}{
		{nil, "/healthz", 200, "ok\n"}, {nil, "/readyz", 200, "ok\n"},
		{errors.New("the disk is full"), "/healthz", 200, "ok\n"}, {errors.New("the disk is full"), "/readyz", 503, "the disk is full\n"},
	} {
		h.ready = step.ready
		if status, body := get("GET", step.path); status != step.status || body != step.body {
			t.Errorf("%s with %v: %d %q, want %d %q", step.path, step.ready, status, body, step.status, step.body)
		}
	}
	for _, x := range []struct {
		method, path string
		status       int
	}{{"POST", "/readyz", 405}, {"DELETE", "/metrics", 405}, {"GET", "/", 404}, {"GET", "/debug/pprof/", 404}} {
		if status, _ := get(x.method, x.path); status != x.status {
			t.Errorf("%s %s: %d, want %d", x.method, x.path, status, x.status)
		}
	}
}
