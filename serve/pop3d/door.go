package pop3d

import (
	"context"
	"net"
)

// A Door serves listeners of another Profile than the Server's own, with the
// same maildrops and within the same limits.
type Door struct {
	s *Server
	p Profile
}

// Door makes a Door of a profile.
func (s *Server) Door(p Profile) *Door {
	p.TLS = alpn(p.TLS)
	return &Door{s, p}
}

// Serve is Server.Serve with the door's profile.
func (d *Door) Serve(ctx context.Context, ln net.Listener, implicitTLS bool) error {
	return d.s.serve(ctx, ln, implicitTLS, &d.p)
}

// Shutdown is the Server's: it closes all its doors.
func (d *Door) Shutdown(ctx context.Context) error { return d.s.Shutdown(ctx) }
