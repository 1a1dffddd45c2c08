package index

import (
	"strings"
	"testing"

	"restante/filter/letter"
)

// The follower may have read a message before its letter is put here: that one
// nobody takes.
func TestRecent_HoldsNoMoreThanItsLetters(t *testing.T) {
	var r recent
	l := &letter.Letter{Text: strings.Repeat("x", recentBytes/10), Size: 1 << 40} // its attachments are not held
	r.put("ada", 0, l)
	for id := int64(1); id <= 1000; id++ {
		r.put("ada", id, l)
		if r.take("ada", id) != l {
			t.Fatalf("letter %d is not there", id)
		}
	}
	if len(r.letters) != 1 || r.order.Len() != 1 || r.bytes != heldBy(l) {
		t.Errorf("%d letters, %d in order, %d octets; want the one that nobody took", len(r.letters), r.order.Len(), r.bytes)
	}
	for id := int64(2000); id < 2020; id++ {
		r.put("ada", id, l)
	}
	if r.take("ada", 0) != nil || r.take("ada", 2019) == nil || r.bytes > recentBytes || r.order.Len() != len(r.letters) {
		t.Errorf("%d letters of %d octets, want the newest, %d octets at most", len(r.letters), r.bytes, recentBytes)
	}
}
