package letter

import (
	"bytes"
	"strings"
)

// delim is where an entity ends: at a boundary line, or at the end of all.
type delim struct {
	start  int  // where the content before it ends
	next   int  // where the line after it begins
	level  int  // index into opener.bounds; -1 at the end of the octets
	closed bool // the closing boundary of that multipart
}

// entity walks the message or part whose header begins at pos. It gives the
// header and the delimiter that ended the entity. All boundaries that are open
// are looked for at once, so each octet is scanned once however deep the nesting.
func (o *opener) entity(pos, depth int, dflt string) (header, delim) {
	h, body := o.header(o.b, pos)
	p := o.describe(h, depth, dflt)
	switch {
	case p.multipart():
		return h, o.multipart(&p, body)
	case p.Type == "message/rfc822" || p.Type == "message/global":
		return h, o.message(&p, body)
	}
	d := o.find(body)
	o.leaf(&p, o.b[body:max(body, d.start)])
	return h, d
}

// multipart walks the parts of p, whose body begins at pos.
func (o *opener) multipart(p *part, pos int) delim {
	o.l.Parts = append(o.l.Parts, p.Part)
	me := len(o.l.Parts) - 1
	if p.Depth >= o.lim.Depth {
		o.note(DefectDepth, "")
		return o.rest(p, pos)
	}
	level := len(o.bounds)
	d := o.enter(p, pos)
	if d.level != level {
		return o.rest(p, pos)
	}
	dflt := "text/plain"
	if p.Type == "multipart/digest" {
		dflt = "message/rfc822"
	}
	for d.level == level && !d.closed && d.next < len(o.b) {
		if len(o.l.Parts) >= o.lim.Parts {
			o.note(DefectParts, "")
			o.raw(p, o.b[d.next:])
			d = delim{start: len(o.b), next: len(o.b), level: -1}
			break
		}
		_, d = o.entity(d.next, p.Depth+1, dflt)
	}
	o.bounds = o.bounds[:level]
	o.l.Parts[me].Size = int64(max(0, d.start-pos))
	if d.level == level && d.closed {
		return o.find(d.next) // past the epilogue
	}
	o.note(DefectMissingEnd, p.boundary)
	if d.level == level {
		d.level = -1 // its last line opened a part that never came
	}
	return d
}

// enter opens the boundary of p and gives its first line. Where the label is
// of no use the boundary is guessed; where that fails too, none is left open.
func (o *opener) enter(p *part, pos int) delim {
	level := len(o.bounds)
	if p.boundary != "" && len(p.boundary) <= maxBoundary {
		o.bounds = append(o.bounds, []byte(p.boundary))
		if d := o.find(pos); d.level == level {
			return d
		}
		o.bounds = o.bounds[:level]
	}
	o.note(DefectNoBoundary, p.boundary)
	if guess := guessBoundary(o.b[pos:o.find(pos).start]); guess != nil && p.Depth < maxGuess {
		o.bounds = append(o.bounds, guess)
		if d := o.find(pos); d.level == level {
			return d
		}
		o.bounds = o.bounds[:level]
	}
	return delim{level: -1}
}

// rest scans what is left of p as words, since its structure is of no use.
func (o *opener) rest(p *part, pos int) delim {
	d := o.find(pos)
	o.l.Parts[len(o.l.Parts)-1].Size = int64(d.start - pos)
	o.raw(p, o.b[pos:d.start])
	return d
}

// message walks a message within the message. Its text is text of the letter.
func (o *opener) message(p *part, pos int) delim {
	p.Attached = true
	o.l.Parts = append(o.l.Parts, p.Part)
	me := len(o.l.Parts) - 1
	o.show(p, o.b[pos:])
	switch {
	case p.Depth >= o.lim.Depth:
		o.note(DefectDepth, "")
		return o.rest(p, pos)
	case me+1 >= o.lim.Parts:
		o.note(DefectParts, "")
		return o.rest(p, pos)
	case p.encoded():
		// RFC 2046, section 5.2.1 forbids it; some do it all the same.
		d := o.find(pos)
		outer, bounds := o.b, o.bounds
		o.b, o.bounds = o.decode(p, outer[pos:d.start], d.start-pos), nil
		o.l.Parts[me].Size = int64(len(o.b))
		o.entity(0, p.Depth+1, "text/plain")
		o.b, o.bounds = outer, bounds
		return d
	}
	_, d := o.entity(pos, p.Depth+1, "text/plain")
	o.l.Parts[me].Size = int64(max(0, d.start-pos))
	return d
}

// find gives the next line at or after pos, which begins a line, that is a
// boundary of any open multipart. The innermost wins.
func (o *opener) find(pos int) delim {
	end := delim{start: len(o.b), next: len(o.b), level: -1}
	if len(o.bounds) == 0 {
		return end
	}
	at := pos
	if !bytes.HasPrefix(o.b[at:], []byte("--")) {
		at = o.nextDashes(at)
	}
	for ; at >= 0; at = o.nextDashes(at) {
		if o.tries++; o.tries > maxTries {
			o.note(DefectParts, "too many lines like boundaries")
			return end
		}
		window := o.b[at:min(len(o.b), at+maxBoundary+16)]
		n := bytes.IndexByte(window, '\n')
		next := at + n + 1
		if n < 0 {
			n = len(window)
			next = at + n
		}
		if level, closed := o.match(window[:n]); level >= 0 {
			return delim{start: max(pos, o.lineEnd(at)), next: next, level: level, closed: closed}
		}
	}
	return end
}

// nextDashes gives where the next line after at that begins with two dashes
// does so, or -1.
func (o *opener) nextDashes(at int) int {
	n := bytes.Index(o.b[at:], []byte("\n--"))
	if n < 0 {
		return -1
	}
	return at + n + 1
}

// match tells whose boundary line is, or -1. RFC 2046, section 5.1.1: blanks
// may follow.
func (o *opener) match(line []byte) (level int, closed bool) {
	line = bytes.TrimRight(line[2:], " \t\r")
	for i := len(o.bounds) - 1; i >= 0; i-- {
		rest, ok := bytes.CutPrefix(line, o.bounds[i])
		if ok && len(rest) == 0 {
			return i, false
		}
		if ok && string(rest) == "--" {
			return i, true
		}
	}
	return -1, false
}

// lineEnd gives where the line before the one at pos ends: its line ending
// belongs to the boundary.
func (o *opener) lineEnd(pos int) int {
	if pos > 0 && o.b[pos-1] == '\n' {
		pos--
	}
	for pos > 0 && o.b[pos-1] == '\r' {
		pos--
	}
	return pos
}

// guessBoundary finds the first line that looks like a boundary, with a part
// header after it, near the front of a body whose own label is of no use.
func guessBoundary(body []byte) []byte {
	body = body[:min(len(body), 64<<10)]
	for len(body) > 0 {
		line, rest, _ := bytes.Cut(body, []byte("\n"))
		line = bytes.TrimRight(line, " \t\r")
		if len(line) > 6 && len(line) <= maxBoundary && bytes.HasPrefix(line, []byte("--")) &&
			len(rest) > 8 && strings.EqualFold(string(rest[:8]), "content-") {
			return line[2:]
		}
		body = rest
	}
	return nil
}

// isBoundary tells a line that is the boundary of an open multipart.
func (o *opener) isBoundary(line []byte) bool {
	if len(o.bounds) == 0 || len(line) > maxBoundary+16 || !bytes.HasPrefix(line, []byte("--")) {
		return false
	}
	level, _ := o.match(line)
	return level >= 0
}
