package auth_test

import (
	"regexp"
	"strings"
	"testing"

	"restante/serve/auth"
)

func TestAppSecret_IsTheSameHoweverThePasswordIsTyped(t *testing.T) {
	form := regexp.MustCompile(`^[a-z2-7]{4}(-[a-z2-7]{4}){3}$`)
	seen := map[[32]byte]bool{}
	for range 100 {
		p := auth.NewAppPassword()
		if !form.MatchString(p) {
			t.Fatalf("password of another form than %v", form)
		}
		secret, ok := auth.AppSecret("ada", p)
		if !ok || seen[secret] {
			t.Fatalf("secret ok %v, seen before %v", ok, seen[secret])
		}
		seen[secret] = true
		for _, typed := range []string{strings.ToUpper(p), strings.ReplaceAll(p, "-", ""), strings.ReplaceAll(p, "-", " "), p + " "} {
			if got, ok := auth.AppSecret("ada", typed); !ok || got != secret {
				t.Errorf("typed otherwise it is another (%v)", ok)
			}
		}
		if other, _ := auth.AppSecret("bob", p); other == secret {
			t.Error("two owners with the same password have the same secret")
		}
	}
}

func TestAppSecret_RefusesOtherPasswords(t *testing.T) {
	for _, p := range []string{"", "secret", "abcd-efgh-ijkl-mno", "abcd-efgh-ijkl-mnopq", "abcd-efgh-ijkl-mno1", "abcd-efgh-ijkl-mnoé",
		"abcdefghijklmno=", strings.Repeat("-", 1<<20), "abcd_efgh_ijkl_mnop"} {
		if _, ok := auth.AppSecret("ada", p); ok {
			t.Errorf("%.20q passes for an app password", p)
		}
	}
}
