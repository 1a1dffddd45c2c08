package search

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2/document"

	"restante/fetch/mbox"
	"restante/filter/letter"
	"restante/index"
	"restante/index/search/extract"
	"restante/index/search/segment"
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

// makeDocument analyzes a message and the words of its attachments. A nil letter,
// of a message whose bytes are lost, leaves what the row knows.
func makeDocument(made *segment.Maker, m index.Message, l *letter.Letter, attached attachments) *document.Document {
	if l == nil {
		l = &letter.Letter{}
	}
	t := terms{In: made.In(inText)}
	pos := 1
	put := func(s string) { pos = analyze(letter.Clip(s, maxText), pos, t.add) + apart }

	put(l.Text)
	pos = t.addMissing(letter.Clip(l.HTMLText, maxText), pos) + apart
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

	analyze(letter.Clip(l.Subject, maxText), 1, terms{In: made.In(inSubject)}.add)
	addWords(made, inFilename, names)
	addPeople(made, inFrom, from)
	addPeople(made, inTo, to)
	addPeople(made, inCc, people(l.Cc))
	addList(made, l.ListID)
	date := Date(m, l)
	set(made, inOwner, m.Owner)
	set(made, inAccount, keyword(m.Account))
	set(made, inMailbox, keyword(m.Mailbox))
	set(made, inLabel, labels(m, l)...)
	set(made, inClass, m.Class.String())
	set(made, inID, messageID(l.MessageID))
	has := traits(l)
	if attached.unreadable {
		has = append(has, hasUnreadable)
	}
	set(made, inHas, has...)
	set(made, inDay, dayLadder.terms(dayNumber(date))...)
	set(made, inSize, sizeLadder.terms(m.Size)...)
	set(made, inWhen, sortKey(date, m.ID))
	set(made, inFacets, facetKey(m, from, has))
	set(made, inThread, threadKeys(l)...)
	return made.Finish(documentID(m.ID))
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
func addPeople(made *segment.Maker, name string, list []letter.Address) {
	t := terms{In: made.In(name)}
	for _, a := range list {
		analyze(letter.Clip(a.Name, maxKeyword), 1, t.add)
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
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func addWords(made *segment.Maker, name string, values []string) {
	t := terms{In: made.In(name)}
	for _, v := range values {
		analyze(v, 1, t.add)
	}
}

// addList indexes a List-Id whole, by word, and by each domain that it is in.
func addList(made *segment.Maker, id string) {
	t := terms{In: made.In(inList)}
	if v := keyword(id); v != "" {
		t.add([]byte(v), 1, whole)
		analyze(v, 1, t.add)
		for _, domain, _ := strings.Cut(v, "."); strings.Contains(domain, "."); _, domain, _ = strings.Cut(domain, ".") {
			t.add([]byte(domain), 1, whole)
		}
	}
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
			out = append(out, letter.Clip(p.Name, maxKeyword))
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

// signs are the types of signatures: RFC 3156, section 5, RFC 8551, section 3.5.3.
var signs = map[string]bool{
	"application/pgp-signature": true, "application/pkcs7-signature": true, "application/x-pkcs7-signature": true,
}

// traits are the terms that has: asks for: the kinds of attachments, and PDF,
// pictures and invitations that stand in the text too. What signs a letter is no
// attachment to who wrote it.
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
		if signs[p.Type] {
			continue
		}
		if p.Attached && !p.Inline {
			put(hasAttachment)
			put(string(kind))
		} else if kind == extract.PDF || kind == extract.Image || invites(p) {
			put(string(kind))
		}
	}
	return out
}
