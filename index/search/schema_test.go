package search

import (
	"path/filepath"
	"testing"
)

func TestOpen_ThrowsAwayTheCatalogueOfAnotherVersion(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "catalogue")
	at, err := create(dir, followingTier)
	if err != nil {
		t.Fatal(err)
	}
	if err := at.SetInternal([]byte(schemaKey), []byte("0")); err != nil {
		t.Fatal(err)
	}
	if err := at.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if left, err := filepath.Glob(dir + ".*"); err != nil || len(left) != 1 { // the lock
		t.Errorf("beside the new one lie %v, %v", left, err)
	}
}
