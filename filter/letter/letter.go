package letter

import (
	"strings"
	"time"
)

// Letter is an opened message. Strings are valid UTF-8 whatever was sent.
// A message that breaks every rule still gives a Letter, with Defects.
type Letter struct {
	Fields []Field // header fields of the message itself, in their order, after repair

	From, To, Cc, ReplyTo, Sender []Address
	ReturnPath                    string    // address only; empty for a bounce (<>)
	Subject                       string    // decoded
	Date                          time.Time // zero where absent or unreadable
	MessageID                     string    // without angle brackets
	References                    []string  // References and In-Reply-To, without doubles, at most 100
	ListID                        string    // of RFC 2919, in lower case, without description

	// Text and HTML hold the parts that are not attachments, of messages within
	// the message too, decoded, with LF for CRLF, joined by blank lines: Text
	// those of text/plain and other text, HTML those of text/html, as markup.
	// What has no usable structure stands here as well, undecoded.
	Text, HTML string

	HTMLText string // words of HTML as a reader would see them
	Hidden   string // words of HTML that a style attribute hides (display:none, zero size, same colour …)
	Links    []Link // of HTML and of bare URLs in Text, in order, at most 1,000
	Parts    []Part // every part met, the root first
	Defects  []Defect
	Size     int64 // octets read
}

// Field is one header field.
type Field struct {
	Name  string // as written
	Value string // unfolded; encoded words are not decoded, other octets are made UTF-8
}

// Address is a mailbox of RFC 5322, 3.4.
type Address struct {
	Name string // decoded display name
	Addr string // local@domain as written; domain in lower case. It may lack the domain, or be empty (Bank <>)
}

// Link is an anchor or a bare URL.
type Link struct {
	URL  string // as written: it may be relative, or begin with www.
	Text string // what the reader sees in its place; empty for a bare URL
}

// Part is one MIME part.
type Part struct {
	Depth    int    // 0 for the message itself
	Type     string // "text/html", lower case
	Charset  string // as labelled, lower case
	Encoding string // Content-Transfer-Encoding, lower case
	Name     string // file name, decoded; empty where none

	// Attached tells an attachment: Content-Disposition says so, or it has a
	// file name, or it is neither text nor multipart. Text with a file name is
	// none if its disposition is inline or if it is the message itself, since
	// mail readers show it.
	Attached bool

	ID     string // Content-ID without angle brackets (RFC 2045, section 7); empty where none
	Inline bool   // with a Content-ID, shown inside the text
	Size   int64  // octets after decoding; of a multipart, those of its body
	Start  []byte // its first 16 octets after decoding
}

// Defect is something wrong with a message that reading it had to work around.
type Defect struct {
	Code   string // a short fixed word, one of the Defect constants
	Detail string
}

// Field gives the value of the first field of that name, in any case.
func (l *Letter) Field(name string) string {
	for i := range l.Fields {
		if strings.EqualFold(l.Fields[i].Name, name) {
			return l.Fields[i].Value
		}
	}
	return ""
}

// Attachments are the parts that are attachments.
func (l *Letter) Attachments() []Part {
	var out []Part
	for _, p := range l.Parts {
		if p.Attached {
			out = append(out, p)
		}
	}
	return out
}
