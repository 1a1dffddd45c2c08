package mbox

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"restante/fetch"
)

// finder fills a Source.
type finder struct {
	*Source
	items    []fetch.Item
	maildirs map[string]bool // by folder, as far as asked
}

func (f *finder) find(ctx context.Context) error {
	info, err := os.Stat(f.path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return f.file(ctx, &file{path: f.path, rel: filepath.Base(f.path), size: info.Size(), changed: info.ModTime()}, true)
	}
	return filepath.WalkDir(f.path, func(path string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return f.visit(ctx, path, d, err)
	})
}

// visit looks at one name in a folder. Its error ends the search.
func (f *finder) visit(ctx context.Context, path string, d fs.DirEntry, err error) error {
	rel, relErr := filepath.Rel(f.path, path)
	if relErr != nil {
		return relErr
	}
	if err != nil {
		f.broken(&file{path: path, rel: rel}, err)
		return nil // an unreadable folder is passed by
	}
	parent, name := filepath.Dir(path), d.Name()
	hidden := strings.HasPrefix(name, ".") && path != f.path
	if d.IsDir() {
		if hidden && !f.isMaildir(path) || name == "tmp" && f.isMaildir(parent) {
			return filepath.SkipDir
		}
		return nil
	}
	if hidden || f.isMaildir(parent) {
		return nil // a Maildir's own files are indexes and the like
	}
	info, err := os.Stat(path) // through a symbolic link
	if err != nil {
		f.broken(&file{path: path, rel: rel}, err)
		return nil
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	box := filepath.Base(parent)
	found := &file{path: path, rel: rel, size: info.Size(), changed: info.ModTime()}
	if (box == "cur" || box == "new") && f.isMaildir(filepath.Dir(parent)) {
		f.maildirMessage(found)
		return nil
	}
	return f.file(ctx, found, strings.EqualFold(filepath.Ext(name), ".eml"))
}

// isMaildir reports whether a folder has cur and new in it.
func (f *finder) isMaildir(dir string) bool {
	is, known := f.maildirs[dir]
	if !known {
		is = isDir(filepath.Join(dir, "cur")) && isDir(filepath.Join(dir, "new"))
		f.maildirs[dir] = is
	}
	return is
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// file takes a file as an mbox or as one message. One that looks like neither
// is a message where it must be one.
func (f *finder) file(ctx context.Context, found *file, must bool) error {
	switch kind, err := sniff(found.path); {
	case err != nil:
		f.broken(found, err)
	case kind == isMbox:
		return f.mbox(ctx, found)
	case must && kind == isBinary:
		f.broken(found, errNoMail)
	case kind == isMessage || must && found.size > 0:
		f.add(entry{file: found, received: found.changed}, stamp(found.rel, found), found.size)
	default:
		f.skipped = append(f.skipped, found.rel)
	}
	return nil
}

// maildirName is the time of delivery at the start of a Maildir file's name.
var maildirName = regexp.MustCompile(`^(\d{9,11})\.`)

// maildirMessage takes a file of cur or new. Neither which of the two it lies
// in nor its flags behind :2, are part of what names it: both change.
func (f *finder) maildirMessage(found *file) {
	dir, name := filepath.Split(found.rel)
	received := found.changed
	if m := maildirName.FindStringSubmatch(name); m != nil {
		if n, err := strconv.ParseInt(m[1], 10, 64); err == nil {
			received = time.Unix(n, 0)
		}
	}
	name, _, _ = strings.Cut(name, ":2,")
	f.add(entry{file: found, received: received}, stamp(filepath.Join(filepath.Dir(filepath.Clean(dir)), name), found), found.size)
}

// mbox takes the messages of an mbox file. The error is that of a search that
// was called off.
func (f *finder) mbox(ctx context.Context, found *file) error {
	h, err := os.Open(found.path)
	if err != nil {
		f.broken(found, err)
		return nil
	}
	defer h.Close()
	sum, block := sha256.New(), make([]byte, bufSize)
	err = scan(h, found.size, func(sp span) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		sum.Reset()
		size, err := io.CopyBuffer(sum, sp.reader(h, f.buf), block)
		if err != nil {
			return err
		}
		uid := fmt.Sprintf("%s#%d-%x", printable(found.rel), sp.from, sum.Sum(nil)[:8])
		received := sp.received
		if received.IsZero() {
			received = found.changed
		}
		f.add(entry{file: found, in: &sp, received: received}, uid, size)
		return nil
	})
	if err != nil && ctx.Err() == nil {
		f.broken(found, err)
		return nil
	}
	return err
}

func (f *finder) add(e entry, uid string, size int64) {
	f.entries = append(f.entries, e)
	f.items = append(f.items, fetch.Item{Num: len(f.entries), UID: uid, Size: size})
}

func (f *finder) broken(at *file, err error) {
	f.add(entry{file: at, err: fmt.Errorf("read %s: %w", at.path, err)}, "", -1)
}

// stamp is a UID made of a name and of when the file was changed.
func stamp(name string, of *file) string {
	return fmt.Sprintf("%s@%x", printable(name), of.changed.UnixNano())
}

// printable gives a path as a UID may hold it: one word, valid UTF-8.
func printable(path string) string {
	odd := func(r rune) bool { return r == utf8.RuneError || unicode.IsSpace(r) || !unicode.IsPrint(r) }
	if strings.ContainsFunc(path, odd) {
		return strings.ReplaceAll(strconv.QuoteToASCII(path), " ", `\x20`)
	}
	return path
}

type kind int

const (
	isOther kind = iota
	isMessage
	isMbox
	isBinary
)

var errNoMail = errors.New("it holds no mail, as far as its first octets tell")

// fieldStart is how a header field begins (RFC 5322, section 2.2).
var fieldStart = regexp.MustCompile(`^[!-9;-~]{1,100}[ \t]*:`)

// sniff tells by its first line what a file is.
func sniff(path string) (kind, error) {
	h, err := os.Open(path)
	if err != nil {
		return isOther, err
	}
	defer h.Close()
	start, err := bufio.NewReaderSize(h, 1024).Peek(1024)
	if err != nil && !errors.Is(err, io.EOF) {
		return isOther, err
	}
	switch body := bytes.TrimLeft(start, "\r\n"); {
	case bytes.HasPrefix(body, fromPrefix):
		return isMbox, nil
	case fieldStart.Match(start), bytes.HasPrefix(start, []byte(">From ")):
		return isMessage, nil
	case bytes.IndexByte(start, 0) >= 0: // text without a header may still be a message gone wrong
		return isBinary, nil
	}
	return isOther, nil
}
