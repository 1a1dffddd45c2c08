package blob_test

import (
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
