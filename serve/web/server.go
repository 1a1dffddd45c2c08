package web

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/net/netutil"
)

// Bounds of what a request may cost.
const (
	headerTime  = 10 * time.Second
	readTime    = 30 * time.Second
	answerTime  = 30 * time.Second // of a page, until it is written
	idleTime    = 2 * time.Minute
	headerBytes = 32 << 10
	bodyBytes   = 1 << 20
	connections = 1000
)

// Sessions tells who asks.
type Sessions interface {
	// Who gives the user in whose session a request comes; empty: in nobody's.
	Who(r *http.Request) (owner string, err error)
}

// Options are what a Server needs. All but Sessions and SignIn may be left zero.
type Options struct {
	Sessions Sessions
	SignIn   string           // path of the page for who is not signed in
	TLS      *tls.Config      // of doors with TLS; nil: these are refused
	Log      *slog.Logger     // nil: none
	Now      func() time.Time // nil: time.Now
}

// Server answers browsers. Register pages first, then call Serve.
type Server struct {
	o       Options
	mux     *http.ServeMux
	http    *http.Server
	entries []Entry
	deeds   *deeds
	ending  chan struct{} // closed when Shutdown begins
	end     sync.Once
}

// New makes a server that has no pages yet.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{o: o, mux: http.NewServeMux(), deeds: newDeeds(o.Now), ending: make(chan struct{})}
	s.mux.HandleFunc("GET /static/{name}", serveAsset)
	s.HandleOpen("POST /language", chooseLanguage)
	s.HandleOpen("/", func(*Call) error { return ErrNoPage })
	s.Handle("POST /undo", s.undo)
	s.http = &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: 2 * answerTime, IdleTimeout: idleTime,
		MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	return s
}

// Handler is all that the server answers, guards included.
func (s *Server) Handler() http.Handler {
	same := http.NewCrossOriginProtection()
	same.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.answer(w, r, func(*Call) error { return errForeign })
	}))
	return guard(http.MaxBytesHandler(same.Handler(s.mux), bodyBytes))
}

// Serve answers until Shutdown, or until ctx ends.
func (s *Server) Serve(ctx context.Context, ln net.Listener, implicitTLS bool) error {
	defer context.AfterFunc(ctx, func() { s.http.Close() })()
	ln = netutil.LimitListener(ln, connections)
	if implicitTLS {
		if s.o.TLS == nil {
			return errors.New("a door with TLS, and no certificate")
		}
		ln = tls.NewListener(ln, s.o.TLS)
	}
	if err := s.http.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown lets answers under way be finished until ctx ends. Those that have no end
// are told by Call.Ending.
func (s *Server) Shutdown(ctx context.Context) error {
	s.end.Do(func() { close(s.ending) })
	return s.http.Shutdown(ctx)
}

// guard puts the browser's guards up. A page may set one of these again.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
			"connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin") // not no-referrer: see the package's reasons
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
