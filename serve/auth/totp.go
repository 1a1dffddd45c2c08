package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"time"
)

// What programs for second factors agree upon without being told: SHA-1, six
// digits, steps of 30 seconds.
const (
	totpSecretLen = 20 // octets: RFC 4226, section 4, R6
	totpDigits    = 6
	totpStep      = 30 * time.Second
	totpSlack     = 1 // steps that a clock may be off, either way: RFC 6238, section 5.2
)

// NewTOTPSecret makes a key for a second factor.
func NewTOTPSecret() []byte {
	secret := make([]byte, totpSecretLen)
	rand.Read(secret)
	return secret
}

// TOTPText writes a key as people type it into their programs: base32.
func TOTPText(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// TOTPLink gives the address that a program reads from a QR code, of the form that
// Google Authenticator has made common.
func TOTPLink(issuer, name string, secret []byte) string {
	label := url.PathEscape(issuer + ":" + name)
	return fmt.Sprintf("otpauth://totp/%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%d&period=%d",
		label, TOTPText(secret), url.QueryEscape(issuer), totpDigits, totpStep/time.Second)
}

// TOTPCode gives the code of a step of time (RFC 6238, section 4): as many digits
// as programs show.
func TOTPCode(secret []byte, step int64) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac := hmac.New(sha1.New, secret)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf // RFC 4226, section 5.3
	n := binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", totpDigits, n%1_000_000)
}

// TOTPStep gives the step whose code it is, now or a step earlier or later. False:
// it is none's. Whoever takes the code keeps the step, and takes no code of that
// step or an earlier one again: RFC 6238, section 5.2.
func TOTPStep(secret []byte, code string, now time.Time) (step int64, ok bool) {
	step, found := now.Unix()/int64(totpStep/time.Second), int64(-1)
	for s := step - totpSlack; s <= step+totpSlack; s++ {
		if subtle.ConstantTimeCompare([]byte(TOTPCode(secret, s)), []byte(code)) == 1 {
			found = s
		}
	}
	return found, found >= 0
}
