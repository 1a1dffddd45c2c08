package mbox

import (
	"bytes"
	"net/mail"
	"strconv"
	"strings"
	"time"
)

// headMost is how much of a header is looked through, in octets.
const headMost = 64 << 10

// head gathers the header of a message that is written to it.
type head struct {
	text []byte
	over bool
}

func (h *head) reset() { h.text, h.over = h.text[:0], false }

func (h *head) Write(p []byte) (int, error) {
	if h.over {
		return len(p), nil
	}
	from := max(0, len(h.text)-3) // an empty line may lie across two pieces
	h.text = append(h.text, p[:min(len(p), headMost-len(h.text))]...)
	if bytes.HasPrefix(h.text, []byte("\n")) || bytes.HasPrefix(h.text, []byte("\r\n")) {
		h.text, h.over = h.text[:0], true // it has no header
		return len(p), nil
	}
	if i := headEnd(h.text[from:]); i >= 0 {
		h.text, h.over = h.text[:from+i], true
	}
	h.over = h.over || len(h.text) == headMost
	return len(p), nil
}

// headEnd gives where a header ends; -1 where its end is not in sight.
func headEnd(b []byte) int {
	end := -1
	for _, gap := range []string{"\n\n", "\n\r\n"} {
		if i := bytes.Index(b, []byte(gap)); i >= 0 && (end < 0 || i < end) {
			end = i + 1
		}
	}
	return end
}

// hints is what a header tells of the message's place and time.
type hints struct {
	labels   []string // Gmail's
	deleted  bool     // in Thunderbird, whose file was not compacted since
	received time.Time
	sent     time.Time
}

// expunged is the flag of X-Mozilla-Status of a message deleted from its folder
// (MSG_FLAG_EXPUNGED).
const expunged = 0x0008

func hintsOf(header []byte) (h hints) {
	var label, status bool
	for name, value := range fields(header) {
		switch {
		case !label && strings.EqualFold(name, "X-Gmail-Labels"):
			h.labels, label = Labels(value), true
		case !status && strings.EqualFold(name, "X-Mozilla-Status"):
			n, err := strconv.ParseUint(strings.TrimSpace(value), 16, 32)
			h.deleted, status = err == nil && n&expunged != 0, true
		case h.received.IsZero() && strings.EqualFold(name, "Received"):
			if i := strings.LastIndexByte(value, ';'); i >= 0 {
				h.received = parseDate(value[i+1:])
			}
		case h.sent.IsZero() && strings.EqualFold(name, "Date"):
			h.sent = parseDate(value)
		}
	}
	return h
}

// when is when a message was received, as far as its header tells: the time in
// the topmost Received field that has one, else its Date; zero where neither is.
func (h *hints) when() time.Time {
	if h.received.IsZero() {
		return h.sent
	}
	return h.received
}

// parseDate reads a date of RFC 5322; zero where it cannot, or what it reads is
// no time at which mail was sent.
func parseDate(s string) time.Time {
	t, err := mail.ParseDate(strings.TrimSpace(s))
	if err != nil || t.Year() < 1971 || toCome(t) {
		return time.Time{}
	}
	return t.UTC()
}

// toCome tells a time at which nothing was received yet, however clocks differ.
func toCome(t time.Time) bool { return t.After(time.Now().Add(24 * time.Hour)) }

// fields gives a header's fields, unfolded.
func fields(header []byte) func(yield func(name, value string) bool) {
	return func(yield func(string, string) bool) {
		var name string
		var value []byte
		for line := range bytes.Lines(header) {
			line = bytes.TrimRight(line, "\r\n")
			if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
				if name != "" {
					value = append(value, line...)
				}
				continue
			}
			if name != "" && !yield(name, string(value)) {
				return
			}
			n, v, ok := bytes.Cut(line, []byte(":"))
			name, value = "", nil
			if ok {
				name, value = string(bytes.TrimRight(n, " \t")), bytes.Clone(v)
			}
		}
		if name != "" {
			yield(name, string(value))
		}
	}
}
