package search

import (
	"io"
	"os"
)

// quietly reads a file from its beginning to its end. What the system did not hold
// of it in memory before is dropped again once it was read, where the system can do
// that, so that nothing that questions use has to go for it. It is read in pieces of
// whole pages: parts of them stay.
func quietly(f *os.File) io.Reader {
	notAhead(f)
	return &quiet{f: f}
}

type quiet struct {
	f  *os.File
	at int64
}

// span is a part of a file.
type span struct{ at, octets int64 }

// Read reads as much as p holds unless the file ends.
func (q *quiet) Read(p []byte) (n int, err error) {
	fetched := absent(q.f, q.at, int64(len(p)))
	n, err = q.f.ReadAt(p, q.at)
	for _, s := range fetched {
		drop(q.f, s)
	}
	q.at += int64(n)
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}
