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
	if r.take("ada", 0) != l {
		t.Error("the one that nobody took is gone")
	}
	r.put("ada", 0, l)
	for id := int64(2000); id < 2020; id++ {
		r.put("ada", id, l)
	}
	if r.take("ada", 0) != nil {
		t.Error("the oldest is still there")
	}
	var left []int64
	for id := int64(2000); id < 2020; id++ {
		if r.take("ada", id) != nil {
			left = append(left, id)
		}
	}
	if n := int64(recentBytes) / heldBy(l); int64(len(left)) != n || left[0] != 2020-n {
		t.Errorf("letters %v are left, want the %d newest", left, n)
	}
}
