package pop3test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// whole gives msg with CRLF at its end.
func whole(msg []byte) []byte {
	if bytes.HasSuffix(msg, []byte("\r\n")) || len(msg) == 0 {
		return bytes.Clone(msg)
	}
	return append(bytes.Clone(msg), "\r\n"...)
}

func (s *session) list(verb string) error {
	s.line("+OK")
	for i, m := range s.box {
		num := i + 1
		hide, text := s.faults.HideList, fmt.Sprintf("%d %d", num, len(m.data))
		if verb == "UIDL" {
			hide, text = s.faults.HideUIDL, fmt.Sprintf("%d %s", num, m.uid)
		}
		switch {
		case s.marked[m.uid], hide != nil && hide(num):
			continue
		case verb == "UIDL" && s.faults.UIDLLine != nil:
			text = s.faults.UIDLLine(s.number, num, m.uid)
		case verb == "LIST" && s.faults.ListLine != nil:
			text = s.faults.ListLine(num, len(m.data))
		}
		s.line(text)
	}
	return s.line(".")
}

func (s *session) message(verb string, num int, arg string) error {
	m := s.box[num-1]
	switch verb {
	case "DELE":
		s.marked[m.uid] = true
		return s.line("+OK")
	case "TOP":
		if s.faults.DropTop[num] {
			s.w.Flush()
			return errDone
		}
		s.line("+OK")
		if s.faults.TopTwice {
			s.line("+OK")
		}
		if s.faults.TopWhole {
			return s.body(m.data)
		}
		_, count, _ := strings.Cut(arg, " ")
		lines, _ := strconv.Atoi(count)
		return s.body(top(m.data, lines))
	}
	if s.faults.DropRetr[num] {
		s.w.Flush()
		return errDone
	}
	if text := s.faults.BadRetr[num]; text != "" {
		return s.line("-ERR " + text)
	}
	s.line("+OK")
	if n, ok := s.faults.CutRetr[num]; ok {
		s.w.Write(stuffed(m.data)[:n])
		s.w.Flush()
		return errDone
	}
	s.taken[m.uid] = true
	return s.body(m.data)
}

func (s *session) body(msg []byte) error {
	if s.faults.GlueDot {
		s.w.Write(bytes.TrimSuffix(stuffed(msg), []byte("\r\n")))
		return s.line(".")
	}
	if s.faults.Drip == 0 {
		s.w.Write(stuffed(msg))
		return s.line(".")
	}
	for _, c := range stuffed(msg) {
		s.pause(s.faults.Drip)
		s.w.WriteByte(c)
		if err := s.w.Flush(); err != nil {
			return err
		}
	}
	return s.line(".")
}

// stuffed doubles the dots that start a line.
func stuffed(msg []byte) []byte {
	out := bytes.ReplaceAll(msg, []byte("\r\n."), []byte("\r\n.."))
	if bytes.HasPrefix(out, []byte(".")) {
		out = append([]byte("."), out...)
	}
	return out
}

// top gives the header, the empty line and so many lines of the body.
func top(msg []byte, lines int) []byte {
	head, body, found := bytes.Cut(msg, []byte("\r\n\r\n"))
	if !found {
		return msg
	}
	out := append(bytes.Clone(head), "\r\n\r\n"...)
	for _, line := range bytes.SplitAfter(body, []byte("\r\n")) {
		if lines--; lines < 0 {
			break
		}
		out = append(out, line...)
	}
	return out
}
