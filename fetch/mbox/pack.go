package mbox

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// limits bound what is read of an archive.
type limits struct {
	members int   // files in it
	name    int   // octets of a file's name
	ratio   int64 // how many times its size it may unpack to
	floor   int64 // octets that it may unpack to however small it is
}

// Mail rarely shrinks to less than a twentieth. An archive of 64 MiB or less
// unpacked can do no harm.
var usualLimits = limits{members: 2_000_000, name: 4096, ratio: 250, floor: 64 << 20}

// packKind is a way to put files into one, or to make one smaller.
type packKind string

const (
	isZip    packKind = "zip"
	isTar    packKind = "tar"
	isGzip   packKind = "gzip"
	isTarGz  packKind = "tar.gz"
	isClosed packKind = "?" // one that is not read here
)

// closed are the first octets of what cannot be read here.
var closed = []struct{ magic, name string }{
	{"\x28\xb5\x2f\xfd", "zstd"}, {"\xfd7zXZ\x00", "xz"}, {"BZh", "bzip2"}, {"7z\xbc\xaf\x27\x1c", "7-Zip"}, {"Rar!\x1a\x07", "RAR"},
	{"!BDN", "Outlook's .pst"}, {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Outlook's .msg"},
}

// packed tells whether a file is an archive, by its start, and the name of one
// that is not read here.
func packed(start []byte) (kind packKind, closedName string) {
	switch {
	case bytes.HasPrefix(start, []byte("PK\x03\x04")), bytes.HasPrefix(start, []byte("PK\x05\x06")):
		return isZip, ""
	case bytes.HasPrefix(start, []byte("\x1f\x8b\x08")):
		return isGzip, ""
	case isTarStart(start):
		return isTar, ""
	}
	for _, c := range closed {
		if bytes.HasPrefix(start, []byte(c.magic)) {
			return isClosed, c.name
		}
	}
	return "", ""
}

// isTarStart knows the magic of POSIX and GNU tar.
func isTarStart(start []byte) bool { return len(start) >= 262 && string(start[257:262]) == "ustar" }

var (
	errMembers = errors.New("it holds too many files")
	errBomb    = errors.New("it unpacks to far more than mail does, as if made to fill a disk; if it is what it should be, unpack it first")
)

// member is one file in an archive. Its name is for telling only.
type member struct {
	name    string
	size    int64 // octets, as the archive says; -1 where it does not
	changed time.Time
	r       io.Reader
	err     error // why it cannot be read
}

// pack is an archive under way, read from its start to its end.
type pack struct {
	kind packKind
	more func() (member, error) // io.EOF behind the last
	end  func() error           // of the member at hand; nil where it has none

	lim  limits
	left int64 // octets that it may still unpack to
	seen int   // members
}

// openPack opens an archive of the given kind from its start.
func openPack(h *os.File, size int64, kind packKind, lim limits) (*pack, error) {
	all := bufio.NewReaderSize(io.NewSectionReader(h, 0, size), bufSize)
	p := &pack{kind: kind, lim: lim, left: max(lim.floor, size*min(lim.ratio, (1<<62)/max(size, 1)))}
	switch kind {
	case isZip:
		z, err := zip.NewReader(h, size)
		if err != nil {
			return nil, err
		}
		p.more = p.zip(z)
	case isTar:
		p.more = p.tar(tar.NewReader(p.bound(all)))
	case isGzip:
		z, err := gzip.NewReader(all)
		if err != nil {
			return nil, err
		}
		in := bufio.NewReaderSize(p.bound(z), bufSize)
		start, err := in.Peek(512)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if isTarStart(start) {
			p.kind, p.more = isTarGz, p.tar(tar.NewReader(in))
			break
		}
		p.more = single(member{name: ungzipped(filepath.Base(h.Name())), size: -1, changed: z.ModTime, r: in})
	}
	return p, nil
}

// close lets go of the member at hand. What was wrong with it was told when it
// was read.
func (p *pack) close() {
	if p.end != nil {
		_ = p.end()
		p.end = nil
	}
}

// next gives the next file that is one; what is left of the one before is
// passed by.
func (p *pack) next() (member, error) {
	p.close()
	m, err := p.more()
	if err != nil {
		return m, err
	}
	if p.seen++; p.seen > p.lim.members {
		return m, fmt.Errorf("%w: more than %d", errMembers, p.lim.members)
	}
	if len(m.name) > p.lim.name {
		m.err = fmt.Errorf("its name has %d octets, and %d are allowed", len(m.name), p.lim.name)
		m.name = strings.ToValidUTF8(m.name[:64], "") + "…"
	}
	return m, nil
}

// single is the one file that gzip made smaller.
func single(m member) func() (member, error) {
	over := false
	return func() (member, error) {
		if over {
			return member{}, io.EOF
		}
		over = true
		return m, nil
	}
}

func (p *pack) tar(t *tar.Reader) func() (member, error) {
	return func() (member, error) {
		for {
			h, err := t.Next()
			if err != nil {
				return member{}, err
			}
			if h.Typeflag == tar.TypeReg {
				// Holes in a sparse file take no room in the archive: count them too.
				return member{name: h.Name, size: h.Size, changed: h.ModTime, r: p.bound(t)}, nil
			}
			if p.seen++; p.seen > p.lim.members {
				return member{}, errMembers
			}
		}
	}
}

func (p *pack) zip(z *zip.Reader) func() (member, error) {
	i := 0
	return func() (member, error) {
		for ; i < len(z.File); i++ {
			f := z.File[i]
			name := f.Name
			if !strings.Contains(name, "/") { // as some programs of Windows write it, against APPNOTE 4.4.17.1
				name = strings.ReplaceAll(name, `\`, "/")
			}
			if !f.Mode().IsRegular() || strings.HasSuffix(name, "/") {
				continue
			}
			i++
			m := member{name: name, size: int64(min(f.UncompressedSize64, 1<<62)), changed: f.Modified}
			if f.Flags&1 != 0 {
				m.err = errors.New("it is encrypted")
				return m, nil
			}
			r, err := f.Open()
			if err != nil {
				m.err = err
				return m, nil
			}
			p.end, m.r = r.Close, p.bound(r)
			return m, nil
		}
		return member{}, io.EOF
	}
}

// bound ends a reader in errBomb where the archive grows too large.
func (p *pack) bound(r io.Reader) io.Reader { return &bounded{r, p} }

type bounded struct {
	r io.Reader
	p *pack
}

func (b *bounded) Read(buf []byte) (int, error) {
	n, err := b.r.Read(buf)
	if b.p.left -= int64(n); b.p.left < 0 {
		return 0, errBomb
	}
	return n, err
}

// ungzipped is the name of what gzip made smaller.
func ungzipped(name string) string {
	ext := filepath.Ext(name)
	switch {
	case strings.EqualFold(ext, ".gz"):
		return strings.TrimSuffix(name, ext)
	case strings.EqualFold(ext, ".tgz"):
		return strings.TrimSuffix(name, ext) + ".tar"
	}
	return name
}
