package mail

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"

	"restante/filter/letter"
	"restante/serve/web"
)

// Bounds of what is taken out of a message.
const (
	partMost    = 32 << 20 // octets; also of the message, of which letter.Read reads no more
	previewMost = 8 << 20  // of a picture
	previewText = 64 << 10 // of a text
)

// attached is an attachment on a page.
type attached struct {
	Name    string
	Type    string
	Size    int64
	Link    string // of its octets; empty: it is too large to be taken out
	View    string // of a preview; empty: there is none
	Picture bool
}

func newAttached(base string, i int, x letter.Part, message int64) attached {
	a := attached{Name: x.Name, Type: x.Type, Size: x.Size}
	if a.Name == "" {
		a.Name = x.Type
	}
	a.Name = web.Brief(a.Name, nameMost)
	if message > partMost {
		return a
	}
	a.Link = base + "/part/" + strconv.Itoa(i)
	a.Picture = picture(x) != ""
	if a.Picture && x.Size <= previewMost || x.Type == "text/plain" || x.Type == "text/csv" {
		a.View = a.Link + "/view"
	}
	return a
}

// pictures are the kinds that browsers draw and that hold no scripts, with what
// such files begin with.
var pictures = []struct{ kind, begins string }{
	{"image/png", "\x89PNG\r\n\x1a\n"}, {"image/jpeg", "\xff\xd8\xff"}, {"image/gif", "GIF87a"}, {"image/gif", "GIF89a"},
}

// picture gives the kind of picture that a part is by its octets, whatever it says
// of itself; empty: none.
func picture(x letter.Part) string {
	start := string(x.Start)
	for _, k := range pictures {
		if strings.HasPrefix(start, k.begins) {
			return k.kind
		}
	}
	if len(start) >= 12 && start[:4] == "RIFF" && start[8:12] == "WEBP" {
		return "image/webp"
	}
	return ""
}

// part takes a part out of a message of who asks.
func (p *pages) part(c *web.Call, most int) (x letter.Part, data []byte, err error) {
	id, m, err := p.message(c)
	if err != nil {
		return x, nil, err
	}
	n, err := strconv.Atoi(c.R.PathValue("n"))
	if err != nil || n < 0 {
		return x, nil, web.ErrNoPage
	}
	if m.Size > partMost {
		return x, nil, &web.Fault{Status: http.StatusRequestEntityTooLarge, Key: "read.toolarge"}
	}
	in, err := p.Archive.Open(c.Ctx(), c.Owner, id)
	if err != nil {
		return x, nil, err
	}
	defer in.Close()
	x, data, err = letter.ReadPart(in, n, most)
	if errors.Is(err, fs.ErrNotExist) {
		err = web.ErrNoPage
	}
	return x, data, err
}

// save gives a part as a file.
func (p *pages) save(c *web.Call) error {
	x, data, err := p.part(c, partMost)
	if err != nil {
		return err
	}
	name := x.Name
	if name == "" {
		name = "part-" + c.R.PathValue("n")
	}
	web.Download(c.W.Header(), "application/octet-stream", name)
	return give(c, data)
}

// view gives a picture, or a text, to be looked at.
func (p *pages) view(c *web.Call) error {
	x, data, err := p.part(c, previewMost)
	if err != nil {
		return err
	}
	h := c.W.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	switch kind := picture(x); {
	case kind != "" && x.Size <= previewMost:
		h.Set("Content-Type", kind)
	case x.Type == "text/plain" || x.Type == "text/csv":
		h.Set("Content-Type", "text/plain; charset=utf-8")
		data = []byte(letter.Clip(x.Text(data), previewText))
	default:
		return web.ErrNoPage
	}
	h.Set("Content-Disposition", "inline")
	return give(c, data)
}

func give(c *web.Call, data []byte) error {
	c.W.Header().Set("Content-Length", strconv.Itoa(len(data)))
	if _, err := c.Stream().Write(data); err != nil {
		return fmt.Errorf("send a part: %w", err)
	}
	return nil
}
