package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"restante/index"
	"restante/index/export"
	"restante/index/search"
	"restante/serve/web"
)

// Bounds of an export.
const (
	ExportMost    = 1 << 20   // messages
	exportMessage = 256 << 20 // octets of one: it is read whole, so that no half of a damaged one is written
)

// export gives all that a query finds as one mbox.
func (p *pages) export(c *web.Call) error {
	query := c.R.URL.Query().Get("q")
	q, err := search.Parse(query, c.Now())
	if err != nil {
		return &web.Fault{Status: http.StatusBadRequest, Key: "fault.form"}
	}
	ids, whole, err := p.Catalogue.Numbers(c.Ctx(), c.Owner, q, ExportMost)
	if errors.Is(err, search.ErrBroad) {
		return &web.Fault{Status: http.StatusBadRequest, Key: "export.toomany"}
	}
	if err != nil {
		return err
	}
	if !whole {
		return &web.Fault{Status: http.StatusBadRequest, Key: "export.toomany"}
	}
	web.Download(c.W.Header(), "application/mbox", "restante-"+c.Now().Format("2006-01-02")+".mbox")
	if err := WriteMbox(c.Ctx(), p.Archive, c.Stream(), p.Log, c.Owner, ids); err != nil {
		p.Log.Warn("an export broke off", "owner", c.Owner, "err", err)
		panic(http.ErrAbortHandler) // what was sent must not look whole
	}
	return nil
}

// WriteMbox writes messages of an owner's as one mbox. Those that went since they
// were found are left out. One that cannot be read is too, and an error in the end,
// when all others were written.
func WriteMbox(ctx context.Context, a Archive, to io.Writer, log *slog.Logger, owner string, ids []int64) error {
	w := export.Stream(to)
	left := 0
	for _, id := range ids {
		err := put(ctx, a, w, owner, id)
		var kept *keptBack
		switch {
		case errors.As(err, &kept):
			left++
			log.Warn("a message is missing in an export", "owner", owner, "message", id, "err", err)
		case err != nil:
			return err
		}
	}
	if left > 0 {
		return fmt.Errorf("%d messages are missing", left)
	}
	return w.Close()
}

// keptBack says that a message cannot be read, and others may.
type keptBack struct{ err error }

func (k *keptBack) Error() string { return k.err.Error() }

func put(ctx context.Context, a Archive, w export.Writer, owner string, id int64) error {
	m, err := a.Message(ctx, owner, id)
	if errors.Is(err, index.ErrNotFound) {
		return nil // it went since it was found
	}
	if err != nil {
		return err
	}
	in, err := a.Open(ctx, owner, id)
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
