package auth_test

import (
	"encoding/base32"
	"net/url"
	"strings"
	"testing"
	"time"

	"restante/serve/auth"
)

// The codes of RFC 6238, appendix B, for SHA-1, of which six digits are shown.
func TestTOTPCode_IsThatOfTheStandard(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		if got := auth.TOTPCode(secret, at/30); got != want[2:] {
			t.Errorf("at %d: %s, want %s", at, got, want[2:])
		}
		if step, ok := auth.TOTPStep(secret, want[2:], time.Unix(at, 0)); !ok || step != at/30 {
			t.Errorf("at %d: step %d, %v", at, step, ok)
		}
	}
}

func TestTOTPStep_TakesNeighboursOnly(t *testing.T) {
	secret, now := auth.NewTOTPSecret(), time.Unix(1_700_000_000, 0)
	step := now.Unix() / 30
	for off := int64(-3); off <= 3; off++ {
		got, ok := auth.TOTPStep(secret, auth.TOTPCode(secret, step+off), now)
		if want := off >= -1 && off <= 1; ok != want || ok && got != step+off {
			t.Errorf("%d steps off: step %d, %v; want %v", off, got-step, ok, want)
		}
	}
	for _, code := range []string{"", "12345", "1234567", "abcdef", "１２３４５６", strings.Repeat("0", 1<<20)} {
		if _, ok := auth.TOTPStep(secret, code, now); ok {
			t.Errorf("%.20q passes for a code", code)
		}
	}
}

func TestTOTPLink_HoldsTheKey(t *testing.T) {
	secret := auth.NewTOTPSecret()
	u, err := url.Parse(auth.TOTPLink("restante", "ada lovelace/&?", secret))
	if err != nil {
		t.Fatal(err)
	}
	got, err := base32.StdEncoding.DecodeString(u.Query().Get("secret"))
	if err != nil || string(got) != string(secret) || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/restante:ada lovelace/&?" || u.Query().Get("issuer") != "restante" {
		t.Errorf("%s: %v", u, err)
	}
}

func TestTickets_AreOfOneKind(t *testing.T) {
	kinds := []auth.Ticket{auth.SessionTicket, auth.APITicket, auth.FirstTicket}
	seen := map[[32]byte]bool{}
	for _, k := range kinds {
		for range 20 {
			ticket := k.New()
			secret, ok := k.Secret(ticket)
			if !ok || seen[secret] {
				t.Fatalf("%s: %v, seen before %v", k, ok, seen[secret])
			}
			seen[secret] = true
			for _, other := range kinds {
				if _, ok := other.Secret(ticket); ok != (other == k) {
					t.Errorf("a ticket of %s as one of %s: %v", k, other, ok)
				}
			}
			for _, bad := range []string{"", ticket[1:], ticket + "x", ticket[:len(ticket)-1], strings.ToUpper(ticket), ticket[:10] + "=" + ticket[11:], ticket + "\n"} {
				if _, ok := k.Secret(bad); ok {
					t.Errorf("%q passes for a ticket", bad)
				}
			}
		}
	}
}

func TestRecoverySecret_IsNotThatOfAnAppPassword(t *testing.T) {
	codes := auth.NewRecoveryCodes()
	if len(codes) != 10 {
		t.Fatalf("%d codes", len(codes))
	}
	for _, code := range codes {
		secret, ok := auth.RecoverySecret("ada", strings.ToUpper(code))
		device, _ := auth.AppSecret("ada", code)
		bobs, _ := auth.RecoverySecret("bob", code)
		if !ok || secret == device || secret == bobs {
			t.Errorf("ok %v; as a device's %v, as another's %v", ok, secret == device, secret == bobs)
		}
	}
	if _, ok := auth.RecoverySecret("ada", "123456"); ok {
		t.Error("six digits pass for a recovery code")
	}
}
