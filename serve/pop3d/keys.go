package pop3d

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/xdg-go/scram"
)

// Keys are what SCRAM-SHA-256 keeps of one password (RFC 5802, 3). Who has them
// can try passwords against them without asking us, and can pose as us; but not
// log in.
type Keys struct {
	Stored, Server [32]byte
	Of             string // the porter's word for which password it is
}

// Bounds of what ParseKeys reads, so that a stored text cannot eat time.
const (
	minIterations = 4096 // RFC 7677, 4
	maxIterations = 10_000_000
	maxSalt       = 64 // octets
)

// DeriveKeys makes the keys of a password. Iterations are 4096 to 10,000,000.
func DeriveKeys(password string, salt []byte, iterations int) (Keys, error) {
	if err := checkFactors(salt, iterations); err != nil {
		return Keys{}, err
	}
	c, err := scram.SHA256.NewClient("", password, "")
	if err != nil { // what SASLprep refuses, clients send as it is if they can at all
		if c, err = scram.SHA256.NewClientUnprepped("", password, ""); err != nil {
			return Keys{}, err
		}
	}
	got, err := c.GetStoredCredentialsWithError(scram.KeyFactors{Salt: string(salt), Iters: iterations})
	if err != nil {
		return Keys{}, err
	}
	return Keys{Stored: [32]byte(got.StoredKey), Server: [32]byte(got.ServerKey)}, nil
}

func checkFactors(salt []byte, iterations int) error {
	if len(salt) == 0 || len(salt) > maxSalt || iterations < minIterations || iterations > maxIterations {
		return fmt.Errorf("salt of %d octets, %d iterations; allowed: 1 to %d, and %d to %d",
			len(salt), iterations, maxSalt, minIterations, maxIterations)
	}
	return nil
}

// Text writes keys as RFC 5803, 2 has them:
// SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey, in base64.
func (k Keys) Text(salt []byte, iterations int) string {
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("%s$%d:%s$%s:%s", scramSHA256, iterations, b64(salt), b64(k.Stored[:]), b64(k.Server[:]))
}

// ParseKeys reads what Text writes. Its error does not show the text.
func ParseKeys(text string) (k Keys, salt []byte, iterations int, err error) {
	bad := errors.New("the text is no " + scramSHA256 + " keys")
	parts := strings.Split(text, "$")
	if len(parts) != 3 || parts[0] != scramSHA256 {
		return Keys{}, nil, 0, bad
	}
	count, encoded, _ := strings.Cut(parts[1], ":")
	iterations, err = strconv.Atoi(count)
	salt, err2 := base64.StdEncoding.DecodeString(encoded)
	if err = errors.Join(err, err2); err != nil {
		return Keys{}, nil, 0, bad
	}
	stored, server, _ := strings.Cut(parts[2], ":")
	a, err := base64.StdEncoding.DecodeString(stored)
	b, err2 := base64.StdEncoding.DecodeString(server)
	if err = errors.Join(err, err2); err != nil || len(a) != len(k.Stored) || len(b) != len(k.Server) {
		return Keys{}, nil, 0, bad
	}
	return Keys{Stored: [32]byte(a), Server: [32]byte(b)}, salt, iterations, checkFactors(salt, iterations)
}
