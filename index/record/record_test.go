package record_test

import (
	"context"
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
	t.Parallel()
	recordtest.Test(t, func(t *testing.T) recordtest.DB { return openLite(t) })
}

func TestPostgreSQL_KeepsTheContract(t *testing.T) {
	t.Parallel()
	recordtest.Test(t, func(t *testing.T) recordtest.DB {
		db, err := record.Open(context.Background(), recordtest.Postgres(t), record.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return db
	})
}
