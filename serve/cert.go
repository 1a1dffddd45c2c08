package serve

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// selfSignedFile holds the key and the certificate, in this order, as PEM.
const selfSignedFile = "self-signed.pem"

const tenYears = 10 * 365 * 24 * time.Hour

// SelfSigned gives the certificate kept in dir, and makes it when there is none
// (made is true then; dir must exist). A made one is for hosts, which are names
// or addresses, and for localhost, 127.0.0.1, ::1 and the machine's name. It
// lies in dir/self-signed.pem, readable by its owner only, and is never
// replaced: to have a new one, delete the file. fingerprint is for people to
// pin.
func SelfSigned(dir string, hosts []string) (cert tls.Certificate, fingerprint string, made bool, err error) {
	path := filepath.Join(dir, selfSignedFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if text, err = makePair(hosts); err == nil {
			made, err = place(path, text)
		}
		if err == nil && !made { // another process was first
			text, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return tls.Certificate{}, "", false, fmt.Errorf("self-signed certificate: %w", err)
	}
	if cert, err = tls.X509KeyPair(text, text); err != nil {
		return tls.Certificate{}, "", false, fmt.Errorf("self-signed certificate: read %s: %w (to have a new one made, delete the file)", path, err)
	}
	return cert, Fingerprint(cert), made, nil
}

// LoadTLS reads a certificate chain and its key, both PEM.
func LoadTLS(certFile, keyFile string) (tls.Certificate, error) {
	switch {
	case certFile == "":
		return tls.Certificate{}, errors.New("TLS certificate: a key file is set, but no certificate file")
	case keyFile == "":
		return tls.Certificate{}, errors.New("TLS certificate: a certificate file is set, but no key file")
	}
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("TLS certificate %s with key %s: %w", certFile, keyFile, err)
	}
	return cert, nil
}

// Fingerprint is "sha256:" and the SHA-256 of the leaf certificate's DER form in
// hex, as an account's pinned fingerprint is written. It is empty for no
// certificate.
func Fingerprint(cert tls.Certificate) string {
	if len(cert.Certificate) == 0 {
		return ""
	}
	sum := sha256.Sum256(cert.Certificate[0])
	return "sha256:" + hex.EncodeToString(sum[:])
}

// makePair makes a key and a certificate and gives both as PEM.
func makePair(hosts []string) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	c := &x509.Certificate{
		SerialNumber:          serial.Add(serial, big.NewInt(1)), // RFC 5280, 4.1.2.2: positive
		Subject:               pkix.Name{CommonName: "restante"},
		NotBefore:             now.Add(-24 * time.Hour), // for clients whose clock is behind
		NotAfter:              now.Add(tenYears),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	addHosts(c, hosts)
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for _, block := range []*pem.Block{{Type: "PRIVATE KEY", Bytes: secret}, {Type: "CERTIFICATE", Bytes: der}} {
		if err := pem.Encode(&b, block); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func addHosts(c *x509.Certificate, hosts []string) {
	all := []string{"localhost", "127.0.0.1", "::1"}
	if name, err := os.Hostname(); err == nil { // a machine without a name does without
		all = append(all, name)
	}
	for _, h := range append(all, hosts...) {
		switch ip := net.ParseIP(h); {
		case ip != nil && !slices.ContainsFunc(c.IPAddresses, ip.Equal):
			c.IPAddresses = append(c.IPAddresses, ip)
		case ip == nil && h != "" && !slices.Contains(c.DNSNames, h):
			c.DNSNames = append(c.DNSNames, h)
		}
	}
}

// place writes text to path, whole or not at all, unless there is a file.
func place(path string, text []byte) (placed bool, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".self-signed-*") // mode 0600
	if err != nil {
		return false, err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return false, err
	}
	switch err = os.Link(f.Name(), path); {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrExist):
		return false, nil
	}
	// Some network drives and sticks have no links. There a rename must do,
	// which two processes starting in the same instant could both win.
	err = os.Rename(f.Name(), path)
	return err == nil, err
}
