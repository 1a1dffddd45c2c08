package extract_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"restante/filter/letter"
	"restante/index/search/extract"
	"restante/index/search/extract/extracttest"
)

// office is a text document that says that it is one, and this.
func office(document string) []byte {
	return extracttest.Zip(extracttest.File{Name: "[Content_Types].xml"}, extracttest.File{Name: "word/document.xml", Text: document})
}

// listedAgain is an archive whose last entry is in its directory so many times more.
func listedAgain(archive []byte, times int) []byte {
	first := bytes.Index(archive, []byte("PK\x01\x02"))
	last, end := bytes.LastIndex(archive, []byte("PK\x01\x02")), bytes.Index(archive, []byte("PK\x05\x06"))
	directory := append(bytes.Clone(archive[first:end]), bytes.Repeat(archive[last:end], times)...)
	foot := bytes.Clone(archive[end:])
	entries := binary.LittleEndian.Uint16(foot[8:]) + uint16(times)
	binary.LittleEndian.PutUint16(foot[8:], entries)
	binary.LittleEndian.PutUint16(foot[10:], entries)
	binary.LittleEndian.PutUint32(foot[12:], uint32(len(directory)))
	return append(append(bytes.Clone(archive[:first]), directory...), foot...)
}

// What a small document can be unpacked to takes little, whatever is in it: of an
// attribute of two octets the decoder makes forty-eight.
func TestWords_TakeLittleOfASmallDocument(t *testing.T) {
	const unpacked = 6 << 20
	for name, data := range map[string][]byte{
		"attributes": office("<p " + strings.Repeat("a ", unpacked/2) + ">"),
		"elements":   office(strings.Repeat("<a/>", unpacked/4)),
		"a comment":  office("<!--" + strings.Repeat("a ", unpacked/2)),
		"a name":     office("<" + strings.Repeat("a", unpacked)),
		"text":       office("<p>" + strings.Repeat("a ", unpacked/2)),
		"an archive": listedAgain(office("<p>heron</p>"+strings.Repeat("<a/>", 1<<17)), 500),
	} {
		if len(data) > 64<<10 {
			t.Fatalf("%s: %d octets are no small document", name, len(data))
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := extract.New(extract.Limits{Time: time.Hour}).Words(t.Context(), letter.Part{Type: "application/octet-stream", Name: "a.docx"}, data)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, extract.ErrLimit) {
			t.Errorf("%s: error %v, want that it is too large inside", name, err)
		}
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 150<<20 {
			t.Errorf("%s: %d MiB were taken, one after the other", name, taken>>20)
		}
		if n := strings.Count(got, "heron"); n > 10 {
			t.Errorf("%s: an entry was read %d times", name, n)
		}
	}
}

// A value of very many lines is put together once, and read to its end.
func TestWords_OfALongFoldedValue(t *testing.T) {
	const lines = 1 << 18
	data := []byte("NOTE;ENCODING=QUOTED-PRINTABLE:" + strings.Repeat("a=\r\n", lines) + "b\r\n")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, err := extract.New(extract.Limits{Time: time.Hour}).Words(t.Context(), letter.Part{Type: "text/vcard"}, data)
	runtime.ReadMemStats(&after)
	if want := strings.Repeat("a", lines) + "b\n"; err != nil || got != want {
		t.Errorf("%d octets, %v, want %d", len(got), err, len(want))
	}
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 100<<20 {
		t.Errorf("%d MiB were taken, one after the other", taken>>20)
	}
}
