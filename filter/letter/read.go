package letter

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
)

// opener holds the state of opening one message.
type opener struct {
	l   *Letter
	lim Limits

	b       []byte   // the octets being walked
	bounds  [][]byte // boundaries of the multiparts that are open, outermost first
	texts   []string // plain text found so far
	htmls   []string // HTML found so far
	tries   int      // lines compared with boundaries
	textLen int      // octets in texts
	htmlLen int      // octets in htmls
	charset string   // label of the first text part that has one; helps with raw headers
	crcrlf  bool     // lines end in CR CR LF: an empty one is CR LF

	see func(p Part, open func(most int) []byte) // of ReadParts; else nil
}

// Read opens a message under the default limits. It never refuses one:
// whatever is wrong is worked around and noted in Defects, a failure of r
// included. Reading stops at the limit of size; r is not drained.
func Read(r io.Reader) *Letter {
	return ReadLimits(r, Limits{})
}

// ReadLimits is Read under limits of the caller's choice.
func ReadLimits(r io.Reader, lim Limits) *Letter {
	return read(r, &opener{l: &Letter{}, lim: lim.filled()})
}

// ReadParts is Read, and shows the parts whose words are not in the Letter:
// attachments, pictures, messages within the message. It calls see for each, in
// their order, while it reads. open gives at most so many octets of the part,
// its transfer encoding undone; they are valid during the call of see only. Of a
// message within the message it gives the beginning, and what follows it too.
func ReadParts(r io.Reader, see func(p Part, open func(most int) []byte)) *Letter {
	return read(r, &opener{l: &Letter{}, lim: Defaults(), see: see})
}

// ReadPart gives one of the parts that ReadParts shows, the first being 0, and at
// most so many of its octets; fs.ErrNotExist where there is none of the number. What
// broke off while it was read is an error, and no shorter part.
func ReadPart(r io.Reader, n, most int) (p Part, data []byte, err error) {
	i, found := 0, false
	l := ReadParts(r, func(x Part, open func(int) []byte) {
		if i == n {
			p, data, found = x, append([]byte{}, open(most)...), true
		}
		i++
	})
	for _, d := range l.Defects {
		if d.Code == DefectRead {
			return Part{}, nil, fmt.Errorf("part %d: %s", n, d.Detail)
		}
	}
	if !found {
		return Part{}, nil, fmt.Errorf("part %d: %w", n, fs.ErrNotExist)
	}
	return p, data, nil
}

func read(r io.Reader, o *opener) *Letter {
	lim := o.lim
	var buf bytes.Buffer
	if s, ok := r.(interface{ Len() int }); ok {
		buf.Grow(int(min(int64(s.Len()), lim.Size)) + bytes.MinRead)
	}
	_, err := buf.ReadFrom(io.LimitReader(r, lim.Size+1))
	if err != nil {
		o.note(DefectRead, err.Error())
	}
	return o.open(buf.Bytes())
}

// ReadBytes is Read of a message in memory. It does not change msg, and the
// Letter does not refer to it afterwards.
func ReadBytes(msg []byte) *Letter {
	o := &opener{l: &Letter{}, lim: Defaults()}
	return o.open(msg)
}

// open takes the message apart.
func (o *opener) open(msg []byte) *Letter {
	if int64(len(msg)) > o.lim.Size {
		o.note(DefectSize, "")
		msg = msg[:o.lim.Size]
	}
	o.l.Size = int64(len(msg))
	o.b = o.unixLines(msg)

	h, _ := o.entity(o.skipLeading(), 0, "text/plain")
	if len(h.fields) == 0 {
		o.note(DefectNoHeader, "")
	}
	o.fill(h)
	o.finish()
	return o.l
}

// unixLines gives msg with CR turned into LF where CR is its only line ending,
// as it was on old Macs.
func (o *opener) unixLines(msg []byte) []byte {
	if bytes.IndexByte(msg, '\n') >= 0 || bytes.IndexByte(msg, '\r') < 0 {
		return msg
	}
	o.note(DefectBareCR, "")
	return bytes.ReplaceAll(msg, []byte("\r"), []byte("\n"))
}

// skipLeading steps over empty lines before the header. Where no header
// follows them, the message has none and the first of them is its end.
func (o *opener) skipLeading() int {
	pos := 0
	for pos < len(o.b) && (o.b[pos] == '\n' || o.b[pos] == '\r') {
		pos++
	}
	first, _, _ := bytes.Cut(o.b[pos:min(len(o.b), pos+maxBoundary)], []byte("\n"))
	if pos > 0 && (nameLen(first) > 0 || isFromLine(first)) {
		o.note(DefectNoHeader, "empty lines come first")
		return pos
	}
	return 0
}
