package configs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// pemMost bounds a file of certificates that is looked into, in octets.
const pemMost = 1 << 20

// checkFiles looks into the files that an account names. What this process may
// not read, or what is no plain file, is for the moment of reading.
func (s *Settings) checkFiles(key string, a Account) {
	s.checkSecretFile(key+".password_file", a.PasswordFile)
	s.checkSecretFile(key+".token_file", a.TokenFile)
	s.checkRoots(key+".ca_file", a.CAFile)
	cert, ok := s.content(key+".client_cert_file", a.ClientCertFile)
	at, pem := key+".client_cert_file", cert
	if ok && a.ClientKeyFile != "" {
		at = key + ".client_key_file"
		pem, ok = s.content(at, a.ClientKeyFile)
	}
	if !ok {
		return
	}
	if _, err := tls.X509KeyPair(cert, pem); err != nil {
		s.places.fault(at, "makes no pair of a certificate and its key: "+strings.TrimPrefix(err.Error(), "tls: "),
			"PEM of a certificate in client_cert_file, and of its key there or in client_key_file")
	}
}

// checkRoots wants a certificate in a file.
func (s *Settings) checkRoots(key, path string) {
	if ca, ok := s.content(key, path); ok && !x509.NewCertPool().AppendCertsFromPEM(ca) {
		s.places.fault(key, path+" holds no certificate", "PEM, which begins with -----BEGIN CERTIFICATE-----")
	}
}

// checkSecretFile wants one line in a file.
func (s *Settings) checkSecretFile(key, path string) {
	if _, ok := s.content(key, path); !ok {
		return
	}
	if _, err := readSecretFile("", path); err != nil && !errors.Is(err, fs.ErrPermission) {
		s.places.fault(key, strings.TrimPrefix(err.Error(), "read : "), "a file of one line")
	}
}

// content reads a file, where there is one to read and nothing is wrong with it.
func (s *Settings) content(key, path string) (b []byte, ok bool) {
	s.exists(key, path)
	if path == "" || s.places.faulty[key] {
		return nil, false
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() { // a pipe has an end for one reader
		return nil, false
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	if b, err = io.ReadAll(io.LimitReader(f, pemMost+1)); err == nil && len(b) > pemMost {
		s.places.fault(key, fmt.Sprintf("%s has more than %d octets", path, pemMost), "")
	}
	return b, err == nil && len(b) <= pemMost
}
