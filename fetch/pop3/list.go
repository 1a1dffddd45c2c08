package pop3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"restante/fetch"
	"restante/fetch/wire"
)

// maxListing bounds the lines of LIST and UIDL.
const maxListing = 1 << 20

// List implements fetch.Maildrop. A message that only UIDL shows is left out: it
// came between LIST and UIDL, and will be there next time. One that UIDL does
// not show, or not in a line that makes sense, has no UID: it may be so for
// ever, and it would be skipped for ever. A UID never begins or ends with a
// blank; one with octets that are not printable UTF-8 is given in Go's quoted
// form, without the quotes, so that it can be stored anywhere.
func (s *session) List(ctx context.Context) (items []fetch.Item, err error) {
	err = s.do(ctx, func() error {
		if s.pipelining {
			items, err = s.listAhead(ctx)
			return err
		}
		if items, err = s.sizes(s.command); err != nil {
			return err
		}
		return s.uids(items, s.command)
	})
	if err != nil {
		return nil, err
	}
	return items, nil
}

// listAhead asks for all at once, which costs one round trip.
func (s *session) listAhead(ctx context.Context) (items []fetch.Item, err error) {
	ask := []string{"LIST", "UIDL"}
	if s.late {
		ask = append([]string{"CAPA"}, ask...)
	}
	s.link.step(s.dialer.times.Command)
	if err := s.send(strings.Join(ask, "\r\n")); err != nil {
		return nil, fmt.Errorf("LIST: %w", err)
	}
	from := s.link.heard
	answer := func(verb string) (wire.Status, error) {
		s.link.step(s.dialer.times.Command)
		from = s.link.heard - int64(s.r.Buffered())
		return s.answer(verb)
	}
	if s.late {
		s.late = false
		err = s.readCapa()
		s.report.LoggedIn = s.caps.lines
	}
	var refused error
	if err == nil {
		items, err = s.sizes(answer)
		if r, ok := errors.AsType[*refusal](err); ok {
			refused, err = r, nil // and yet there is one more answer
		}
	}
	if err == nil {
		err = s.uids(items, answer)
	}
	if err != nil {
		s.stalled(ctx, err, len(ask), s.link.heard == from)
		return nil, err
	}
	s.window.proven = max(s.window.proven, len(ask))
	s.pipelining = s.caps.pipelining
	return items, refused
}

// sizes asks LIST, and gives the messages in the order of their numbers.
func (s *session) sizes(ask func(verb string) (wire.Status, error)) ([]fetch.Item, error) {
	st, err := ask("LIST")
	if err != nil {
		return nil, err
	}
	if !st.OK {
		return nil, s.refuse("LIST", st)
	}
	var items []fetch.Item
	err = s.entries("LIST", func(num int, rest []byte) {
		size, err := strconv.ParseInt(firstWord(rest), 10, 64)
		if err != nil || size < 0 {
			size = -1
		}
		items = append(items, fetch.Item{Num: num, Size: size})
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(items, byNum)
	return slices.CompactFunc(items, func(a, b fetch.Item) bool { return a.Num == b.Num }), nil
}

func byNum(a, b fetch.Item) int { return a.Num - b.Num }

func firstWord(b []byte) string {
	word, _, _ := bytes.Cut(b, []byte(" "))
	return string(word)
}

// uids asks UIDL. Without UIDL the items keep an empty UID; but where CAPA lists it
// a refusal is a passing trouble, and to go on without UIDs would make all the
// mail look new. That is so unless the server says that it has no such command.
func (s *session) uids(items []fetch.Item, ask func(verb string) (wire.Status, error)) error {
	refused, err := s.askUIDL(items, ask)
	if err == nil && refused != nil && s.caps.uidl && !unknownCommand(refused.text) {
		err = fmt.Errorf("%w: %w", fetch.ErrBusy, refused)
	}
	return err
}

// askUIDL fills in the items' UIDs, unless UIDL is refused.
func (s *session) askUIDL(items []fetch.Item, ask func(verb string) (wire.Status, error)) (*refusal, error) {
	st, err := ask("UIDL")
	if err != nil {
		return nil, err
	}
	if !st.OK {
		return s.refuse("UIDL", st), nil
	}
	next := 0 // where the next line's number is if the server goes in order
	err = s.entries("UIDL", func(num int, rest []byte) {
		i := next
		if i >= len(items) || items[i].Num != num {
			var ok bool
			if i, ok = slices.BinarySearchFunc(items, fetch.Item{Num: num}, byNum); !ok {
				return
			}
		}
		if items[i].UID == "" {
			items[i].UID = uid(rest)
		}
		next = i + 1
	})
	return nil, err
}

func uid(b []byte) string {
	s := string(b)
	if utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return s
	}
	q := strconv.QuoteToASCII(s)
	return q[1 : len(q)-1]
}

// entries reads "number rest" lines: blanks before, between and behind are
// ignored, and so is "+OK" ahead of each line. Lines without a number are left
// out.
func (s *session) entries(what string, entry func(num int, rest []byte)) error {
	return s.lines(what, maxListing, func(line []byte) error {
		line = bytes.TrimSpace(line)
		if len(line) > 3 && bytes.EqualFold(line[:3], []byte("+OK")) {
			line = bytes.TrimSpace(line[3:])
		}
		end := bytes.IndexAny(line, " \t")
		if end < 0 {
			end = len(line)
		}
		num, err := strconv.Atoi(string(line[:end]))
		if err == nil && num >= 1 && num <= math.MaxInt32 {
			entry(num, bytes.TrimSpace(line[end:]))
		}
		return nil
	})
}
