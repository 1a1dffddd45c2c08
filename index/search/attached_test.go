package search_test

import (
	"slices"
	"strings"
	"testing"

	"restante/index"
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
