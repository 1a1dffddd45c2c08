package wire

import (
	"bufio"
	"errors"
	"io"
)

// MaxCommand bounds a command with its arguments, in octets with the line end
// (RFC 2449, section 4).
const MaxCommand = 255

// maxDrain is how much of an overlong line is read to find its end.
const maxDrain = 64 << 10

var (
	// ErrTooLong says that a line was longer than allowed. The line was read
	// to its end: what is read next is the next line.
	ErrTooLong = errors.New("line too long")

	// ErrNoEnd says that a line was so long that its end was not looked for.
	// What would be read next is the middle of a line, so the connection is of
	// no more use.
	ErrNoEnd = errors.New("line without end")
)

// ReadLine reads one line and gives it without its end, CRLF or LF. The bytes
// are valid until the next read from r. A line of more than max octets, its end
// included, is ErrTooLong, or ErrNoEnd where it goes on for 64 KiB more. A
// connection that ends within a line is io.ErrUnexpectedEOF, one that ends
// between lines io.EOF.
func ReadLine(r *bufio.Reader, max int) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err == bufio.ErrBufferFull && len(line) < max {
		line, err = readOn(r, line, max)
	}
	switch {
	case err == bufio.ErrBufferFull:
		return nil, drainLine(r)
	case err == io.EOF && len(line) > 0:
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	case len(line) > max:
		return nil, ErrTooLong
	}
	line = line[:len(line)-1]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, nil
}

// readOn puts a line together that is allowed but does not fit the buffer.
func readOn(r *bufio.Reader, start []byte, max int) ([]byte, error) {
	line := append([]byte(nil), start...)
	for {
		more, err := r.ReadSlice('\n')
		line = append(line, more...)
		if err != bufio.ErrBufferFull || len(line) >= max {
			return line, err
		}
	}
}

func drainLine(r *bufio.Reader) error {
	for n := 0; n < maxDrain; {
		more, err := r.ReadSlice('\n')
		n += len(more)
		switch err {
		case nil:
			return ErrTooLong
		case bufio.ErrBufferFull:
		case io.EOF:
			return io.ErrUnexpectedEOF
		default:
			return err
		}
	}
	return ErrNoEnd
}
