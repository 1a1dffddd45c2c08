package auth_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"

	"restante/serve/auth"
)

func TestHash_VerifiesOnlyItsPassword(t *testing.T) {
	for _, password := range []string{"tiger", " spaced out ", "pässwörd", strings.Repeat("x", 1024)} {
		phc, err := auth.Hash(password)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("Hash = %q, want the usual costs", phc)
		}
		if ok, err := auth.Verify(phc, password); !ok || err != nil {
			t.Errorf("Verify(%q) = %v, %v", password, ok, err)
		}
		if ok, err := auth.Verify(phc, password+" "); ok || err != nil {
			t.Errorf("Verify(%q with a space more) = %v, %v", password, ok, err)
		}
	}
}

// Keyboards of phones and of laptops spell é and blanks in different ways.
func TestHash_IsOfEverySpellingOfAPassword(t *testing.T) {
	spellings := []string{"caf\u00e9 \u00fcber", "cafe\u0301 u\u0308ber", "caf\u00e9\u00a0\u00fcber", "caf\u00e9 \uff55\u0308ber"}
	for _, set := range spellings {
		phc, err := auth.Hash(set)
		if err != nil {
			t.Fatal(err)
		}
		for _, typed := range spellings {
			if ok, err := auth.Verify(phc, typed); !ok || err != nil {
				t.Errorf("set as %+q, typed as %+q: %v, %v", set, typed, ok, err)
			}
		}
		if ok, _ := auth.Verify(phc, "cafe uber"); ok {
			t.Errorf("set as %+q, typed without marks", set)
		}
	}
}

// What no profile of text allows is a password as it is.
func TestPrepare_LeavesWhatItCannotRead(t *testing.T) {
	for _, s := range []string{"", "\xff\xfe", "a\x07b", "\u00ad", "\u0627b", "tiger two"} {
		if got := auth.Prepare(s); got != s {
			t.Errorf("Prepare(%+q) = %+q", s, got)
		}
	}
}

// Others' tools hash what was typed: é in two signs, under the reference
// implementation's cheapest costs.
func TestVerify_AcceptsWhatOthersHashedAsTyped(t *testing.T) {
	const typed = "cafe\u0301"
	salt := []byte("somesalt")
	b64 := base64.RawStdEncoding
	phc := "$argon2id$v=19$m=64,t=1,p=1$" + b64.EncodeToString(salt) + "$" + b64.EncodeToString(argon2.IDKey([]byte(typed), salt, 1, 64, 1, 32))
	if ok, err := auth.Verify(phc, typed); !ok || err != nil {
		t.Errorf("Verify = %v, %v", ok, err)
	}
}

func TestHash_SaltsEachTime(t *testing.T) {
	a, errA := auth.Hash("tiger")
	b, errB := auth.Hash("tiger")
	if errA != nil || errB != nil || a == b {
		t.Errorf("the same string twice (%v, %v)", errA, errB)
	}
}

func TestHash_RefusesWhatPOP3CannotCarry(t *testing.T) {
	for _, password := range []string{"", "a\x00b", "a\nb", "a\r", strings.Repeat("x", 1025)} {
		if phc, err := auth.Hash(password); err == nil {
			t.Errorf("Hash(%.10q…) = %q", password, phc)
		}
	}
}

// The string that the reference implementation's command line gives for
// "password" with the salt "somesalt": argon2 somesalt -id -m 16 -t 2 -p 1.
func TestVerify_AcceptsTheReferenceImplementationsString(t *testing.T) {
	const phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, err := auth.Verify(phc, "password"); !ok || err != nil {
		t.Errorf("Verify = %v, %v", ok, err)
	}
}

func TestVerify_RefusesHostileStringsUnhashed(t *testing.T) {
	const salt, key = "c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	for name, phc := range map[string]string{
		"empty":             "",
		"plain text":        "tiger",
		"another function":  "$argon2i$v=19$m=64,t=1,p=1$" + salt + "$" + key,
		"another version":   "$argon2id$v=16$m=64,t=1,p=1$" + salt + "$" + key,
		"4 TiB":             "$argon2id$v=19$m=4294967295,t=1,p=1$" + salt + "$" + key,
		"over 32 bits":      "$argon2id$v=19$m=42949672950,t=1,p=1$" + salt + "$" + key,
		"257 MiB":           "$argon2id$v=19$m=263168,t=1,p=1$" + salt + "$" + key,
		"endless passes":    "$argon2id$v=19$m=64,t=4294967295,p=1$" + salt + "$" + key,
		"no pass":           "$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + key,
		"no lane":           "$argon2id$v=19$m=64,t=1,p=0$" + salt + "$" + key,
		"256 lanes":         "$argon2id$v=19$m=64,t=1,p=256$" + salt + "$" + key,
		"negative":          "$argon2id$v=19$m=-64,t=1,p=1$" + salt + "$" + key,
		"cost missing":      "$argon2id$v=19$m=64,t=1$" + salt + "$" + key,
		"cost out of order": "$argon2id$v=19$t=1,m=64,p=1$" + salt + "$" + key,
		"short salt":        "$argon2id$v=19$m=64,t=1,p=1$c29t$" + key,
		"no hash":           "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$",
		"bad base64":        "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$!!!!",
		"very long":         "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + strings.Repeat("A", 10000),
	} {
		t.Run(name, func(t *testing.T) {
			ok, err := auth.Verify(phc, "password")
			if ok || err == nil {
				t.Errorf("Verify = %v, %v", ok, err)
			}
			if err != nil && len(phc) > 20 && strings.Contains(err.Error(), key) {
				t.Errorf("the error shows the hash: %v", err)
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Fuzz(func(t *testing.T, phc string) {
		if ok, _ := auth.Verify(phc, "a password nobody has"); ok {
			t.Errorf("%q takes a wrong password", phc)
		}
	})
}
