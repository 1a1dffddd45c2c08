package export

import (
	"bufio"
	"container/list"
	"errors"
	"io"
	"os"
	"path/filepath"

	"restante/fetch/mbox"
)

const bufSize = 64 << 10

// mboxTo writes one mbox.
type mboxTo struct {
	buf *bufio.Writer
	out *mbox.Writer
}

func newMboxTo(w io.Writer) mboxTo {
	buf := bufio.NewWriterSize(w, bufSize)
	return mboxTo{buf: buf, out: mbox.NewWriter(buf)}
}

func (m *mboxTo) put(msg Message) error {
	return m.out.Write(headOf(msg).ReturnPath, msg.Received, msg.Open)
}

// stream is an mbox to where nothing can be taken back.
type stream struct{ mboxTo }

func (s *stream) Put(m Message) error { return s.put(m) }
func (s *stream) Close() error        { return s.buf.Flush() }
func (s *stream) Abort() error        { return nil }

// oneMbox is an mbox in one file.
type oneMbox struct {
	mboxTo
	at *stage
}

func newOneMbox(s *stage) Writer { return &oneMbox{newMboxTo(s.file), s} }

func (o *oneMbox) Put(m Message) error { return o.put(m) }
func (o *oneMbox) Abort() error        { return o.at.abort() }
func (o *oneMbox) Close() error {
	if err := o.buf.Flush(); err != nil {
		return err
	}
	return o.at.finish()
}

// openMost bounds the mbox files that are open at once.
const openMost = 32

// mboxes is an mbox a mailbox.
type mboxes struct {
	at    *stage
	names *names
	open  map[string]*list.Element // of *openBox, by path
	order list.List                // the last used first
}

type openBox struct {
	mboxTo
	path string
	f    *os.File
}

func newMboxes(s *stage) Writer {
	return &mboxes{at: s, names: newNames(level, "/"), open: map[string]*list.Element{}}
}

func (b *mboxes) Put(m Message) error {
	path := b.names.path(m.Mailbox) + ".mbox"
	e := b.open[path]
	if e == nil {
		if b.order.Len() >= openMost {
			if err := b.end(b.order.Back()); err != nil {
				return err
			}
		}
		f, err := b.at.create(path)
		if errors.Is(err, os.ErrExist) { // it was put aside
			f, err = os.OpenFile(filepath.Join(b.at.tmp, filepath.FromSlash(path)), os.O_WRONLY|os.O_APPEND, 0)
		}
		if err != nil {
			return err
		}
		e = b.order.PushFront(&openBox{newMboxTo(f), path, f})
		b.open[path] = e
	}
	b.order.MoveToFront(e)
	return e.Value.(*openBox).put(m)
}

// end closes a file for now.
func (b *mboxes) end(e *list.Element) error {
	box := e.Value.(*openBox)
	b.order.Remove(e)
	delete(b.open, box.path)
	return errors.Join(box.buf.Flush(), box.f.Close())
}

func (b *mboxes) endAll() (err error) {
	for b.order.Len() > 0 {
		err = errors.Join(err, b.end(b.order.Back()))
	}
	return err
}

func (b *mboxes) Close() error {
	if err := b.endAll(); err != nil {
		return err
	}
	return b.at.finish()
}

func (b *mboxes) Abort() error {
	_ = b.endAll() // it is thrown away
	return b.at.abort()
}
