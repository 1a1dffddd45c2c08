package mbox

import (
	"bytes"
	"io"
	"strings"
	"time"

	"restante/fetch/mbox/mboxrd"
)

// Writer writes messages as an mbox file in mboxrd quoting, from which Source
// gives back their exact octets. It is the other half of what this package
// reads.
//
// A message is a line "From sender date", its octets with one > put before
// each line of any number of > and "From ", and an empty line (LF, whatever the
// line ends of the message are: they stay). Where the message's last line lacks
// its LF, one is added, and "mboxrd-noeol" stands behind the date. Where a
// header field could make a reader of ours take the message for another or
// pass it over (Content-Length, X-Mozilla-Status, X-Gmail-Labels), "mboxrd"
// stands there: only "From " lines count then. Other programs read neither word.
type Writer struct {
	w   io.Writer
	buf []byte
}

// NewWriter makes a Writer.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write appends a message. It is read twice, from open. Sender is that of the
// "From " line; one that is none becomes MAILER-DAEMON. The time is written in
// UTC, to the second. With an error the file's end is in doubt.
func (w *Writer) Write(sender string, received time.Time, open func() io.Reader) error {
	traits, err := traitsOf(open())
	if err != nil {
		return err
	}
	if y := received.UTC().Year(); y < 1000 || y > 9999 {
		received = time.Unix(0, 0) // no such line can say it
	}
	line := "From " + envelope(sender) + " " + received.UTC().Format("Mon Jan _2 15:04:05 2006")
	end := "\n"
	switch {
	case !traits.ended:
		line, end = line+" "+markCut, "\n\n"
	case traits.misleads:
		line += " " + markExact
	}
	if _, err := io.WriteString(w.w, line+"\n"); err != nil {
		return err
	}
	if err := w.quote(open()); err != nil {
		return err
	}
	_, err = io.WriteString(w.w, end)
	return err
}

// envelope gives an address as a "From " line may hold it: one word.
func envelope(addr string) string {
	odd := func(r rune) bool { return r <= ' ' || r >= 0x7f }
	if addr == "" || len(addr) > 200 || strings.ContainsFunc(addr, odd) {
		return "MAILER-DAEMON"
	}
	return addr
}

// traits are what the line before a message must tell of it.
type traits struct {
	ended    bool // its last line has its LF; an empty message has no line
	misleads bool // it has a field that a reader might heed
}

// misleading are fields that a reader of mbox files heeds, in lower case.
var misleading = [][]byte{lengthField, []byte("x-mozilla-status:"), []byte("x-gmail-labels:")}

// traitsOf reads a message through. It looks for fields at the start of every
// line, those of the body too: a mark more does no harm.
func traitsOf(r io.Reader) (traits, error) {
	t := traits{ended: true}
	buf := make([]byte, 32<<10)
	var start []byte // of the line at hand, as much as a field's name is long
	for {
		n, err := r.Read(buf)
		if n > 0 {
			t.ended = buf[n-1] == '\n'
		}
		for b := buf[:n]; len(b) > 0 && !t.misleads; {
			i := bytes.IndexByte(b, '\n')
			line := b
			if i >= 0 {
				line = b[:i]
			}
			start = append(start, line[:min(len(line), len("x-mozilla-status:")-len(start))]...)
			for _, name := range misleading {
				t.misleads = t.misleads || len(start) >= len(name) && bytes.EqualFold(start[:len(name)], name)
			}
			if i < 0 {
				break
			}
			b, start = b[i+1:], start[:0]
		}
		if err == io.EOF {
			return t, nil
		}
		if err != nil {
			return t, err
		}
	}
}

// quote writes a message, quoted.
func (w *Writer) quote(r io.Reader) error {
	if w.buf == nil {
		w.buf = make([]byte, 32<<10)
	}
	var out []byte
	var q mboxrd.Quoter
	for {
		n, err := r.Read(w.buf)
		if out = q.Append(out[:0], w.buf[:n]); err != nil {
			out = q.Flush(out)
		}
		if _, werr := w.w.Write(out); werr != nil {
			return werr
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
