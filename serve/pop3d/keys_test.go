package pop3d_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"restante/serve/pop3d"
)

// The keys of RFC 7677, 3's example, as PostgreSQL and gsasl --mkpasswd write them.
const exampleKeys = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$" +
	"WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

func TestDeriveKeys_AreTheStandardsOwn(t *testing.T) {
	salt, err := base64.StdEncoding.DecodeString("W22ZaJ0SNY7soEsUEjb6gQ==")
	if err != nil {
		t.Fatal(err)
	}
	k, err := pop3d.DeriveKeys("pencil", salt, 4096)
	if err != nil {
		t.Fatal(err)
	}
	if got := k.Text(salt, 4096); got != exampleKeys {
		t.Errorf("%s", got)
	}
	back, s, n, err := pop3d.ParseKeys(exampleKeys)
	if err != nil || back != k || string(s) != string(salt) || n != 4096 {
		t.Errorf("ParseKeys = %v, %q, %d, %v", back, s, n, err)
	}
}

// SASLprep refuses a control character, and clients then send what they have.
func TestDeriveKeys_TakesEveryPassword(t *testing.T) {
	for _, password := range []string{"", "Grüße", "\u00a0", "a\x07b", "\xff\xfe", strings.Repeat("x", 1024)} {
		if _, err := pop3d.DeriveKeys(password, []byte("salt"), 4096); err != nil {
			t.Errorf("%q: %v", password, err)
		}
	}
}

func TestParseKeys_RefusesWhatCouldNotBeServed(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":         "",
		"a password":      "pencil",
		"SCRAM-SHA-1":     strings.Replace(exampleKeys, "256", "1", 1),
		"no number":       strings.Replace(exampleKeys, "4096", "many", 1),
		"too few turns":   strings.Replace(exampleKeys, "4096", "4095", 1),
		"endless turns":   strings.Replace(exampleKeys, "4096", "99999999", 1),
		"no salt":         strings.Replace(exampleKeys, "W22ZaJ0SNY7soEsUEjb6gQ==", "", 1),
		"a short key":     strings.Replace(exampleKeys, "wfPLwcE6", "", 1),
		"one key":         exampleKeys[:strings.LastIndexByte(exampleKeys, ':')],
		"bad base64":      strings.Replace(exampleKeys, "wfPLwcE6", "!", 1),
		"one part more":   exampleKeys + "$",
		"very long":       exampleKeys + strings.Repeat("A", 10_000),
		"a very long one": strings.Replace(exampleKeys, "W22Z", strings.Repeat("W22Z", 100), 1),
	} {
		if _, _, _, err := pop3d.ParseKeys(text); err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
