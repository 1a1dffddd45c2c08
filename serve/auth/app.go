package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// appAlphabet has no 0, 1, 8 or 9, which are taken for letters.
var appAlphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// appLen is the signs of an app password: 5 random bits each, 80 together.
const appLen = 16

// NewAppPassword makes a password for one device, such as
// abcd-efgh-2345-qrst: 80 random bits, in lower case for small keyboards.
func NewAppPassword() string {
	var b [appLen * 5 / 8]byte
	rand.Read(b[:])
	s := appAlphabet.EncodeToString(b[:])
	return s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:]
}

// AppForms gives the ways in which an app password is typed: as it was shown, and
// without hyphens. Nil: it is none.
func AppForms(password string) []string {
	if _, ok := AppSecret("", password); !ok {
		return nil
	}
	s := appPlain(password)
	return []string{s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:], s}
}

func appPlain(password string) string {
	return strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(password))
}

// AppSecret gives what is kept of an app password and found by it: a SHA-256 of
// the owner's name and the password. It is fast to make, and may be, because
// nobody can go through 80 random bits. False: the password is none that
// NewAppPassword makes. Case, hyphens and blanks are not looked at.
func AppSecret(owner, password string) (secret [sha256.Size]byte, ok bool) {
	return wordSecret("restante device", owner, password)
}

// wordSecret gives what is kept of a word that NewAppPassword made, for a use of it.
func wordSecret(use, owner, word string) (secret [sha256.Size]byte, ok bool) {
	if len(word) > 2*appLen {
		return secret, false
	}
	plain := appPlain(word)
	if _, err := appAlphabet.DecodeString(plain); err != nil || len(plain) != appLen {
		return secret, false
	}
	return sha256.Sum256([]byte(use + "\x00" + owner + "\x00" + plain)), true
}
