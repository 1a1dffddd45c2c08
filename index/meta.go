package index

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"restante/fetch"
	"restante/filter"
	"restante/index/blob"
)

// meta is what a record in the log says of its message, beside what the log
// itself knows (digest, size, received): all that a row needs. It is JSON, so
// that it can be read in a hundred years. Fields are only ever added.
type meta struct {
	Owner    string          `json:"owner"`
	UID      string          `json:"uid"`
	Account  string          `json:"account"`
	Imported bool            `json:"imported,omitempty"`
	Upstream string          `json:"upstream_uid"`
	Listed   int64           `json:"listed"` // octets, as the upstream's LIST gave them
	Head     string          `json:"head"`   // fetch.HeadSum, hex
	Mailbox  string          `json:"mailbox"`
	Archive  bool            `json:"archive_only,omitempty"`
	Class    string          `json:"class"`
	Score    float64         `json:"score"`
	Served   int64           `json:"served"`
	Plain    int64           `json:"plain,omitempty"`
	Added    string          `json:"added,omitempty"`
	Tag      string          `json:"tag,omitempty"`
	Reasons  []filter.Reason `json:"reasons,omitempty"`
}

func (ad *Addition) meta() ([]byte, error) {
	m, r := &ad.Message, &ad.Receipt
	b, err := json.Marshal(meta{
		Owner: m.Owner, UID: m.UID, Account: m.Account, Imported: m.Imported, Upstream: r.UID,
		Listed: r.Taken.Size, Head: hex.EncodeToString(r.Taken.Head[:]),
		Mailbox: m.Mailbox, Archive: m.Archive, Class: m.Class.String(), Score: m.Score,
		Served: m.Served, Plain: m.Plain, Added: m.Added, Tag: m.Tag, Reasons: m.Reasons,
	})
	if err != nil {
		return nil, fmt.Errorf("describe message: %w", err)
	}
	if len(b) > blob.MaxMeta {
		return nil, fmt.Errorf("describe message: %d octets, at most %d", len(b), blob.MaxMeta)
	}
	return b, nil
}

// addition makes the row anew from what the log knows.
func addition(e blob.Entry) (Addition, error) {
	var m meta
	if err := json.Unmarshal(e.Meta, &m); err != nil {
		return Addition{}, fmt.Errorf("segment %d offset %d: meta: %w", e.Ref.Segment, e.Ref.Offset, err)
	}
	class, err := filter.ParseClass(m.Class)
	if err != nil || m.Owner == "" || m.UID == "" {
		return Addition{}, fmt.Errorf("segment %d offset %d: meta without owner, uid or class", e.Ref.Segment, e.Ref.Offset)
	}
	var head [8]byte
	if b, err := hex.DecodeString(m.Head); err == nil {
		copy(head[:], b)
	}
	ad := Addition{
		Message: Message{
			Owner: m.Owner, UID: m.UID, Account: m.Account, Imported: m.Imported, Mailbox: m.Mailbox,
			Digest: e.Digest, Ref: e.Ref, Size: e.Size, Served: m.Served, Plain: m.Plain, Received: e.Received.UTC().Round(0),
			Class: class, Score: m.Score, Added: m.Added, Tag: m.Tag, Reasons: m.Reasons, Listed: !m.Archive, Archive: m.Archive,
		},
	}
	if m.Upstream != "" { // a record that took another's place may have none
		ad.Receipt = Receipt{Account: m.Account, UID: m.Upstream, Taken: fetch.Taken{At: ad.Message.Received, Size: m.Listed, Head: head}}
	}
	return ad, nil
}

// newAddition makes the row of a message that comes in.
func newAddition(s *filter.Sorted, uid string) Addition {
	p, v := s.Parcel, s.Verdict
	at := p.Received.UTC().Round(time.Microsecond)
	sent := servedSize(s)
	return Addition{
		Message: Message{
			Owner: p.Owner, UID: uid, Account: p.Account, Imported: p.Imported, Mailbox: v.Mailbox,
			Digest: p.Digest, Size: p.Size, Served: sent, Plain: plainSize(s, sent), Received: at,
			Class: v.Class, Score: v.Score, Added: s.Added, Tag: s.Tag, Reasons: v.Reasons, Listed: !p.Archive, Archive: p.Archive,
		},
		Receipt: receipt(p),
	}
}

func receipt(p *fetch.Parcel) Receipt {
	return Receipt{Account: p.Account, UID: p.UID, Taken: fetch.Taken{
		At: p.Received.UTC().Round(time.Microsecond), Size: p.Listed, Head: p.Head,
	}}
}
