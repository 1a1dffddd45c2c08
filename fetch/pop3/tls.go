package pop3

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"restante/fetch"
)

// startTLS upgrades the connection (RFC 2595, section 4). There is no way on
// without TLS.
func (s *session) startTLS(ctx context.Context, q quirks) error {
	if s.caps.known && !s.caps.stls {
		return errNoSTLS
	}
	st, err := s.command("STLS")
	if err != nil {
		return err
	}
	if !st.OK {
		return fmt.Errorf("%w: %w", errNoSTLS, s.refuse("STLS", st))
	}
	if s.r.Buffered() > 0 {
		// Somebody in the middle may have put it there to have it taken as
		// said under TLS.
		return errors.New("STLS: the server sent data ahead of the TLS handshake; connection dropped")
	}
	if err := s.handshake(ctx); err != nil {
		return err
	}
	s.caps = capabilities{} // anybody could have forged what was said in clear
	return s.askCapa(q)
}

var errNoSTLS = errors.New("server does not offer STLS; set tls: implicit or none")

// handshake puts TLS over the connection.
func (s *session) handshake(ctx context.Context) error {
	cfg, err := tlsConfig(s.acct)
	if err != nil {
		return err
	}
	asked := false
	show := cfg.GetClientCertificate
	cfg.GetClientCertificate = func(r *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		asked = true
		return show(r)
	}
	// With TLS 1.3 a server says only after the handshake, in place of its next
	// words, that it does not like our certificate.
	s.link.alerted = func(err error) error { return explainAlert(err, s.acct, asked) }
	s.link.step(s.dialer.times.Dial)
	if err := s.link.arm(s.link.raw.SetDeadline, time.Now().Add(s.link.patience)); err != nil {
		return err
	}
	c := tls.Client(s.link.raw, cfg)
	if err := c.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("TLS: %w", explainTLS(s.link.explain(err, s.link.patience), s.acct))
	}
	s.link.stream = c
	s.report.TLS = channel(c.ConnectionState())
	s.trace(Note, s.report.TLS.String())
	s.r.Reset(s.link)
	s.w = bufio.NewWriterSize(s.link, 4<<10)
	return nil
}

// tlsConfig always sends the server's name (SNI), since some servers offer no
// present TLS to who does not.
func tlsConfig(a fetch.Account) (*tls.Config, error) {
	cfg := &tls.Config{ServerName: a.Host}
	switch a.MinTLS {
	case "", "1.2":
		cfg.MinVersion = tls.VersionTLS12
	case "1.3":
		cfg.MinVersion = tls.VersionTLS13
	default:
		return nil, fmt.Errorf("tls_min is %q; set it to 1.2 or 1.3", a.MinTLS)
	}
	var own tls.Certificate // empty: none is shown
	if a.ClientCert != "" {
		var err error
		if own, err = tls.LoadX509KeyPair(a.ClientCert, cmp.Or(a.ClientKey, a.ClientCert)); err != nil {
			return nil, fmt.Errorf("read the client certificate: %w", err)
		}
	}
	cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &own, nil }
	if a.CAFile != "" {
		pem, err := os.ReadFile(a.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read the authority's certificate: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no PEM certificate", a.CAFile)
		}
	}
	if a.Fingerprint != "" {
		want, err := parseFingerprint(a.Fingerprint)
		if err != nil {
			return nil, err
		}
		cfg.InsecureSkipVerify = true // the pin below is checked instead
		cfg.VerifyConnection = func(cs tls.ConnectionState) error {
			if got := sha256.Sum256(cs.PeerCertificates[0].Raw); got != want {
				return fmt.Errorf("the server's certificate is %s and not the pinned %s; if the provider has changed it, set the new fingerprint",
					showFingerprint(got), showFingerprint(want))
			}
			return nil
		}
	}
	return cfg, nil
}

// parseFingerprint reads "sha256:" and 64 hex digits, colons between them or not.
func parseFingerprint(s string) (sum [sha256.Size]byte, err error) {
	digits, ok := strings.CutPrefix(strings.ToLower(s), "sha256:")
	b, err := hex.DecodeString(strings.ReplaceAll(digits, ":", ""))
	if !ok || err != nil || len(b) != len(sum) {
		return sum, fmt.Errorf("fingerprint %q is not sha256: and 64 hex digits", s)
	}
	return [sha256.Size]byte(b), nil
}

func showFingerprint(sum [sha256.Size]byte) string { return "sha256:" + hex.EncodeToString(sum[:]) }

// explainTLS says what can be done about a failed handshake.
func explainTLS(err error, a fetch.Account) error {
	if plain, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return fmt.Errorf("%w; the server does not speak TLS here; tls: implicit wants the POP3S port, often 995", plain)
	}
	if strings.Contains(err.Error(), "selected unsupported protocol version") {
		return tooOld(err, a)
	}
	bad, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok || len(bad.UnverifiedCertificates) == 0 {
		return err
	}
	seen := showFingerprint(sha256.Sum256(bad.UnverifiedCertificates[0].Raw))
	hint := "if this is the server you mean, set fingerprint: " + seen
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		hint += ", or ca_file to its authority"
	}
	return fmt.Errorf("%w; %s", err, hint)
}

func tooOld(err error, a fetch.Account) error {
	return fmt.Errorf("%w; the server does not speak TLS %s or later, which tls_min asks for", err, cmp.Or(a.MinTLS, "1.2"))
}

// isAlert tells whether the server ended TLS with an alert (RFC 8446, section 6).
func isAlert(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "remote error"
}

// explainAlert says what can be done about an alert, of which crypto/tls gives the
// words only. asked tells whether the server wanted to see a certificate of ours.
func explainAlert(err error, a fetch.Account, asked bool) error {
	switch {
	case strings.Contains(err.Error(), "protocol version not supported"):
		return tooOld(err, a)
	case asked && a.ClientCert == "":
		return fmt.Errorf("%w; the server wants to see a certificate of yours; set client_cert_file", err)
	case asked:
		return fmt.Errorf("%w; it may be that the server does not take the certificate in client_cert_file", err)
	}
	return err
}
