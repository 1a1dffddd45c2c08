package pop3_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3/pop3test"
)

// secrets says whether the server heard anything of a login.
func secrets(srv *pop3test.Server) bool {
	return slices.ContainsFunc(srv.Commands(), func(c string) bool {
		return strings.HasPrefix(c, "USER") || strings.HasPrefix(c, "AUTH") || strings.Contains(c, "***")
	})
}

func TestDial_SaysWhatToDoAboutACertificate(t *testing.T) {
	junk := filepath.Join(t.TempDir(), "junk.pem")
	if err := os.WriteFile(junk, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	other := "sha256:" + strings.Repeat("ab", 32)
	tests := []struct {
		name   string
		change func(a *fetch.Account)
		want   []string // in the error; "SEEN" is the certificate's fingerprint
	}{
		{"unknown authority", func(a *fetch.Account) { a.Fingerprint = "" }, []string{"unknown authority", "set fingerprint: SEEN", "ca_file"}},
		{"another pin", func(a *fetch.Account) { a.Fingerprint = other }, []string{"SEEN", other}},
		{"no fingerprint", func(a *fetch.Account) { a.Fingerprint = "sha256:12" }, []string{"64 hex digits"}},
		{"md5", func(a *fetch.Account) { a.Fingerprint = "md5:" + strings.Repeat("ab", 32) }, []string{"64 hex digits"}},
		{"authority without certificate", func(a *fetch.Account) { a.CAFile = junk }, []string{"holds no PEM certificate"}},
		{"no authority", func(a *fetch.Account) { a.CAFile = junk + "x" }, []string{"authority's certificate"}},
	}
	for _, mode := range []fetch.TLSMode{fetch.TLSImplicit, fetch.TLSStart} {
		for _, tt := range tests {
			srv, err := dialError(t, pop3test.Options{TLS: mode}, tt.change)
			for _, want := range tt.want {
				want = strings.ReplaceAll(want, "SEEN", srv.Fingerprint())
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s, %s: %v does not say %q", mode, tt.name, err, want)
				}
			}
			if secrets(srv) {
				t.Errorf("%s, %s: the server heard %q", mode, tt.name, srv.Commands())
			}
		}
	}
}
