package record_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"restante/index/record"
	"restante/index/record/recordtest"
)

func openLite(t testing.TB) *record.DB {
	t.Helper()
	db, err := record.Open(context.Background(), filepath.Join(t.TempDir(), "restante.db"), record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestSQLite_KeepsTheContract(t *testing.T) {
	recordtest.Test(t, func(t *testing.T) recordtest.DB { return openLite(t) })
}

func TestPostgreSQL_KeepsTheContract(t *testing.T) {
	recordtest.Test(t, func(t *testing.T) recordtest.DB {
		db, err := record.Open(context.Background(), ownSchema(t), record.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return db
	})
}

// ownSchema gives the DSN of an empty schema that ends with the test.
func ownSchema(t *testing.T) string {
	t.Helper()
	dsn := os.Getenv("RESTANTE_TEST_POSTGRES")
	if dsn == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("RESTANTE_TEST_POSTGRES is not set: want the postgres:// URL of a database for tests")
		}
		t.Skip("RESTANTE_TEST_POSTGRES is not set: no PostgreSQL to test on")
	}
	admin, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := "test_" + fmt.Sprintf("%x", rand.Text())
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
