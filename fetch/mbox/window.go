package mbox

import (
	"errors"
	"io"
)

// windowMost is how far a stream can be looked ahead, in octets: the longest
// Content-Length that is believed in an archive. No provider takes longer mail.
const windowMost = 64 << 20

var (
	errFar  = errors.New("too far ahead in a stream")
	errGone = errors.New("too far back in a stream")
)

// window shows a stream as something that can be read anywhere from the place
// last released on. What is ahead is read when it is asked for, and held.
type window struct {
	r    io.Reader
	base int64 // where held begins
	held []byte
	err  error // the stream's end
}

func (w *window) ReadAt(p []byte, off int64) (int, error) {
	if off < w.base {
		return 0, errGone
	}
	from := off - w.base
	if from > windowMost {
		return 0, errFar
	}
	for need := from + int64(len(p)); int64(len(w.held)) < need && w.err == nil; {
		// By doubling: nobody says that the stream is as long as a field in it.
		w.fill(min(int(need)-len(w.held), max(len(w.held), bufSize)))
	}
	if from >= int64(len(w.held)) {
		return 0, w.err
	}
	n := copy(p, w.held[from:])
	if n < len(p) {
		return n, w.err
	}
	return n, nil
}

// fill reads at most n octets.
func (w *window) fill(n int) {
	at := len(w.held)
	if cap(w.held)-at < n {
		grown := make([]byte, at, max(at+n, min(2*cap(w.held), windowMost), 2*bufSize))
		copy(grown, w.held)
		w.held = grown
	}
	got, err := w.r.Read(w.held[at : at+n])
	w.held, w.err = w.held[:at+got], err
}

// release lets go of what is before a place, now or soon.
func (w *window) release(before int64) {
	n := int(min(before-w.base, int64(len(w.held))))
	if n < max(bufSize, len(w.held)-n) {
		return // moving the rest costs more than the room is worth
	}
	rest := w.held[n:]
	if cap(w.held) > 1<<20 && len(rest) < 1<<20 {
		w.held = append(make([]byte, 0, 2*bufSize), rest...)
	} else {
		w.held = append(w.held[:0], rest...)
	}
	w.base += int64(n)
}
