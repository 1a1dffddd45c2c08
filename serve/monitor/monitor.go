package monitor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Bounds of a scrape and of who asks for it.
const (
	scrapeTime  = 10 * time.Second
	headerTime  = 5 * time.Second
	headerBytes = 8 << 10
)

// Reading is one number that the house knows.
type Reading struct {
	Name   string // as Prometheus names metrics: restante_messages, unit at the end
	Help   string // one sentence
	Total  bool   // it only grows (a counter); else it goes up and down (a gauge)
	Labels []Label
	Value  float64
}

// Label tells readings of one name apart.
type Label struct{ Name, Value string }

// House is what the monitor asks.
type House interface {
	// Readings gives all numbers. What could not be read is in the error, and the
	// rest is given all the same.
	Readings(ctx context.Context) ([]Reading, error)
	// Ready gives what keeps the house from its work; nil: nothing.
	Ready(ctx context.Context) error
}

// Server answers machines. It is made by New.
type Server struct {
	http *http.Server
}

// New makes a server for a house; nil for log discards.
func New(house House, log *slog.Logger) *Server {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(&readings{house: house, log: log}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: 1, Timeout: scrapeTime, ErrorHandling: promhttp.ContinueOnError,
	}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), scrapeTime)
		defer cancel()
		if err := house.Ready(ctx); err != nil {
			say(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		say(w, http.StatusOK, "ok")
	})
	return &Server{&http.Server{
		Handler: mux, ReadHeaderTimeout: headerTime, ReadTimeout: headerTime, WriteTimeout: 2 * scrapeTime, IdleTimeout: time.Minute,
		MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}

// Serve answers until Shutdown, or until ctx ends.
func (s *Server) Serve(ctx context.Context, ln net.Listener, _ bool) error {
	defer context.AfterFunc(ctx, func() { s.http.Close() })()
	if err := s.http.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown lets answers under way be finished until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error { return s.http.Shutdown(ctx) }

// readings turns the house's readings into metrics.
type readings struct {
	house House
	log   *slog.Logger

	mu   sync.Mutex // guards said
	said string     // the last trouble that was logged, to log each once
}

// Describe gives nothing: what there is shows with each scrape.
func (*readings) Describe(chan<- *prometheus.Desc) {}

var failed = prometheus.NewDesc("restante_readings_failed", "1 where some readings could not be taken and are missing here.", nil, nil)

// Collect asks the house.
func (c *readings) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	all, err := c.house.Readings(ctx)
	bad := 0.0
	if err != nil {
		bad = 1
	}
	c.tell(err)
	for _, r := range all {
		var names, values []string
		for _, l := range r.Labels {
			names, values = append(names, l.Name), append(values, l.Value)
		}
		kind := prometheus.GaugeValue
		if r.Total {
			kind = prometheus.CounterValue
		}
		m, err := prometheus.NewConstMetric(prometheus.NewDesc(r.Name, r.Help, names, nil), kind, r.Value, values...)
		if err != nil { // a fault of ours: the others are given all the same
			m = prometheus.NewInvalidMetric(failed, err)
		}
		out <- m
	}
	out <- prometheus.MustNewConstMetric(failed, prometheus.GaugeValue, bad)
}

func (c *readings) tell(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := ""
	if err != nil {
		now = err.Error()
	}
	if now != "" && now != c.said {
		c.log.Warn("some readings cannot be taken", "err", err)
	}
	c.said = now
}
