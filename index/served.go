package index

import (
	"bufio"
	"bytes"
	"io"
	"strings"

	"restante/filter"
)

// maxSubjectSearch bounds how far into a message its Subject is looked for
// when it wants a tag, in octets.
const maxSubjectSearch = 256 << 10

// served gives a message as POP3 shows it: the added header block first (after
// an mbox From line, if the message begins with one), then the bytes as
// received, with the tag put into the subject. Line ends are the server's
// business.
func served(raw io.Reader, added, tag string) io.Reader {
	if added == "" && tag == "" {
		return raw
	}
	if tag == "" {
		var start [len(fromLine)]byte
		n, _ := io.ReadFull(raw, start[:]) // an error comes again when it is read
		raw = io.MultiReader(bytes.NewReader(start[:n]), raw)
		if string(start[:n]) != fromLine {
			return io.MultiReader(strings.NewReader(added), raw)
		}
	}
	br := bufio.NewReaderSize(raw, 4<<10)
	var head bytes.Buffer
	// Without its end in sight it is a line too long to be what it says.
	start, _ := br.Peek(br.Size()) // an error comes again when it is read
	if end := bytes.IndexByte(start, '\n'); end >= 0 && bytes.HasPrefix(start, []byte(fromLine)) {
		head.Write(start[:end+1])
		_, _ = br.Discard(end + 1) // what was peeked is there
	}
	head.WriteString(added)
	if tag != "" {
		tagSubject(&head, br, tag)
	}
	return io.MultiReader(&head, br)
}

const fromLine = "From "

// tagSubject moves the header up to the subject's value from br to head, and
// the tag behind it. A message without a subject gets one.
func tagSubject(head *bytes.Buffer, br *bufio.Reader, tag string) {
	mark := head.Len()
	for head.Len()-mark < maxSubjectSearch {
		line, err := br.ReadSlice('\n')
		if name := "subject:"; len(line) >= len(name) && bytes.EqualFold(line[:len(name)], []byte(name)) {
			head.Write(line[:len(name)])
			head.WriteString(" " + tag)
			head.Write(bytes.TrimLeft(line[len(name):], " \t"))
			return
		}
		end := len(bytes.TrimRight(line, "\r\n")) == 0
		if !end {
			head.Write(line)
		}
		if end || err != nil && err != bufio.ErrBufferFull {
			rest := append([]byte(nil), line...)
			insertSubject(head, mark, tag)
			if end {
				head.Write(rest)
			}
			return
		}
	}
}

func insertSubject(head *bytes.Buffer, mark int, tag string) {
	after := append([]byte(nil), head.Bytes()[mark:]...)
	head.Truncate(mark)
	head.WriteString("Subject: " + tag + "\r\n")
	head.Write(after)
}

// servedSize counts the octets that POP3 sends for a message.
func servedSize(s *filter.Sorted) int64 {
	p := s.Parcel
	n := p.Size + p.Grow + int64(len(s.Added))
	if s.Tag == "" {
		return n
	}
	with, _ := io.Copy(io.Discard, served(p.Open(), s.Added, s.Tag)) // memory or spool file: what was just written
	return with + p.Grow
}
