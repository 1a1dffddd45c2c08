package segment_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/RoaringBitmap/roaring/v2"
	api "github.com/blevesearch/scorch_segment_api/v2"

	"restante/index/search/segment"
)

// summed gives octets with their checksum behind them.
func summed(n int) []byte {
	b := bytes.Repeat([]byte("octets "), n/7+1)[:n]
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

func TestProve_FindsEveryOctetThatChanged(t *testing.T) {
	whole := summed(500)
	for at := range whole {
		b := slices.Clone(whole)
		b[at] ^= 0x10
		if err := segment.Prove("x", bytes.NewReader(b), int64(len(b)), nil); !errors.Is(err, segment.ErrDamaged) {
			t.Errorf("octet %d changed: %v, want ErrDamaged", at, err)
		}
	}
}

func TestProve_ReadsInPieces(t *testing.T) {
	const p = segment.Piece
	for _, octets := range []int{4, 5, p - 3, p - 1, p, p + 1, p + 3, p + 4, p + 5, 3*p + 100} {
		b := summed(octets - 4)
		var pieces int
		err := segment.Prove("x", bytes.NewReader(b), int64(octets), func(n int) error {
			if pieces += n; n > p {
				t.Errorf("a piece of %d octets", n)
			}
			return nil
		})
		if err != nil || pieces != octets {
			t.Errorf("%d octets: waited for %d, %v", octets, pieces, err)
		}
		b[octets/2] ^= 1
		if err := segment.Prove("x", bytes.NewReader(b), int64(octets), nil); !errors.Is(err, segment.ErrDamaged) {
			t.Errorf("%d octets, damaged: %v", octets, err)
		}
	}
}

func TestProve_TellsDamageFromWhatSaysNothingOfTheFile(t *testing.T) {
	whole := summed(500)
	halt := errors.New("halt")
	for name, c := range map[string]struct {
		r       io.Reader
		octets  int64
		wait    func(int) error
		want    error
		damaged bool
	}{
		"empty":          {bytes.NewReader(nil), 0, nil, segment.ErrDamaged, true},
		"too short":      {bytes.NewReader(whole), 3, nil, segment.ErrDamaged, true},
		"cut meanwhile":  {bytes.NewReader(whole[:400]), 504, nil, io.ErrUnexpectedEOF, true},
		"a bad disk":     {iotest.ErrReader(syscall.EIO), 504, nil, syscall.EIO, true},
		"short of files": {iotest.ErrReader(syscall.EMFILE), 504, nil, syscall.EMFILE, false},
		"told to end":    {iotest.ErrReader(errors.New("read after the end")), 504, func(int) error { return halt }, halt, false},
	} {
		err := segment.Prove("x", c.r, c.octets, c.wait)
		if !errors.Is(err, c.want) || errors.Is(err, segment.ErrDamaged) != c.damaged {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What rotted would have a new checksum once it was merged.
func TestMerge_RefusesWhatRottedAndTellsOfIt(t *testing.T) {
	dir := t.TempDir()
	var files []api.Segment
	for i := range 2 {
		w := written{name: fmt.Sprint(i), words: map[string][]string{"body": {"a", "to"}}}
		ours, _ := pair(t, []written{w})
		s := merged(t, dir, []api.Segment{ours}, []*roaring.Bitmap{nil})
		defer s.Close()
		files = append(files, s)
	}
	var told []string
	p := segment.NewPlugin(table)
	p.Damaged = func(path string) { told = append(told, path) }
	into := filepath.Join(dir, "into.zap")
	if _, _, err := p.MergeUsing(files, make([]*roaring.Bitmap, 2), into, nil, nil, nil); err != nil || told != nil {
		t.Fatalf("sound: %v, told of %v", err, told)
	}
	rotten := files[1].(api.PersistedSegment).Path()
	f, err := os.OpenFile(rotten, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte{0xff}, 40); err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(dir, "again.zap")
	_, _, err = p.MergeUsing(files, make([]*roaring.Bitmap, 2), again, nil, nil, nil)
	if !errors.Is(err, segment.ErrDamaged) || !slices.Equal(told, []string{rotten}) {
		t.Errorf("a segment rotted: %v, told of %v", err, told)
	}
	if _, err := os.Stat(again); err == nil {
		t.Error("it was merged all the same")
	}
}
