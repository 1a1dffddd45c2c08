package export

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"restante/filter"
)

// files is a file a message, in a folder a mailbox.
type files struct {
	at    *stage
	names *names
}

func newFiles(s *stage) Writer { return &files{s, newNames(level, "/")} }

func (w *files) Put(m Message) error {
	return w.at.write(w.names.path(m.Mailbox)+"/"+fileName(m.Received, headOf(m).Subject, m.UID), m)
}

func (w *files) Close() error { return w.at.finish() }
func (w *files) Abort() error { return w.at.abort() }

// write makes a file of a message, with the time at which it was received.
func (s *stage) write(name string, m Message) error {
	f, err := s.create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, m.Open())
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Chtimes(f.Name(), time.Time{}, m.Received)
}

// maildir is a Maildir++.
type maildir struct {
	at    *stage
	names *names
	made  map[string]bool
}

func newMaildir(s *stage) Writer {
	return &maildir{s, newNames(maildirLevel, "."), map[string]bool{}}
}

// flagMark parts a name from its flags. Windows has no colon in names; there
// Maildirs have a semicolon.
func flagMark() string {
	if runtime.GOOS == "windows" {
		return ";2,"
	}
	return ":2,"
}

func (w *maildir) Put(m Message) error {
	dir := ""
	if m.Mailbox != filter.Inbox {
		dir = "." + w.names.path(m.Mailbox)
	}
	if err := w.make(dir); err != nil {
		return err
	}
	size, err := io.Copy(io.Discard, m.Open())
	if err != nil {
		return err
	}
	flags := ""
	if m.Seen {
		flags = "S"
	}
	// ,S= tells Dovecot and others the size without opening the file.
	name := fmt.Sprintf("%d.%s.restante,S=%d%s%s", m.Received.Unix(), m.UID, size, flagMark(), flags)
	return w.at.write(dir+"/cur/"+name, m)
}

// make makes a Maildir's folders, once.
func (w *maildir) make(dir string) error {
	if w.made[dir] {
		return nil
	}
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(w.at.tmp, dir, sub), 0o700); err != nil {
			return err
		}
	}
	w.made[dir] = true
	if dir == "" {
		return nil
	}
	f, err := w.at.create(dir + "/maildirfolder") // says that it is one of another Maildir
	if err != nil {
		return err
	}
	return f.Close()
}

func (w *maildir) Close() error {
	if err := w.make(""); err != nil {
		return err
	}
	return w.at.finish()
}

func (w *maildir) Abort() error { return w.at.abort() }

// zipped is what files writes, in one file.
type zipped struct {
	at    *stage
	buf   *bufio.Writer
	zip   *zip.Writer
	names *names
}

func newZip(s *stage) Writer {
	buf := bufio.NewWriterSize(s.file, bufSize)
	return &zipped{s, buf, zip.NewWriter(buf), newNames(level, "/")}
}

func (w *zipped) Put(m Message) error {
	out, err := w.zip.CreateHeader(&zip.FileHeader{
		Name:   w.names.path(m.Mailbox) + "/" + fileName(m.Received, headOf(m).Subject, m.UID),
		Method: zip.Deflate, Modified: m.Received.UTC(),
	})
	if err != nil {
		return err
	}
	_, err = io.Copy(out, m.Open())
	return err
}

func (w *zipped) Close() error {
	if err := errors.Join(w.zip.Close(), w.buf.Flush()); err != nil {
		return err
	}
	return w.at.finish()
}

func (w *zipped) Abort() error { return w.at.abort() }
