package api

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"

	"restante/filter/letter"
	"restante/serve/web"
	"restante/serve/web/mail"
)

// partMost bounds a message of which a part is taken out, in octets: letter.ReadPart
// reads no more.
const partMost = 32 << 20

// raw gives a message as it came.
func (a *api) raw(c *call) error {
	m, err := a.kept(c)
	if err != nil {
		return err
	}
	r, err := a.Archive.Open(c.ctx(), c.owner(), m.ID)
	if err != nil {
		return err
	}
	defer r.Close()
	web.Download(c.w.Header(), "message/rfc822", m.UID+".eml")
	c.w.Header().Set("Content-Length", strconv.FormatInt(m.Size, 10))
	_, err = io.Copy(c.web.Stream(), r)
	return a.whole(c, err)
}

// whole cuts the connection where an answer broke off, so that what has come is not
// taken for all.
func (a *api) whole(c *call, err error) error {
	if err != nil {
		a.Log.Warn("an answer broke off", "owner", c.owner(), "path", c.r.URL.Path, "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// attached is an attachment, or a picture or a message within a message.
type attached struct {
	Part int    `json:"part"`
	Type string `json:"type"`
	Name string `json:"name"`
	Size int64  `json:"size"`
}

func (a *api) attachments(c *call) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	r, err := a.Archive.Open(c.ctx(), c.owner(), id)
	if err != nil {
		return err
	}
	defer r.Close()
	out := []attached{}
	letter.ReadParts(r, func(p letter.Part, _ func(int) []byte) {
		out = append(out, attached{len(out), p.Type, p.Name, p.Size})
	})
	return a.give(c, http.StatusOK, map[string]any{"attachments": out})
}

// attachment gives the octets of one.
func (a *api) attachment(c *call) error {
	m, err := a.kept(c)
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(c.r.PathValue("part"), 10, 31)
	if err != nil {
		return web.ErrNoPage
	}
	if m.Size > partMost {
		return &problem{status: http.StatusConflict, detail: "the message is too large for parts to be taken out; take it whole"}
	}
	r, err := a.Archive.Open(c.ctx(), c.owner(), m.ID)
	if err != nil {
		return err
	}
	defer r.Close()
	p, data, err := letter.ReadPart(r, int(n), partMost)
	if errors.Is(err, fs.ErrNotExist) {
		return web.ErrNoPage
	}
	if err != nil {
		return err
	}
	web.Download(c.w.Header(), "application/octet-stream", cmp.Or(p.Name, fmt.Sprint("part-", n)))
	c.w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	_, err = c.web.Stream().Write(data)
	return a.left(err)
}

// export gives all that a query finds as one mbox.
func (a *api) export(c *call) error {
	q, err := a.query(c)
	if err != nil {
		return err
	}
	ids, all, err := a.Catalogue.Numbers(c.ctx(), c.owner(), q, mail.ExportMost)
	if err != nil {
		return err
	}
	if !all {
		return bad("q: it finds more than %d messages", mail.ExportMost)
	}
	web.Download(c.w.Header(), "application/mbox", "restante-"+a.Now().UTC().Format("2006-01-02")+".mbox")
	return a.whole(c, mail.WriteMbox(c.ctx(), a.Archive, c.web.Stream(), a.Log, c.owner(), ids))
}
