package serve

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"
)

// A Certificate is a certificate and its key in two files, which are read again
// when they change. It is safe for several goroutines.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu    sync.Mutex // guards the fields below
	cert  *tls.Certificate
	stamp stamp // of the files when they were read last, well or not
}

// stamp is what tells that files were replaced.
type stamp struct {
	at   [2]time.Time
	size [2]int64
}

// LoadCertificate reads a certificate chain and its key, both PEM. log, which
// may be nil, hears of what is read later.
func LoadCertificate(certFile, keyFile string, log *slog.Logger) (*Certificate, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log}
	c.stamp = c.look() // before reading: what is written meanwhile is read again
	cert, err := LoadTLS(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	c.cert = &cert
	return c, nil
}

func (c *Certificate) look() (s stamp) {
	for i, name := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil {
			s.at[i], s.size[i] = info.ModTime(), info.Size()
		}
	}
	return s
}

// Get gives the certificate, for tls.Config.GetCertificate. The files are looked
// at each time, which costs nothing beside a handshake. While they cannot be
// used, as between the writing of one and of the other, the last good pair is
// used on, and the log is told once of each state of the files. The error is
// always nil.
func (c *Certificate) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.look()
	if now == c.stamp {
		return c.cert, nil
	}
	c.stamp = now
	cert, err := LoadTLS(c.certFile, c.keyFile)
	if err != nil {
		c.log.Warn("the changed certificate cannot be used; the old one goes on", "err", err)
		return c.cert, nil
	}
	c.cert = &cert
	c.log.Info("the certificate was read again", "fingerprint", Fingerprint(cert))
	return c.cert, nil
}

// TLSConfig is how a door speaks TLS from the given version on, such as
// tls.VersionTLS12. Below that, what devices of before 2008 need is allowed too:
// RSA key exchange and CBC. They want an RSA certificate besides; the self-signed
// one is none.
func TLSConfig(get func(*tls.ClientHelloInfo) (*tls.Certificate, error), min uint16) *tls.Config {
	cfg := &tls.Config{GetCertificate: get, MinVersion: min}
	if min < tls.VersionTLS12 {
		for _, s := range tls.CipherSuites() {
			cfg.CipherSuites = append(cfg.CipherSuites, s.ID)
		}
		cfg.CipherSuites = append(cfg.CipherSuites, tls.TLS_RSA_WITH_AES_128_CBC_SHA,
			tls.TLS_RSA_WITH_AES_256_CBC_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA)
	}
	return cfg
}
