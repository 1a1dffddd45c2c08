package search

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"restante/filter/letter"
	"restante/index"
	"restante/index/blob"
	"restante/index/search/extract"
)

// attachedFor bounds how long the attachments of one message are read.
const attachedFor = 30 * time.Second

// attachments are what was made of a message's attachments.
type attachments struct {
	words      []string // of each
	unreadable bool     // one could not be read, or not to its end
}

// attached gives the words of a message's attachments, at most so many octets in
// all. A letter holds no attachments, so the message is read again for them; most
// mail has none that words can be made of. What goes wrong with one is noted, and
// the message is catalogued without it.
func (p *pass) attached(ctx context.Context, j *job, l *letter.Letter, most int) (out attachments, err error) {
	if l == nil {
		return out, nil
	}
	if slices.ContainsFunc(l.Parts, invites) {
		words := letter.Clip(extract.Invitation(l.Text), most)
		most -= len(words)
		out.words = append(out.words, words)
	}
	if !slices.ContainsFunc(l.Parts, p.wants) {
		return out, nil
	}
	r, err := p.src.Open(ctx, j.owner, j.change.Message)
	switch {
	case errors.Is(err, index.ErrNotFound), errors.Is(err, blob.ErrDamaged), errors.Is(err, fs.ErrNotExist):
		return out, nil // since the letter was opened
	case err != nil:
		return out, fmt.Errorf("open message %d: %w", j.change.Message, err)
	}
	defer r.Close()
	within, cancel := context.WithTimeout(ctx, attachedFor)
	defer cancel()
	number := 0
	letter.ReadParts(r, func(part letter.Part, open func(int) []byte) {
		number++
		if most <= 0 || ctx.Err() != nil || !p.wants(part) {
			return
		}
		words, err := p.docs.Words(within, part, open(p.docs.Wants(part)))
		if err != nil && ctx.Err() == nil {
			out.unreadable = true
			p.log.Warn("an attachment cannot be read to its end; the rest of the message is catalogued", "owner", j.owner,
				"message", j.change.Message, "attachment", number, "err", err)
		}
		words = letter.Clip(words, most)
		most -= len(words)
		if words != "" {
			out.words = append(out.words, words)
		}
	})
	return out, ctx.Err()
}

// invites tells a calendar that stands in the text, as an invitation does.
func invites(part letter.Part) bool {
	return !part.Attached && extract.KindOf(part) == extract.Calendar
}

// wants tells a part whose words are not in the letter and can be made.
func (p *pass) wants(part letter.Part) bool {
	return part.Attached && p.docs.Wants(part) > 0
}
