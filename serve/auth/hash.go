package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/xdg-go/stringprep"
	"golang.org/x/crypto/argon2"
)

// What Hash writes. OWASP Password Storage Cheat Sheet, argon2id.
const (
	memoryKiB = 19456
	passes    = 2
	lanes     = 1
	saltLen   = 16
	keyLen    = 32
)

// What Verify accepts, so that a stored string cannot eat memory or time.
const (
	maxPHC       = 512
	maxMemoryKiB = 256 << 10
	maxPasses    = 16
	maxLanes     = 16
	maxPassword  = 1024 // octets; a longer one is wrong unread
)

// Prepare gives the one spelling of a name or a password that keyboards spell in
// several ways: é as one sign or as e and an accent, a space that does not break
// (SASLprep, RFC 4013, which RFC 6856, 2.2 wants of USER and PASS, and which clients
// of SCRAM apply themselves). What SASLprep refuses stays as it is.
func Prepare(s string) string {
	p, err := stringprep.SASLprep.Prepare(s)
	if err != nil || p == "" {
		return s
	}
	return p
}

// Hash makes a PHC string of a password, with a fresh salt:
// $argon2id$v=19$m=19456,t=2,p=1$salt$hash (RFC 9106; base64 without padding).
// The password is hashed as Prepare gives it, must be 1 to 1024 octets long then,
// and hold no NUL, CR or LF, which POP3 could not carry.
func Hash(password string) (string, error) {
	password = Prepare(password)
	switch {
	case password == "":
		return "", errors.New("the password is empty")
	case len(password) > maxPassword:
		return "", fmt.Errorf("the password has %d octets; at most %d are allowed", len(password), maxPassword)
	case strings.ContainsAny(password, "\x00\r\n"):
		return "", errors.New("the password holds a line break or a NUL, which mail programs cannot send")
	}
	salt := make([]byte, saltLen)
	rand.Read(salt)
	key := argon2.IDKey([]byte(password), salt, passes, memoryKiB, lanes, keyLen)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		memoryKiB, passes, lanes, b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// Verify reports whether password is the one that phc was made of, as Prepare gives
// it or as it is, since others hash what was typed, comparing in constant time. The
// error says that phc is no argon2id string or asks for more than 256 MiB, 16 passes
// or 16 lanes; it never holds the string.
func Verify(phc, password string) (bool, error) {
	p, err := parse(phc)
	if err != nil {
		return false, fmt.Errorf("stored password hash: %w", err)
	}
	if len(password) > maxPassword {
		return false, nil
	}
	prepared := Prepare(password)
	return p.is(prepared) || prepared != password && p.is(password), nil
}

func (p stored) is(password string) bool {
	key := argon2.IDKey([]byte(password), p.salt, p.passes, p.memory, p.lanes, uint32(len(p.key)))
	return subtle.ConstantTimeCompare(key, p.key) == 1
}

// stored is a PHC string taken apart.
type stored struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

func parse(phc string) (stored, error) {
	var p stored
	if len(phc) > maxPHC {
		return p, fmt.Errorf("%d octets long; at most %d are allowed", len(phc), maxPHC)
	}
	f := strings.Split(phc, "$")
	if len(f) != 6 || f[0] != "" || f[1] != "argon2id" {
		return p, errors.New("not of the form $argon2id$v=19$m=…,t=…,p=…$salt$hash")
	}
	if f[2] != "v=19" {
		return p, errors.New("argon2 version is not 19")
	}
	cost := strings.Split(f[3], ",")
	if len(cost) != 3 {
		return p, errors.New("cost is not of the form m=…,t=…,p=…")
	}
	t, err := number(cost[1], "t=", 1, maxPasses)
	if err != nil {
		return p, err
	}
	l, err := number(cost[2], "p=", 1, maxLanes)
	if err != nil {
		return p, err
	}
	m, err := number(cost[0], "m=", 8*l, maxMemoryKiB) // RFC 9106, 3.1: at least 8 KiB a lane
	if err != nil {
		return p, err
	}
	p.memory, p.passes, p.lanes = m, t, uint8(l)
	if p.salt, err = octets(f[4], "salt", 8, 64); err != nil {
		return p, err
	}
	p.key, err = octets(f[5], "hash", 16, 64)
	return p, err
}

func number(s, name string, min, max uint32) (uint32, error) {
	digits, ok := strings.CutPrefix(s, name)
	n, err := strconv.ParseUint(digits, 10, 32)
	if !ok || err != nil || uint32(n) < min || uint32(n) > max {
		return 0, fmt.Errorf("%s must be from %d to %d", name, min, max)
	}
	return uint32(n), nil
}

func octets(s, name string, min, max int) ([]byte, error) {
	b, err := base64.RawStdEncoding.Strict().DecodeString(s)
	if err != nil || len(b) < min || len(b) > max {
		return nil, fmt.Errorf("%s must be %d to %d octets in base64 without padding", name, min, max)
	}
	return b, nil
}
