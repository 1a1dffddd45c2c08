package mbox

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"time"
)

// lineMost bounds what is looked at of a "From " line, in octets.
const lineMost = 1024

var (
	fromPrefix = []byte("From ")
	timeOfDay  = regexp.MustCompile(`\d\d?:\d\d`)
	// As asctime(3) writes it, with or without seconds, a zone before the year
	// or a numeric one on either side of it.
	fromDate = regexp.MustCompile(`^From .*\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +` +
		`((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2}) +(\d{1,2}:\d\d(?::\d\d)?)` +
		`(?: +([+-]\d{4}|[A-Z]{1,5}))? +(\d{4})(?: +([+-]\d{4}))?\s*$`)
)

// clip bounds what a regular expression is run over.
func clip(line []byte) []byte { return line[:min(len(line), lineMost)] }

// fromTime reads the date of a "From " line: UTC where it carries no numeric
// zone, and the zero time where it cannot be read.
func fromTime(line []byte) time.Time {
	m := fromDate.FindSubmatch(clip(line))
	if m == nil {
		return time.Time{}
	}
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
		return time.Time{}
	}
	return t.UTC()
}

// reader gives the message, using buf.
func (sp span) reader(f io.ReaderAt, buf *bufio.Reader) io.Reader {
	buf.Reset(io.NewSectionReader(f, sp.start, sp.end-sp.start))
	if sp.raw {
		return buf
	}
	return &unquoter{in: buf, begin: true}
}

// unquoter takes one > off lines that begin with any number of > and "From ".
type unquoter struct {
	in    *bufio.Reader
	begin bool   // the next octet begins a line
	rest  []byte // of what was read; valid until the next read
	err   error
}

func (u *unquoter) Read(p []byte) (int, error) {
	for len(u.rest) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		line, err := u.in.ReadSlice('\n')
		if u.begin && isQuoted(line) {
			line = line[1:]
		}
		u.begin = err == nil
		if !errors.Is(err, bufio.ErrBufferFull) {
			u.err = err
		}
		u.rest = line
	}
	n := copy(p, u.rest)
	u.rest = u.rest[n:]
	return n, nil
}

func isQuoted(line []byte) bool {
	return len(line) > 0 && line[0] == '>' && bytes.HasPrefix(bytes.TrimLeft(line, ">"), fromPrefix)
}
