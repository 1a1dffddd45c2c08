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

func TestAppForms_AreAllOfOneSecret(t *testing.T) {
	shown := auth.NewAppPassword()
	want, _ := auth.AppSecret("ada", shown)
	for _, typed := range append(auth.AppForms(shown), auth.AppForms(strings.ToUpper(shown))...) {
		if got, ok := auth.AppSecret("ada", typed); !ok || got != want {
			t.Errorf("%q has another secret than %q", typed, shown)
		}
	}
	if forms := auth.AppForms(shown); len(forms) != 2 || forms[0] != shown || forms[1] != strings.ReplaceAll(shown, "-", "") {
		t.Errorf("AppForms = %q", forms)
	}
	if forms := auth.AppForms("engine one"); forms != nil {
		t.Errorf("AppForms of a password = %q", forms)
	}
}
