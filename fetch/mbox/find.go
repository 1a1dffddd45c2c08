package mbox

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"restante/fetch"
)

// Why files and messages are passed over.
const (
	whyNotMail = "it does not look like mail"
	whyEmpty   = "it is empty"
	whyDeleted = "deleted in Thunderbird, whose file was not compacted since"
	whyNested  = "it is an archive in an archive"
	whyRemoved = "removed from its MH folder"
	whyOut     = "left out, as trash or as asked"
)

// finder fills a Source.
type finder struct {
	*Source
	items []fetch.Item
	dirs  map[string]dirKind // by folder, as far as asked

	sum      hash.Hash
	head     head
	block    []byte
	unq      unquoter
	skips    map[Skip]int // where a count of messages stands in skipped
	tally    map[Tally]int
	packName string // of the archive under way
}

// dirKind is what is known of a folder.
type dirKind struct {
	maildir     bool // it has cur, and new or, as Thunderbird has it, tmp
	mh          bool
	thunderbird bool // it has summary files
}

func newFinder(s *Source) *finder {
	return &finder{
		Source: s, dirs: map[string]dirKind{}, sum: sha256.New(), block: make([]byte, bufSize),
		skips: map[Skip]int{}, tally: map[Tally]int{},
	}
}

func (f *finder) find(ctx context.Context) error {
	info, err := os.Stat(f.path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return f.walk(ctx, f.path)
	}
	base := filepath.Base(f.path)
	return f.file(ctx, &file{path: f.path, rel: base, folder: base, size: info.Size(), changed: info.ModTime(), dated: info.ModTime()}, true, FormatEML)
}

