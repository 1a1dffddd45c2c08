package mbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// file takes a file as an mbox, an archive or one message. One that looks like
// none is a message where it must be one.
func (f *finder) file(ctx context.Context, found *file, must bool, format Format) error {
	h, err := os.Open(found.path)
	if err != nil {
		f.broken(found, 0, err)
		return nil
	}
	defer h.Close()
	f.buf.Reset(h)
	start, err := f.buf.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		f.broken(found, 0, err)
		return nil
	}
	switch kind := sniff(start, found.rel); {
	case f.whole(found): // whatever it begins with
	case kind == isMbox:
		return f.mbox(ctx, found, h)
	case kind == isPack:
		return f.archive(ctx, found, h, start, must)
	}
	f.one(found, start, must, format)
	return nil
}

// whole tells of a file that an export wrote a message into, as it was.
func (f *finder) whole(found *file) bool {
	return f.Mailboxes != nil && f.Mailboxes.Exact && path.Ext(found.folder) == ".eml"
}

// one takes a file as one message, if it is one. Its start is in the buffer.
func (f *finder) one(found *file, start []byte, must bool, format Format) {
	kind := sniff(start, found.folder)
	size := found.size
	if found.member > 0 {
		size = -1
	}
	e := entry{file: found}
	switch {
	case f.whole(found):
	case len(start) == 0:
		f.skip(found, whyEmpty, true)
		return
	case kind == isBinary && must:
		f.broken(found, 0, errNoMail)
		return
	case kind == isEmlx:
		place := emlxSpan(start)
		e.in, format, size = &place, FormatEMLX, place.end-place.start
		if found.member == 0 && place.end > found.size {
			f.broken(found, 0, fmt.Errorf("it says that its message has %d octets, and has less", size))
			return
		}
	case kind != isMessage && !must:
		f.skip(found, whyNotMail, true)
		return
	}
	header, _ := f.buf.Peek(16 << 10) // an error comes again when it is read
	if e.in != nil {
		header = header[min(int64(len(header)), e.in.start):]
	}
	f.head.reset()
	_, _ = f.head.Write(header) // it never fails
	h := hintsOf(f.head.text)
	if e.received = h.when(); e.received.IsZero() {
		e.received = found.dated
	}
	f.take(e, stamp(found.rel, found), size, format, nil)
}

// archive takes the files in an archive. The error is that of a search that was
// called off.
func (f *finder) archive(ctx context.Context, found *file, h *os.File, start []byte, must bool) error {
	kind, name := packed(start)
	if kind == isClosed {
		if must {
			f.broken(found, 0, fmt.Errorf("it is %s, which is not read here; unpack or convert it first", name))
		} else {
			f.skip(found, whyNotMail+": "+name, true)
		}
		return nil
	}
	p, err := openPack(h, found.size, kind, f.lim)
	if err != nil {
		f.broken(found, 0, err)
		return nil
	}
	defer p.close()
	f.packName = string(p.kind)
	in := bufio.NewReaderSize(nil, bufSize)
	for at := 1; ; at++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		m, err := p.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			f.broken(found, 0, fmt.Errorf("the archive breaks off behind file %d: %w", at-1, err))
			return nil
		}
		inside := found.within(m, p.kind, at)
		if m.err != nil {
			f.broken(inside, 0, m.err)
			continue
		}
		in.Reset(m.r)
		if err := f.inside(ctx, inside, in); err != nil {
			return err
		}
	}
}

// within is a file in an archive. Its own size and time are not believed where
// the archive's have to tell whether it is the same.
func (f *file) within(m member, kind packKind, at int) *file {
	in := &file{path: f.path, inner: printable(m.name), size: f.size, changed: f.changed, dated: m.changed.UTC(), member: at}
	if in.dated.Year() < 1971 { // it says nothing
		in.dated = f.changed
	}
	in.folder = strings.Trim(path.Clean("/"+filepath.ToSlash(strings.ToValidUTF8(m.name, "\ufffd"))), "/")
	in.rel = f.rel + "/" + in.inner
	if kind == isGzip { // its name is that of the file without .gz
		in.folder = ungzipped(f.folder)
	}
	return in
}

// inside takes one file in an archive.
func (f *finder) inside(ctx context.Context, found *file, in *bufio.Reader) error {
	name, dir := path.Base(found.folder), path.Base(path.Dir(found.folder))
	if hiddenIn(found.folder) || strings.EqualFold(path.Ext(name), ".msf") {
		return nil
	}
	start, err := in.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		f.broken(found, 0, err)
		return nil
	}
	_, named := maildirTime(name)
	named = named || flagsAt(name) < len(name)
	if dir == "tmp" && named {
		return nil
	}
	if dir == "cur" && path.Ext(name) == ".eml" { // Thunderbird's
		named = true
	}
	if (dir == "cur" || dir == "new") && named {
		f.maildirMessage(found)
		return nil
	}
	switch kind := sniff(start, found.folder); {
	case f.whole(found):
	case kind == isPack:
		f.skip(found, whyNested, true)
		return nil
	case kind == isMbox:
		return f.mbox(ctx, found, &window{r: in})
	}
	format := FormatEML
	if isNumber(name) {
		format = FormatMH
	}
	f.buf.Reset(in)
	f.one(found, start, strings.EqualFold(path.Ext(name), ".eml"), format)
	return nil
}

// hiddenIn tells of names that begin with a dot, but for folders of Maildir++.
func hiddenIn(name string) bool {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		sub := i+2 < len(parts) && (parts[i+1] == "cur" || parts[i+1] == "new")
		if strings.HasPrefix(p, ".") && !sub {
			return true
		}
	}
	return false
}
