package letter

import (
	"bytes"
	"strings"
)

// rawField is a header field after repair: unfolded, but in whatever charset
// it came.
type rawField struct {
	name       string
	value      []byte
	start, end int // where value lies in splitter.buf, while that grows
}

// header is one repaired header block.
type header struct {
	fields []rawField
}

// get gives the first field of that name, which may be in any case.
func (h *header) get(name string) string {
	for i := range h.fields {
		if strings.EqualFold(h.fields[i].name, name) {
			return string(h.fields[i].value)
		}
	}
	return ""
}

// splitter cuts a header block from the front of an entity. What the parser
// proper would refuse is repaired on the way, since a filter that gives up
// where mail readers do not is a filter that spam can walk around.
type splitter struct {
	o    *opener
	b    []byte
	pos  int
	h    header
	buf  []byte // the unfolded values
	over bool   // a limit was passed: read on to the empty line, keep nothing
	crlf bool   // a line ended in CRLF
	lf   bool   // a line ended in a bare LF
}

// header reads the header block at b[pos:] and gives it and the offset at
// which the body begins.
func (o *opener) header(b []byte, pos int) (header, int) {
	s := splitter{o: o, b: b, pos: pos}
	if pos == 0 { // the header of a message is long, that of a part is not
		s.buf = make([]byte, 0, min(len(b), 4<<10))
		s.h.fields = make([]rawField, 0, 32)
	}
	limit := pos + o.lim.Header
	for s.pos < len(b) {
		if s.pos >= limit && !s.over {
			o.note(DefectLongHeader, "")
			s.over = true
		}
		if !s.line(min(limit, len(b))) {
			break
		}
	}
	if s.crlf && s.lf {
		o.note(DefectBareLF, "")
	}
	for i := range s.h.fields {
		f := &s.h.fields[i]
		f.value = bytes.TrimRight(s.buf[f.start:f.end:f.end], " \t")
	}
	return s.h, s.pos
}

// line takes one line and says whether the header goes on after it.
func (s *splitter) line(limit int) bool {
	line, next := s.cutLine(s.pos)
	switch {
	case len(line) == 0:
		s.pos = next
		return false
	case s.o.isBoundary(line):
		s.o.note(DefectNoBlank, "")
		return false
	case s.over:
	case line[0] == ' ' || line[0] == '\t':
		if len(s.h.fields) > 0 {
			s.extend(line, limit)
		} else if len(bytes.TrimSpace(line)) > 0 {
			s.o.note(DefectNoColon, string(line[:min(len(line), maxDetail)]))
		}
	default:
		if n := nameLen(line); n > 0 {
			s.add(line, n, limit)
			break
		}
		if isFromLine(line) {
			s.o.note(DefectFromLine, "")
			break
		}
		if !s.stray(line, next, limit) {
			return false
		}
	}
	s.pos = next
	return true
}

// stray deals with a line that is neither a field nor a continuation. Where
// more header follows soon it is taken as a continuation that lost its blank;
// else the empty line is missing and the body begins here.
func (s *splitter) stray(line []byte, next, limit int) bool {
	if !bytes.HasPrefix(line, []byte("--")) && s.headerAhead(next) {
		s.o.note(DefectNoColon, string(line[:min(len(line), maxDetail)]))
		if len(s.h.fields) > 0 && !bytes.HasPrefix(line, []byte("X-")) { // such a line is a field of its own
			s.buf = append(s.buf, ' ')
			s.extend(line, limit)
		}
		return true
	}
	if len(s.h.fields) > 0 || len(s.o.bounds) > 0 {
		s.o.note(DefectNoBlank, "")
	}
	return false
}

// headerAhead looks a few lines ahead for a field or the end of the header.
func (s *splitter) headerAhead(pos int) bool {
	rest := s.b[pos:min(len(s.b), pos+maxAhead)]
	for range 5 {
		line, after, ok := bytes.Cut(rest, []byte("\n"))
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 {
			return ok && len(s.h.fields) > 0
		}
		if nameLen(line) > 0 {
			return true
		}
		if bytes.HasPrefix(line, []byte("--")) {
			return false
		}
		rest = after
	}
	return false
}

// cutLine gives the line at pos without its ending, and where the next begins.
func (s *splitter) cutLine(pos int) (line []byte, next int) {
	rest := s.b[pos:]
	n := bytes.IndexByte(rest, '\n')
	if n < 0 {
		return rest, len(s.b)
	}
	line = rest[:n]
	switch {
	case n > 1 && line[n-1] == '\r' && line[n-2] == '\r', n == 1 && line[0] == '\r' && s.o.crcrlf:
		s.o.crcrlf = true
		s.o.note(DefectCRCRLF, "")
		line = bytes.TrimRight(line, "\r")
	case n > 0 && line[n-1] == '\r':
		s.crlf = true
		line = line[:n-1]
	default:
		s.lf = true
	}
	return line, pos + n + 1
}

// add begins a field whose name has n octets.
func (s *splitter) add(line []byte, n, limit int) {
	if len(s.h.fields) >= s.o.lim.Fields {
		s.o.note(DefectFields, "")
		s.over = true
		return
	}
	s.h.fields = append(s.h.fields, rawField{name: fieldName(line[:n]), start: len(s.buf), end: len(s.buf)})
	colon := bytes.IndexByte(line[n:], ':') + n
	s.extend(bytes.TrimLeft(line[colon+1:], " \t"), limit)
}

// extend adds a line to the value of the last field.
func (s *splitter) extend(line []byte, limit int) {
	if rest := limit - s.pos; len(line) > rest {
		line = line[:max(rest, 0)]
	}
	if bytes.IndexByte(line, '\r') >= 0 {
		s.o.note(DefectBareCR, "")
		line = bytes.ReplaceAll(line, []byte("\r"), []byte(" "))
	}
	if bytes.IndexByte(line, 0) >= 0 {
		s.o.note(DefectNUL, "")
		line = bytes.ReplaceAll(line, []byte{0}, nil)
	}
	s.buf = append(s.buf, line...)
	s.h.fields[len(s.h.fields)-1].end = len(s.buf)
}

// nameLen gives the length of the field name at the front of line, or 0 where
// there is none. RFC 5322, section 2.2: printable ASCII but the colon; blanks
// before the colon are of section 4.5's obsolete syntax.
func nameLen(line []byte) int {
	for i, c := range line {
		switch {
		case c == ':':
			return i
		case c == ' ' || c == '\t':
			rest := bytes.TrimLeft(line[i:], " \t")
			if len(rest) > 0 && rest[0] == ':' {
				return i
			}
			return 0
		case c < '!' || c > '~':
			return 0
		}
	}
	return 0
}

// isFromLine tells the line that mbox files put before a message, also where
// something quoted it.
func isFromLine(line []byte) bool {
	return bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))
}
