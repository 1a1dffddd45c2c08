package recordtest

import (
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver, named "pgx"

	"restante/fetch/peertest"
)

// Postgres gives the URL of an empty schema that ends with the test, in the database
// that RESTANTE_TEST_POSTGRES names. Without one it gives up on the test.
func Postgres(t testing.TB) string {
	t.Helper()
	dsn := os.Getenv("RESTANTE_TEST_POSTGRES")
	if dsn == "" {
		peertest.Missing(t, "RESTANTE_TEST_POSTGRES is not set: want the postgres:// URL of a database for tests")
	}
	admin, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := "test_" + strings.ToLower(rand.Text())
	if _, err := admin.Exec("CREATE SCHEMA " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP SCHEMA " + name + " CASCADE"); err != nil {
			t.Error(err)
		}
		admin.Close()
	})
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}
