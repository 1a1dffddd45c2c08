package blob_test

import (
	"errors"
	"testing"

	"restante/index/blob"
	"restante/index/blob/blobtest"
)

func TestLog_KeepsTheContract(t *testing.T) {
	for name, o := range map[string]blob.Options{
		"one segment":           {},
		"a segment each commit": {SegmentSize: 1, MaxOpen: 2},
	} {
		t.Run(name, func(t *testing.T) {
			blobtest.Test(t, func(t *testing.T) blobtest.Blobs {
				l, err := blob.Open(t.TempDir(), o)
				if err != nil {
					t.Fatal(err)
				}
				return l
			})
		})
	}
}

func TestOpen_LetsNoSecondWriterIn(t *testing.T) {
	dir := t.TempDir()
	first, err := blob.Open(dir, blob.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blob.Open(dir, blob.Options{}); !errors.Is(err, blob.ErrLocked) {
		t.Errorf("a second Open = %v, want ErrLocked", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	next, err := blob.Open(dir, blob.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}
