package index_test

import "testing"

func TestNext_EndsWithAChangeThatCameAfterIt(t *testing.T) {
	h := newHouse(t)
	first, too := h.Next(), h.Next()
	select {
	case <-first:
		t.Fatal("nothing has changed")
	default:
	}
	h.shelve(sorted(t, "ada", "isp", "u1", text(1)))
	<-first
	<-too // any number may wait
	second := h.Next()
	select {
	case <-second:
		t.Fatal("nothing has changed since")
	default:
	}
	h.shelve(sorted(t, "ada", "isp", "u2", text(2)))
	<-second
}
