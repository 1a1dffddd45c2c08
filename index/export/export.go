package export

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"time"

	"restante/filter/letter"
)

// Format is how an export is written.
type Format string

// The formats.
const (
	Mbox    Format = "mbox"
	Maildir Format = "maildir"
	EML     Format = "eml"
	Zip     Format = "zip"
)

// Formats are all there are.
func Formats() []Format { return []Format{Mbox, Maildir, EML, Zip} }

// Message is one on its way out.
type Message struct {
	UID      string // its permanent name: a to z and digits, unique
	Mailbox  string
	Received time.Time
	Seen     bool
	Open     func() io.Reader // its octets, from the start each time
}

// Writer writes one export. It is used by one goroutine.
type Writer interface {
	// Put writes a message. After an error the export can only be aborted.
	Put(m Message) error
	// Close puts the export on stable storage and under its name.
	Close() error
	// Abort removes what was written. After Close it does nothing.
	Abort() error
}

// Create begins an export to a path that is not there yet, or is an empty folder
// where the format is one. One says that an mbox is to be one file, whatever
// mailboxes the messages hang in.
func Create(f Format, path string, one bool) (Writer, error) {
	switch {
	case f == Mbox && one:
		s, err := stageFile(path)
		if err != nil {
			return nil, err
		}
		return newOneMbox(s), nil
	case f == Zip:
		s, err := stageFile(path)
		if err != nil {
			return nil, err
		}
		return newZip(s), nil
	}
	begin := map[Format]func(*stage) Writer{Mbox: newMboxes, Maildir: newMaildir, EML: newFiles}[f]
	if begin == nil {
		return nil, fmt.Errorf("unknown format %q", f)
	}
	s, err := stageFolder(path)
	if err != nil {
		return nil, err
	}
	return begin(s), nil
}

// Stream writes one mbox to w, which stays open. What was written cannot be
// taken back by Abort.
func Stream(w io.Writer) Writer { return &stream{newMboxTo(w)} }

// headMost bounds what is looked at of a header, in octets.
const headMost = 64 << 10

// headOf opens a message's header.
func headOf(m Message) *letter.Letter {
	in := bufio.NewReaderSize(io.LimitReader(m.Open(), headMost), 4<<10)
	var head bytes.Buffer
	for {
		line, err := in.ReadSlice('\n')
		head.Write(line)
		if err != nil && err != bufio.ErrBufferFull || len(bytes.TrimRight(line, "\r\n")) == 0 {
			return letter.Read(&head)
		}
	}
}
