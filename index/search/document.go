package search

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2/document"
	bleve "github.com/blevesearch/bleve_index_api"

	"restante/fetch/mbox"
	"restante/filter/letter"
	"restante/index"
	"restante/index/search/extract"
)

// The fields of a document.
const (
	inOwner    = "owner"
	inText     = "text" // subject, people, body, file names: what bare words look in
	inSubject  = "subject"
	inFrom     = "from"
	inTo       = "to" // and Cc
	inCc       = "cc"
	inFilename = "filename"
	inAccount  = "account"
	inMailbox  = "mailbox"
	inLabel    = "label" // that Gmail's export gave it
	inClass    = "class"
	inList     = "list"
	inID       = "id"
	inHas      = "has"
	inDay      = "day"
	inSize     = "size"
	inWhen     = "when"   // sort key
	inFacets   = "facets" // what is counted, see facetKey
	inThread   = "thread" // its Message-ID and those it refers to, see threadKeys
)

const (
	// maxText is how much of a message's text is searched, in octets.
	maxText = 1 << 20
	// headBase is where the places of the subject, the people and the file names
	// begin in the text: behind those of any body, so that a place tells which of
	// them a word is in.
	headBase = 1_600_000
	// apart keeps phrases from reaching over from one part into the next.
	apart = 16
	// maxValues bounds addresses, file names and the like of one message.
	maxValues = 200
)

// documentID is the message's number as eight bytes.
func documentID(message int64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(message))
	return string(b[:])
}

// documentMessage reads what documentID writes.
func documentMessage(id string) (int64, bool) {
	if len(id) != 8 {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64([]byte(id))), true
}

// makeDocument analyzes a message and the words of its attachments. A nil letter,
// of a message whose bytes are lost, leaves what the row knows. Every document has
// every field, be it empty: of segments with the same fields Bleve copies what it
// merges, and reads and writes it number by number otherwise.
func makeDocument(m index.Message, l *letter.Letter, attached attachments) *document.Document {
	if l == nil {
		l = &letter.Letter{}
	}
	d := document.NewDocument(documentID(m.ID))
	t := newTerms(64 + min(len(l.Text)+len(l.HTMLText)/4, maxText)/6)
	pos := 1
	put := func(s string) { pos = analyze(cut(s, maxText), pos, t.add) + apart }

	put(l.Text)
	pos = t.addMissing(cut(l.HTMLText, maxText), pos) + apart
	for _, words := range attached.words {
		put(words)
	}
	pos = headBase
	put(l.Subject)
	from, to := people(l.From, l.Sender), people(l.To, l.Cc)
	for _, a := range from {
		put(a.Name + " " + a.Addr)
	}
	for _, a := range to {
		put(a.Name + " " + a.Addr)
	}
	names := filenames(l)
	for _, name := range names {
		put(name)
	}
	d.AddField(t.positioned(inText))

	s := newTerms(16)
	analyze(cut(l.Subject, maxText), 1, s.add)
	d.AddField(s.positioned(inSubject))
	addWords(d, inFilename, names)
	addPeople(d, inFrom, from)
	addPeople(d, inTo, to)
	addPeople(d, inCc, people(l.Cc))
	addList(d, l.ListID)
	date := Date(m, l)
	d.AddField(keywords(inOwner, 0, m.Owner))
	d.AddField(keywords(inAccount, 0, keyword(m.Account)))
	d.AddField(keywords(inMailbox, 0, keyword(m.Mailbox)))
	d.AddField(keywords(inLabel, 0, labels(m, l)...))
	d.AddField(keywords(inClass, 0, m.Class.String()))
	d.AddField(keywords(inID, 0, messageID(l.MessageID)))
	has := traits(l)
	if attached.unreadable {
		has = append(has, hasUnreadable)
	}
	d.AddField(keywords(inHas, 0, has...))
	d.AddField(keywords(inDay, 0, dayLadder.terms(dayNumber(date))...))
	d.AddField(keywords(inSize, 0, sizeLadder.terms(m.Size)...))
	d.AddField(keywords(inWhen, bleve.DocValues, sortKey(date, m.ID)))
	d.AddField(keywords(inFacets, bleve.DocValues, facetKey(m, from, has)))
	d.AddField(keywords(inThread, bleve.DocValues, threadKeys(l)...))
	return d
}

