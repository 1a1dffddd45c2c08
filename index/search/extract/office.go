package extract

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

const (
	maxRatio = 100       // of the octets unpacked to those of the archive
	small    = 4 << 20   // octets unpacked that are allowed at any ratio
	maxDepth = 256       // elements inside each other
	maxToken = 512 << 10 // octets of an element's name and attributes, or of text in one piece
)

// zip adds the text of an office document, or the names in an archive.
func (x *Extractor) zip(ctx context.Context, data []byte, w *words) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	files := z.File[:min(len(z.File), x.limits.Entries)]
	inside := x.inside(data) // of all together: entries may lie in the same place
	for _, f := range officeParts(files) {
		if err := x.entry(ctx, f, &inside, w); err != nil {
			return fmt.Errorf("%s: %w", path.Base(f.Name), err)
		}
	}
	if isOffice(files) {
		return nil
	}
	for _, f := range files {
		w.line(entryName(f))
	}
	if len(files) < len(z.File) {
		return ErrLimit
	}
	return nil
}

// inside gives how many octets an archive may be unpacked to. What takes the least
// room says the least, and takes as long to read.
func (x *Extractor) inside(data []byte) int64 {
	return min(x.limits.Inside, max(small, maxRatio*int64(len(data))))
}

func isOffice(files []*zip.File) bool {
	return slices.ContainsFunc(files, func(f *zip.File) bool {
		return f.Name == "[Content_Types].xml" || f.Name == "content.xml"
	})
}

// officeParts are the entries of a document that have text, those first that
// matter most.
func officeParts(files []*zip.File) []*zip.File {
	if !isOffice(files) {
		return nil
	}
	patterns := []string{
		"word/document*.xml", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/*.xml", "ppt/slides/*.xml", "content.xml",
		"word/header*.xml", "word/footer*.xml", "word/footnotes.xml", "word/endnotes.xml", "word/comments.xml",
		"xl/comments*.xml", "xl/comments/*.xml", "ppt/notesSlides/*.xml", "styles.xml", coreProperties, odfProperties,
	}
	var out []*zip.File
	for _, pattern := range patterns {
		for _, f := range files {
			if ok, _ := path.Match(pattern, f.Name); ok {
				out = append(out, f)
			}
		}
	}
	return out
}

// What a document says of itself stands in these.
const (
	coreProperties = "docProps/core.xml"
	odfProperties  = "meta.xml"
)

// entry adds the text of one XML file. inside is how many octets may still be
// unpacked.
func (x *Extractor) entry(ctx context.Context, f *zip.File, inside *int64, w *words) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	c := &counted{ctx: ctx, r: r, left: *inside}
	defer func() { *inside = c.left }()
	return markup(c, f.Name == coreProperties || f.Name == odfProperties, w)
}

// counted reads no more than it may, and not once its context has ended.
type counted struct {
	ctx  context.Context
	r    io.Reader
	left int64
}

func (c *counted) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	if c.left <= 0 {
		return 0, ErrLimit
	}
	n, err := c.r.Read(b[:min(int64(len(b)), c.left)])
	c.left -= int64(n)
	return n, err
}

// tokens gives octets one by one, and only so many of a token: of an element with
// millions of attributes the decoder makes a hundred times its octets.
type tokens struct {
	*bufio.Reader
	left int
}

func (t *tokens) ReadByte() (byte, error) {
	if t.left--; t.left < 0 {
		return 0, ErrLimit
	}
	return t.Reader.ReadByte()
}

// markup adds the text of XML in any of the office formats. Their names of
// elements do not get in each other's way. Of properties those are added that say what
// the document is about: others tell of programs and times.
func markup(r io.Reader, properties bool, w *words) error {
	in := &tokens{Reader: bufio.NewReader(r)}
	d := xml.NewDecoder(in)
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 by the standards
	depth := 0
	shared := false // the value of the cell is the number of a string
	about := false  // within a property that is wanted
	mute := ""      // the element whose text is none for readers
	for !w.full() {
		in.left = maxToken
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return ErrLimit
			}
			about = properties && aboutIt[t.Name.Local]
			switch t.Name.Local {
			case "f", "instrText", "definedName": // formulas
				mute = t.Name.Local
			case "v":
				if shared {
					mute = "v"
				}
			case "c": // a cell
				shared = attribute(t, "t") == "s"
			case "sheet", "table":
				w.line(attribute(t, "name"))
			case "tab", "br", "s", "line-break", "cr", "noBreakHyphen":
				w.text(" ")
			}
		case xml.EndElement:
			depth = max(depth-1, 0)
			if about {
				w.text("\n")
			}
			about = false
			switch t.Name.Local {
			case mute:
				mute = ""
			case "p", "h", "si", "c", "is", "table-cell", "comment", "author":
				w.text("\n")
			}
		case xml.CharData:
			if mute == "" && about == properties {
				w.text(string(t))
			}
		}
	}
	return nil
}

// aboutIt are the properties that say what a document is about.
var aboutIt = set("title", "subject", "keywords", "keyword", "description")

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// tar adds the names in a tar archive, compressed or not. Of what is no tar
// archive there is nothing but its own name to find.
func (x *Extractor) tar(ctx context.Context, data []byte, w *words) error {
	var r io.Reader = bytes.NewReader(data)
	switch {
	case bytes.HasPrefix(data, []byte("\x1f\x8b")):
		g, err := gzip.NewReader(r)
		if err != nil {
			return err
		}
		w.line(strings.ToValidUTF8(g.Name, ""))
		r = g
	case bytes.HasPrefix(data, []byte("BZh")):
		r = bzip2.NewReader(r)
	}
	t := tar.NewReader(&counted{ctx: ctx, r: r, left: x.inside(data)})
	for n := 0; ; n++ {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF), n == 0 && errors.Is(err, tar.ErrHeader), n == 0 && errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		case n >= x.limits.Entries:
			return ErrLimit
		}
		w.line(h.Name)
	}
}
