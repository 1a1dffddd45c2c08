package dovecot

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
)

// introspect serves token introspection (RFC 7662) until the test ends, in the
// form that Dovecot asks with GET: the token is the end of the address.
func introspect(t testing.TB, user, token string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := map[string]any{"active": false}
		if r.URL.Query().Get("token") == token {
			answer = map[string]any{"active": true, "username": user, "scope": "pop"}
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/introspect?token="
}
