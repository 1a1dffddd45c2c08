package blob_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"restante/index/blob"
	"restante/index/blob/blobtest"
)

var secret = bytes.Repeat([]byte("k"), blob.KeyLen)

func openLog(t *testing.T, dir string, o blob.Options) *blob.Log {
	t.Helper()
	l, err := blob.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLog_KeepsTheContract(t *testing.T) {
	for name, o := range map[string]blob.Options{
		"one segment":             {},
		"a segment each commit":   {SegmentSize: 1, MaxOpen: 2},
		"encrypted":               {Key: secret},
		"encrypted, each commit ": {Key: secret, SegmentSize: 1, MaxOpen: 2},
	} {
		t.Run(name, func(t *testing.T) {
			blobtest.Test(t, func(t *testing.T) blobtest.Blobs { return openLog(t, t.TempDir(), o) })
		})
	}
}

// sealing is a log that seals whatever was written before anybody reads it.
type sealing struct {
	*blob.Log
	t *testing.T
}

func (s sealing) Append(ctx context.Context, recs []blob.Record) ([]blob.Ref, error) {
	refs, err := s.Log.Append(ctx, recs)
	if err == nil && len(refs) > 0 {
		if err := s.Retire(); err != nil {
			s.t.Error(err)
		}
		if _, err := s.Seal(ctx); err != nil {
			s.t.Error(err)
		}
	}
	return refs, err
}

func TestLog_KeepsTheContractSealed(t *testing.T) {
	for name, o := range map[string]blob.Options{"clear": {}, "encrypted": {Key: secret, MaxOpen: 2}} {
		t.Run(name, func(t *testing.T) {
			blobtest.Test(t, func(t *testing.T) blobtest.Blobs { return sealing{openLog(t, t.TempDir(), o), t} })
		})
	}
}

func TestOpen_LetsNoSecondWriterIn(t *testing.T) {
	dir := t.TempDir()
	first := openLog(t, dir, blob.Options{})
	if _, err := blob.Open(dir, blob.Options{}); !errors.Is(err, blob.ErrLocked) {
		t.Errorf("a second Open = %v, want ErrLocked", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := openLog(t, dir, blob.Options{}).Close(); err != nil {
		t.Error(err)
	}
}
