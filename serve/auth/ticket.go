package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// A Ticket is a kind of secret that programs carry: of 256 random bits, behind a
// word that says what it is to whoever finds one lying about.
type Ticket string

// The kinds of tickets.
const (
	SessionTicket Ticket = "rs_" // of a browser that is signed in
	APITicket     Ticket = "rt_" // of a program
	FirstTicket   Ticket = "rf_" // of who sets restante up
	InviteTicket  Ticket = "ri_" // of a link that signs in once
)

const ticketLen = 32 // octets

// New makes a ticket of the kind.
func (k Ticket) New() string {
	var b [ticketLen]byte
	rand.Read(b[:])
	return string(k) + base64.RawURLEncoding.EncodeToString(b[:])
}

// Secret gives what is kept of a ticket and found by it. It is fast to make, as is
// that of an app password, and for the same reason. False: it is no ticket of the
// kind.
func (k Ticket) Secret(ticket string) (secret [sha256.Size]byte, ok bool) {
	text, of := strings.CutPrefix(ticket, string(k))
	if !of || len(text) != base64.RawURLEncoding.EncodedLen(ticketLen) {
		return secret, false
	}
	if _, err := base64.RawURLEncoding.Strict().DecodeString(text); err != nil {
		return secret, false
	}
	return sha256.Sum256([]byte("restante ticket\x00" + ticket)), true
}

// recoveryCodes is how many are made at a time.
const recoveryCodes = 10

// NewRecoveryCodes makes codes that stand in for a lost second factor, of the form
// of app passwords.
func NewRecoveryCodes() []string {
	codes := make([]string, recoveryCodes)
	for i := range codes {
		codes[i] = NewAppPassword()
	}
	return codes
}

// RecoverySecret gives what is kept of a recovery code, as AppSecret does of an app
// password. The two are never the same.
func RecoverySecret(owner, code string) (secret [sha256.Size]byte, ok bool) {
	return wordSecret("restante recovery", owner, code)
}
