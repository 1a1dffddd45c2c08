package search_test

import (
	"slices"
	"strings"
	"testing"

	"restante/index"
	"restante/index/search"
	"restante/index/search/extract/extracttest"
)

func TestCatchUp_CataloguesAMessageWhoseAttachmentCannotBeRead(t *testing.T) {
	s := newMemory()
	circle := extracttest.Objects("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 9/Kids[2 0 R]")
	for _, data := range [][]byte{nil, []byte("%PDF-1.4 nothing"), circle, []byte("PK\x03\x04nothing")} {
		s.add(index.Message{}, withFile("application/pdf", "lost.pdf", data))
	}
	good := s.add(index.Message{}, withFile("application/pdf", "good.pdf", extracttest.PDF("heron")))
	c := fill(t, s)
	if got := find(t, c, "ada", "subject:papers has:pdf"); len(got) != 5 {
		t.Errorf("found %v by subject and kind, want all 5", got)
	}
	if got := find(t, c, "ada", "heron"); !slices.Equal(got, []int64{good}) {
		t.Errorf("found %v by what the good one says, want %d", got, good)
	}
	if got := find(t, c, "ada", "has:unreadable"); len(got) != 4 || slices.Contains(got, good) {
		t.Errorf("found %v by their note, want all but %d", got, good)
	}
	q, err := search.Parse("", now)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Search(t.Context(), "ada", q, search.Page{Facets: true})
	if err != nil || !slices.Equal(got.Facets.Kinds, []search.Count{{Value: "pdf", Hits: 5}, {Value: "unreadable", Hits: 4}}) {
		t.Errorf("the kinds are counted as %v, %v", got.Facets.Kinds, err)
	}
}

// TestCatchUp_NotesADocumentThatExplodes catalogues what was read of an office
// document whose text is a thousand times its size.
func TestCatchUp_NotesADocumentThatExplodes(t *testing.T) {
	if testing.Short() {
		t.Skip("a megabyte of markup is long under the detector")
	}
	s := newMemory()
	bomb := extracttest.DOCX("heron", strings.Repeat("<w:r></w:r>", 1<<20))
	id := s.add(index.Message{}, withFile("application/octet-stream", "bomb.docx", bomb))
	c := fill(t, s)
	for _, query := range []string{"heron has:unreadable", "papers has:document"} {
		if got := find(t, c, "ada", query); !slices.Equal(got, []int64{id}) {
			t.Errorf("%s finds %v, want %d", query, got, id)
		}
	}
}

func TestCatchUp_TakesNoMoreTextThanAMessageMayHave(t *testing.T) {
	s := newMemory()
	id := s.add(index.Message{}, withFile("text/plain", "long.txt", []byte("heron "+strings.Repeat("x ", 1<<20)+"stork")))
	c := fill(t, s)
	if got := find(t, c, "ada", "heron"); !slices.Equal(got, []int64{id}) {
		t.Errorf("its beginning finds %v", got)
	}
	if got := find(t, c, "ada", "stork"); len(got) != 0 {
		t.Errorf("what lies behind a megabyte finds %v", got)
	}
}

// TestCatchUp_ReadsAnInvitation: it stands in the text of the letter, folded.
func TestCatchUp_ReadsAnInvitation(t *testing.T) {
	s := newMemory()
	id := s.add(index.Message{}, []byte("Subject: come\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nCome.\r\n"+
		"--b\r\nContent-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\nSUMMARY:Quarterly pla\r\n nning\\nheron\r\nEND:VCALENDAR\r\n--b--\r\n"))
	c := fill(t, s)
	for _, query := range []string{`"quarterly planning"`, "heron", "has:calendar"} {
		if got := find(t, c, "ada", query); !slices.Equal(got, []int64{id}) {
			t.Errorf("%s finds %v, want %d", query, got, id)
		}
	}
	if got := find(t, c, "ada", "has:attachment"); len(got) != 0 {
		t.Errorf("has:attachment finds %v", got)
	}
}

func TestCatchUp_TakesNoSignatureForAnAttachment(t *testing.T) {
	s := newMemory()
	for _, typ := range []string{"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"} {
		s.add(index.Message{}, withFile(typ, "signature.asc", []byte("x")))
	}
	file := s.add(index.Message{}, withFile("application/pgp-keys", "key.asc", []byte("x")))
	c := fill(t, s)
	if got := find(t, c, "ada", "has:attachment"); !slices.Equal(got, []int64{file}) {
		t.Errorf("has:attachment finds %v, want %d", got, file)
	}
}