// Date is when a message counts as sent: its own date if that can be believed.
// Dates before 1980, and dates to come, are a fault or a trick to stand on top
// of the list; then it is the time of receipt. That time is no measure itself:
// for imported mail it is what a file system or a From line says.
func Date(m index.Message, l *letter.Letter) time.Time {
	if l.Date.Year() < 1980 || l.Date.After(time.Now().Add(24*time.Hour)) {
		return m.Received
	}
	return l.Date
}

// dayNumber counts days since 1970, in UTC.
func dayNumber(t time.Time) int64 {
	s := t.Unix()
	if s < 0 {
		return 0
	}
	return s / 86400
}

// sortKey orders messages by date, then by number, and names the message: no
// stored field has to be read for a hit. It is written to base 128, because
// Bleve parts doc values at 0xff.
func sortKey(date time.Time, message int64) string {
	var b [keyLen]byte
	put7(b[:dateLen], uint64(max(date.Unix(), 0)))
	put7(b[dateLen:], uint64(message))
	return string(b[:])
}

const (
	dateLen = 6 // 42 bits of seconds
	keyLen  = dateLen + 9
)

func put7(b []byte, n uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte(n & 0x7f)
		n >>= 7
	}
}

// keyMessage reads the message's number out of a sort key.
func keyMessage(key string) (int64, bool) {
	if len(key) != keyLen {
		return 0, false
	}
	var n uint64
	for i := dateLen; i < keyLen; i++ {
		n = n<<7 | uint64(key[i]&0x7f)
	}
	return int64(n), true
}

func people(lists ...[]letter.Address) []letter.Address {
	var out []letter.Address
	for _, l := range lists {
		out = append(out, l...)
	}
	return out[:min(len(out), maxValues)]
}

// addPeople indexes names and addresses by word, and each address whole, its
// local part, and every domain it is in.
func addPeople(d *document.Document, name string, list []letter.Address) {
	t := newTerms(16 * len(list))
	for _, a := range list {
		analyze(cut(a.Name, maxKeyword), 1, t.add)
		addr := keyword(a.Addr)
		analyze(addr, 1, t.add)
		local, domain, _ := cutLast(addr, "@")
		for _, v := range []string{addr, local} {
			if v != "" {
				t.add([]byte(v), 1, whole)
			}
		}
		for strings.Contains(domain, ".") {
			t.add([]byte("@"+domain), 1, whole)
			_, domain, _ = strings.Cut(domain, ".")
		}
	}
	d.AddField(t.plain(name))
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func addWords(d *document.Document, name string, values []string) {
	t := newTerms(8 * len(values))
	for _, v := range values {
		analyze(v, 1, t.add)
	}
	d.AddField(t.plain(name))
}

// addList indexes a List-Id whole and by word.
func addList(d *document.Document, id string) {
	t := newTerms(16)
	if v := keyword(id); v != "" {
		t.add([]byte(v), 1, whole)
		analyze(v, 1, t.add)
	}
	d.AddField(t.plain(inList))
}

func messageID(s string) string {
	return keyword(strings.Trim(strings.TrimSpace(s), "<>"))
}

// labels are those that Gmail's export gave a message. It is in one mailbox here,
// and may have had many labels there. In mail that came otherwise the field is
// whatever a stranger wrote.
func labels(m index.Message, l *letter.Letter) []string {
	if !m.Imported {
		return nil
	}
	all := mbox.Labels(l.Field("X-Gmail-Labels"))
	all = all[:min(len(all), maxValues)]
	for i, name := range all {
		all[i] = keyword(name)
	}
	return all
}

func filenames(l *letter.Letter) []string {
	var out []string
	for _, p := range l.Parts {
		if p.Name != "" && len(out) < maxValues {
			out = append(out, cut(p.Name, maxKeyword))
		}
	}
	return out
}

// What has: asks for beside the kinds of extract.
const (
	hasAttachment = "attachment"
	hasLink       = "link"
	hasUnreadable = "unreadable" // an attachment that is not searched, or not to its end
)

// traits are the terms that has: asks for: the kinds of attachments, and PDF and
// pictures that stand in the text too.
func traits(l *letter.Letter) []string {
	var out []string
	put := func(what string) {
		if !slices.Contains(out, what) {
			out = append(out, what)
		}
	}
	if len(l.Links) > 0 {
		put(hasLink)
	}
	for _, p := range l.Parts {
		kind := extract.KindOf(p)
		if p.Attached && !p.Inline {
			put(hasAttachment)
			put(string(kind))
		} else if kind == extract.PDF || kind == extract.Image {
			put(string(kind))
		}
	}
	return out
}
