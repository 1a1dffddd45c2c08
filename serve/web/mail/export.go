package mail

import (
	"bytes"
	"errors"
	"io"
	"net/http"

	"restante/index"
	"restante/index/export"
	"restante/index/search"
	"restante/serve/web"
)

// Bounds of an export.
const (
	exportMost    = 1 << 20   // messages
	exportMessage = 256 << 20 // octets of one: it is read whole, so that no half of a damaged one is written
)

// export gives all that a query finds as one mbox.
func (p *pages) export(c *web.Call) error {
	query := c.R.URL.Query().Get("q")
	q, err := search.Parse(query, c.Now())
	if err != nil {
		return &web.Fault{Status: http.StatusBadRequest, Key: "fault.form"}
	}
	ids, whole, err := p.Catalogue.Numbers(c.Ctx(), c.Owner, q, exportMost)
	if err != nil {
		return err
	}
	if !whole {
		return &web.Fault{Status: http.StatusBadRequest, Key: "export.toomany"}
	}
	download(c, "application/mbox", "restante-"+c.Now().Format("2006-01-02")+".mbox")
	w := export.Stream(c.Stream())
	left := 0
	for _, id := range ids {
		err := p.put(c, w, id)
		var kept *keptBack
		switch {
		case errors.As(err, &kept):
			left++
			p.Log.Warn("a message is missing in an export", "owner", c.Owner, "message", id, "err", err)
		case err != nil:
			p.Log.Warn("an export broke off", "owner", c.Owner, "err", err)
			panic(errAbort) // what was sent must not look whole
		}
	}
	if left > 0 {
		panic(errAbort) // as above: there is no later place to say it
	}
	return w.Close()
}

// keptBack says that a message cannot be read, and others may.
type keptBack struct{ err error }

func (k *keptBack) Error() string { return k.err.Error() }

func (p *pages) put(c *web.Call, w export.Writer, id int64) error {
	m, err := p.Archive.Message(c.Ctx(), c.Owner, id)
	if errors.Is(err, index.ErrNotFound) {
		return nil // it went since it was found
	}
	if err != nil {
		return err
	}
	in, err := p.Archive.Open(c.Ctx(), c.Owner, id)
	if err != nil {
		return &keptBack{err}
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, exportMessage+1))
	if err != nil {
		return &keptBack{err}
	}
	if len(b) > exportMessage {
		return &keptBack{errors.New("it is too large")}
	}
	return w.Put(export.Message{
		UID: m.UID, Mailbox: m.Mailbox, Received: m.Received, Seen: !m.Listed && !m.Archive,
		Open: func() io.Reader { return bytes.NewReader(b) },
	})
}
