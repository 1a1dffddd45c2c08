package configs_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"restante/configs"
)

// newPair gives a certificate and its key as PEM.
func newPair(t *testing.T) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1)}
	c, err := x509.CreateCertificate(rand.Reader, form, form, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func TestLoad_LooksIntoFilesWhenAsked(t *testing.T) {
	dir := t.TempDir()
	cert, key := newPair(t)
	_, other := newPair(t)
	for name, text := range map[string]string{
		"cert": cert, "key": key, "other": other, "both": cert + key, "empty": "", "pw": "secret-one\n", "two": "secret-one\nsecret-two\n",
		"long": strings.Repeat("x", 1<<20+1),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const start = "accounts: [{ name: a, user: u, host: h, username: n, "
	for _, tt := range []struct{ text, want string }{
		{start + "password_file: D/pw, ca_file: D/cert, client_cert_file: D/cert, client_key_file: D/key }]", ""},
		{start + "password_file: D/pw, client_cert_file: D/both }]", ""},
		{start + "password_file: D/empty }]", "accounts[0].password_file: D/empty holds none; allowed: a file of one line"},
		{start + "token_file: D/two }]", "accounts[0].token_file: D/two holds more than one line"},
		{"users: [{ name: u, password_file: D/empty }]", "users[0].password_file: D/empty holds none"},
		{start + "password_file: D/pw, ca_file: D/key }]", "accounts[0].ca_file: D/key holds no certificate; allowed: PEM"},
		{start + "password_file: D/pw, ca_file: D/long }]", "accounts[0].ca_file: D/long has more than 1048576 octets"},
		{start + "password_file: D/pw, client_cert_file: D/cert, client_key_file: D/other }]", "accounts[0].client_key_file: makes no pair of a certificate and its key: private key does not match"},
		{start + "password_file: D/pw, client_cert_file: D/cert }]", "accounts[0].client_cert_file: makes no pair of a certificate and its key"},
	} {
		text := strings.ReplaceAll(tt.text, "D/", dir+"/")
		_, err := load(t, text, nil)
		if tt.want == "" && err != nil {
			t.Errorf("%s: %v", tt.text, err)
		}
		if tt.want != "" && (err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), dir+"/", "D/"), tt.want)) {
			t.Errorf("%s\n got %v\nwant %s", tt.text, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret-") {
			t.Errorf("shows a secret: %v", err)
		}
		path := filepath.Join(dir, "restante.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := configs.Load(path, configs.Options{}); err != nil {
			t.Errorf("unasked: %v", err)
		}
	}
}
