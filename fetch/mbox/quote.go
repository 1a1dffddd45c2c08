package mbox

import (
	"errors"
	"io"
	"regexp"
	"strings"
	"time"

	"restante/fetch/mbox/mboxrd"
)

// lineMost bounds what is looked at of a "From " line, in octets.
const lineMost = 1024

// What Writer says behind the date of a "From " line.
const (
	markExact = "mboxrd"       // only "From " lines end messages, and no field says anything
	markCut   = "mboxrd-noeol" // and the message's last line lacks its LF
)

var (
	fromPrefix = []byte(mboxrd.From)
	timeOfDay  = regexp.MustCompile(`\d\d?:\d\d`)
	// As asctime(3) writes it, with or without seconds, a zone before the year
	// or a numeric one on either side of it, and a mark of ours.
	fromDate = regexp.MustCompile(`^From .*\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +` +
		`((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2}) +(\d{1,2}:\d\d(?::\d\d)?)` +
		`(?: +([+-]\d{4}|[A-Z]{1,5}))? +(\d{4})(?: +([+-]\d{4}))?(?: (` + markExact + `|` + markCut + `))?\s*$`)
)

// clip bounds what a regular expression is run over.
func clip(line []byte) []byte { return line[:min(len(line), lineMost)] }

// fromTime reads the date of a "From " line: UTC where it carries no numeric
// zone, and the zero time where it cannot be read; and the marks of Writer.
func fromTime(line []byte) (at time.Time, exact, cut bool) {
	m := fromDate.FindSubmatch(clip(line))
	if m == nil {
		return time.Time{}, false, false
	}
	cut = string(m[6]) == markCut
	exact = cut || string(m[6]) == markExact
	zone := "+0000"
	for _, z := range [][]byte{m[3], m[5]} {
		if len(z) == 5 && (z[0] == '+' || z[0] == '-') {
			zone = string(z)
		}
	}
	clock := string(m[2])
	if strings.Count(clock, ":") == 1 {
		clock += ":00"
	}
	day := strings.Join(strings.Fields(string(m[1])), " ")
	t, err := time.Parse("Jan 2 15:04:05 2006 -0700", day+" "+clock+" "+string(m[4])+" "+zone)
	if err != nil {
		return time.Time{}, exact, cut
	}
	return t.UTC(), exact, cut
}

// message gives the message, of which r gives the octets as they lie in the
// file, using u.
func (sp span) message(r io.Reader, u *unquoter) io.Reader {
	if sp.cut {
		r = &cutter{in: r}
	}
	if sp.raw {
		return r
	}
	u.reset(r)
	return u
}

// at gives the octets of a message in a file.
func (sp span) at(f io.ReaderAt) io.Reader { return io.NewSectionReader(f, sp.start, sp.end-sp.start) }

// cutter leaves out the last octet, which is the LF that a message lacked.
type cutter struct {
	in   io.Reader
	held []byte // the last octet read, if any
}

func (c *cutter) Read(p []byte) (int, error) {
	for {
		if len(p) == 0 {
			return 0, nil
		}
		n, err := c.in.Read(p)
		if n == 0 {
			if errors.Is(err, io.EOF) && len(c.held) > 0 && c.held[0] != '\n' {
				p[0], c.held = c.held[0], nil
				return 1, nil
			}
			return 0, err
		}
		last := p[n-1]
		copy(p[len(c.held):n], p) // one octet is held back, so there is room for the one before
		copy(p, c.held)
		out := n - 1 + len(c.held)
		c.held = append(c.held[:0], last)
		if out > 0 {
			return out, nil
		}
	}
}

// unquoter reads a message whose lines are quoted.
type unquoter struct {
	in   io.Reader
	src  []byte
	out  []byte
	rest []byte // of out
	err  error
	line mboxrd.Unquoter
}

func (u *unquoter) reset(in io.Reader) {
	if u.src == nil {
		u.src = make([]byte, 32<<10)
	}
	*u = unquoter{in: in, src: u.src, out: u.out[:0]}
}

func (u *unquoter) Read(p []byte) (int, error) {
	for len(u.rest) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		n, err := u.in.Read(u.src)
		u.out = u.line.Append(u.out[:0], u.src[:n])
		if err != nil {
			u.out, u.err = u.line.Flush(u.out), err
		}
		u.rest = u.out
	}
	n := copy(p, u.rest)
	u.rest = u.rest[n:]
	return n, nil
}
