package pop3

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// What an error challenge says is for people: its status and scope, if it has any.
func TestTokenFault_GivesStatusAndScope(t *testing.T) {
	for challenge, want := range map[string]string{
		`{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}`: "status 400, scope https://mail.google.com/",
		`{"status":401}`:             "status 401",
		`{"scope":"","status":null}`: "",
		`[1]`:                        "",
		``:                           "",
	} {
		if got := tokenFault([]byte(challenge)); got != want {
			t.Errorf("%s says %q, want %q", challenge, got, want)
		}
	}
}

func FuzzTokenFault(f *testing.F) {
	f.Add([]byte(`{"status":"400","scope":"https://mail.google.com/"}`))
	f.Add([]byte(`{"status":{"a":[1e999]}}`))
	f.Fuzz(func(t *testing.T, challenge []byte) {
		m := &bearer{s: &session{secrets: []string{"hunter2"}}}
		if _, _, err := m.next(1, challenge); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(m.fault, "hunter2") || utf8.RuneCountInString(m.fault) > maxText+1 {
			t.Fatalf("it says %q", m.fault)
		}
	})
}
