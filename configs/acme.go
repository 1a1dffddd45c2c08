package configs

import (
	"crypto/x509"
	"fmt"
	"net/netip"
	"os"
	"strings"
)

// ACME is how certificates are got from an authority (RFC 8555). It is off where
// Hosts is empty.
type ACME struct {
	Hosts       []string `yaml:"hosts"`        // names, each of which gets one
	AcceptTerms bool     `yaml:"accept_terms"` // a must
	Email       string   `yaml:"email"`
	Directory   string   `yaml:"directory"` // URL; empty: Let's Encrypt
	CAFile      string   `yaml:"ca_file"`   // PEM; empty: the system's authorities
	HTTP        string   `yaml:"http"`      // host:port that the authority reaches on port 80; empty: none
	TLS         string   `yaml:"tls"`       // and on port 443
}

// Roots are what vouches for the authority's own server; nil: the system's.
func (a ACME) Roots() (*x509.CertPool, error) {
	if a.CAFile == "" {
		return nil, nil
	}
	text, err := os.ReadFile(a.CAFile)
	if err != nil {
		return nil, fmt.Errorf("serve.tls.acme.ca_file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("serve.tls.acme.ca_file: %s holds no certificate", a.CAFile)
	}
	return pool, nil
}

func (s *Settings) checkACME(o Options) {
	const key = "serve.tls.acme"
	a := s.Serve.TLS.ACME
	if len(a.Hosts) == 0 {
		if a.AcceptTerms || a.Email != "" || a.Directory != "" || a.CAFile != "" || a.HTTP != "" || a.TLS != "" {
			s.places.fault(key+".hosts", "is empty", "names to get certificates for")
		}
		return
	}
	for i, host := range a.Hosts {
		_, err := netip.ParseAddr(host)
		if err == nil || !isHost(host) || !strings.Contains(strings.Trim(host, "."), ".") {
			s.places.fault(fmt.Sprintf("%s.hosts[%d]", key, i), fmt.Sprintf("%.80q is no name that an authority knows", host), "pop.example.org and the like")
		}
	}
	if !a.AcceptTerms {
		s.places.fault(key+".accept_terms", "is false", "true, if you agree to the terms of service of the authority")
	}
	if a.HTTP == "" && a.TLS == "" {
		s.places.fault(key, "has no address for challenges", "http or tls beside hosts")
	}
	s.webURL(key+".directory", a.Directory)
	s.listenAddress(key+".http", a.HTTP)
	s.listenAddress(key+".tls", a.TLS)
	s.exists(key+".ca_file", a.CAFile)
	if o.CheckSecrets {
		s.checkRoots(key+".ca_file", a.CAFile)
	}
}