// walk goes through a folder. Its error ends the search.
func (f *finder) walk(ctx context.Context, dir string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		f.broken(f.at(dir), 0, err) // what was read of it is taken
	}
	slices.SortStableFunc(entries, func(a, b os.DirEntry) int { return inOrder(a.Name(), b.Name()) })
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		hidden := strings.HasPrefix(e.Name(), ".")
		if !e.IsDir() {
			if hidden || strings.EqualFold(filepath.Ext(path), ".msf") {
				continue
			}
			if err := f.visit(ctx, path); err != nil {
				return err
			}
			continue
		}
		if hidden && !f.kind(path).maildir || e.Name() == "tmp" && f.kind(dir).maildir {
			continue
		}
		if err := f.walk(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

// inOrder puts the files of an MH folder in their order, before all others, and
// Gmail's folder of all mail last: a message that is in two folders hangs where
// it was met first.
func inOrder(a, b string) int {
	if x, y := isGmail(strings.TrimSuffix(a, ".sbd")), isGmail(strings.TrimSuffix(b, ".sbd")); x != y {
		if x {
			return 1
		}
		return -1
	}
	x, errX := strconv.ParseUint(a, 10, 63)
	y, errY := strconv.ParseUint(b, 10, 63)
	switch {
	case errX == nil && errY == nil && x != y:
		if x < y {
			return -1
		}
		return 1
	case (errX == nil) != (errY == nil):
		if errX == nil {
			return -1
		}
		return 1
	}
	return strings.Compare(a, b)
}

// at is a file in the folder that is searched.
func (f *finder) at(path string) *file {
	rel, err := filepath.Rel(f.path, path)
	if err != nil {
		rel = path
	}
	return &file{path: path, rel: rel, folder: filepath.ToSlash(rel)}
}

// visit looks at one file.
func (f *finder) visit(ctx context.Context, path string) error {
	found := f.at(path)
	info, err := os.Stat(path) // through a symbolic link
	if err != nil {
		f.broken(found, 0, err)
		return nil
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	found.size, found.changed, found.dated = info.Size(), info.ModTime(), info.ModTime()
	parent, name := filepath.Dir(path), filepath.Base(path)
	if f.kind(parent).maildir {
		return nil // a Maildir's own files are indexes and the like
	}
	if box := filepath.Base(parent); (box == "cur" || box == "new") && f.kind(filepath.Dir(parent)).maildir {
		f.maildirMessage(found)
		return nil
	}
	if f.kind(parent).mh {
		if isNumber(name) {
			return f.file(ctx, found, true, FormatMH)
		}
		if isNumber(name[1:]) && (name[0] == ',' || name[0] == '#') {
			f.skip(found, whyRemoved, true)
			return nil
		}
	}
	format := FormatEML
	if isNumber(name) {
		format = FormatMH
	}
	return f.file(ctx, found, strings.EqualFold(filepath.Ext(name), ".eml"), format)
}

func isNumber(name string) bool {
	return name != "" && len(name) <= 18 && strings.Trim(name, "0123456789") == ""
}

// kind tells what a folder is.
func (f *finder) kind(dir string) dirKind {
	k, known := f.dirs[dir]
	if known {
		return k
	}
	k.maildir = isDir(filepath.Join(dir, "cur")) && (isDir(filepath.Join(dir, "new")) || isDir(filepath.Join(dir, "tmp")))
	for _, name := range []string{".mh_sequences", ".xmhcache", ".mh_profile"} {
		info, err := os.Stat(filepath.Join(dir, name))
		k.mh = k.mh || err == nil && info.Mode().IsRegular()
	}
	if h, err := os.Open(dir); err == nil {
		names, _ := h.Readdirnames(1000) // summaries stand beside each folder
		k.thunderbird = slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(filepath.Ext(n), ".msf") })
		h.Close()
	}
	f.dirs[dir] = k
	return k
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// maildirTime is the time of delivery at the start of a Maildir file's name.
func maildirTime(name string) (at time.Time, ok bool) {
	digits, _, dotted := strings.Cut(name, ".")
	if n, err := strconv.ParseUint(digits, 10, 62); dotted && err == nil && len(digits) >= 9 && len(digits) <= 11 {
		return time.Unix(int64(n), 0).UTC(), true
	}
	return time.Time{}, false
}

// maildirMessage takes a file of cur or new. Neither which of the two it lies
// in nor its flags behind :2, are part of what names it: both change.
func (f *finder) maildirMessage(found *file) {
	dir, name := filepath.Split(found.rel)
	received := found.dated
	if at, ok := maildirTime(name); ok {
		received = at
	}
	name = name[:flagsAt(name)]
	size := found.size
	if found.member > 0 {
		size = -1
	}
	f.take(entry{file: found, received: received}, stamp(filepath.Join(filepath.Dir(filepath.Clean(dir)), name), found), size, FormatMaildir, nil)
}

// flagsAt gives where a Maildir name's flags begin: behind a colon, or what
// stands for it on file systems that have none.
func flagsAt(name string) int {
	for _, mark := range []string{":2,", ";2,", "!2,"} {
		if i := strings.LastIndex(name, mark); i > 0 {
			return i
		}
	}
	return len(name)
}

// take adds a message, unless it is left out.
func (f *finder) take(e entry, uid string, size int64, format Format, labels []string) {
	if toCome(e.received) { // of a From line, or the name of a file
		e.received = e.file.dated
	}
	t := Tally{Format: string(format)}
	if e.file.member > 0 {
		t.Format += " in " + f.packName
	}
	if f.Mailboxes != nil {
		var folder []string
		if f.Mailboxes.Exact {
			folder = exactFolder(e.file.folder, format)
		} else {
			folder = folderOf(e.file.folder, format, f.top(e.file))
		}
		name, out := f.Mailboxes.place(folder, labels)
		if out != "" {
			f.skip(e.file, fmt.Sprintf("%s: %s", whyOut, printable(out)), false)
			return
		}
		e.mailbox, t.Mailbox = name, name
		if len(labels) == 0 || f.Mailboxes.Exact {
			t.Folder = strings.Join(folder, "/")
		}
	}
	i, known := f.tally[t]
	if !known {
		i = len(f.tallies)
		f.tally[t], f.tallies = i, append(f.tallies, t)
	}
	f.tallies[i].Messages++
	f.tallies[i].Bytes += max(size, 0)
	f.add(e, uid, size)
	if f.Found != nil {
		f.Found(len(f.entries))
	}
}

// top tells which folders above a file are accounts of Thunderbird.
func (f *finder) top(of *file) func(string) bool {
	if of.member > 0 {
		return func(string) bool { return false }
	}
	return func(dir string) bool { return f.kind(filepath.Join(f.path, filepath.FromSlash(dir))).thunderbird }
}

func (f *finder) add(e entry, uid string, size int64) {
	f.entries = append(f.entries, e)
	f.items = append(f.items, fetch.Item{Num: len(f.entries), UID: uid, Size: size})
}

func (f *finder) broken(at *file, offset int64, err error) {
	f.add(entry{file: at, err: at.fault(offset, err)}, "", -1)
}

// skip notes a file that was passed over, or one message of it.
func (f *finder) skip(of *file, why string, all bool) {
	s := Skip{File: of.rel, Why: why}
	if all {
		f.skipped = append(f.skipped, s)
		return
	}
	i, known := f.skips[s]
	if !known {
		i = len(f.skipped)
		f.skips[s], f.skipped = i, append(f.skipped, s)
	}
	f.skipped[i].Messages++
}

// stamp is a UID made of a name and of when the file was changed.
func stamp(name string, of *file) string {
	return fmt.Sprintf("%s@%x", printable(name), of.changed.UnixNano())
}

// printable gives a path as a UID or a line for a person may hold it: one word,
// valid UTF-8.
func printable(path string) string {
	odd := func(r rune) bool { return r == utf8.RuneError || unicode.IsSpace(r) || !unicode.IsPrint(r) }
	if strings.ContainsFunc(path, odd) {
		return strings.ReplaceAll(strconv.QuoteToASCII(path), " ", `\x20`)
	}
	return path
}

// mbox takes the messages of an mbox. The error is that of a search that was
// called off.
func (f *finder) mbox(ctx context.Context, found *file, at io.ReaderAt) error {
	sp := newSplitter(at)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := sp.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var size int64
		if err == nil {
			f.sum.Reset()
			f.head.reset()
			size, err = io.CopyBuffer(io.MultiWriter(f.sum, &f.head), sp.message(sp, &f.unq), f.block)
		}
		if err != nil {
			f.broken(found, sp.pos, err)
			return nil
		}
		f.message(found, sp, size)
	}
}

// message takes one message of an mbox.
func (f *finder) message(found *file, sp *splitter, size int64) {
	place := sp.span
	e := entry{file: found, in: &place, number: sp.number, received: sp.received}
	var h hints
	if !sp.exact {
		h = hintsOf(f.head.text)
		if h.deleted {
			f.skip(found, whyDeleted, false)
			return
		}
	}
	if e.received.IsZero() {
		e.received = h.when()
	}
	if e.received.IsZero() {
		e.received = found.dated
	}
	uid := fmt.Sprintf("%s#%d-%x", printable(found.rel), sp.from, f.sum.Sum(nil)[:8])
	f.take(e, uid, size, FormatMbox, h.labels)
}
