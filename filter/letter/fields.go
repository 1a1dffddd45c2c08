package letter

import (
	"strings"
	"unicode/utf8"
)

// commonNames are field names that most messages have: no need to make a new
// string of each.
var commonNames = func() map[string]string {
	m := make(map[string]string)
	for name := range strings.FieldsSeq("Received Return-Path Delivered-To From To Cc Subject Date Message-ID Message-Id " +
		"MIME-Version Mime-Version Content-Type Content-Transfer-Encoding Content-Disposition Content-ID Content-Length " +
		"Reply-To Sender References In-Reply-To X-Mailer X-Priority X-MSMail-Priority X-MimeOLE User-Agent Status Lines " +
		"List-Id List-Unsubscribe List-Post List-Help List-Subscribe List-Archive Precedence Errors-To X-BeenThere " +
		"X-Mailman-Version DKIM-Signature Authentication-Results Received-SPF X-Original-To X-Google-DKIM-Signature " +
		"X-Received ARC-Seal ARC-Message-Signature ARC-Authentication-Results List-Unsubscribe-Post Feedback-ID") {
		m[name] = name
	}
	return m
}()

func fieldName(b []byte) string {
	if name, ok := commonNames[string(b)]; ok {
		return name
	}
	return string(b)
}

// fill reads the fields of the message itself.
func (o *opener) fill(h header) {
	l := o.l
	l.Fields = make([]Field, len(h.fields))
	for i, f := range h.fields {
		raw := string(f.value)
		v := raw
		if !utf8.ValidString(v) {
			o.note(DefectRawHeader, f.name)
			v = plain(v, o.charset)
		}
		l.Fields[i] = Field{Name: f.name, Value: v}
		o.field(f.name, raw, v)
	}
	if len(l.From) == 0 || !strings.Contains(l.From[0].Addr, "@") {
		o.note(DefectBadAddress, "From")
	}
}

// field reads one field. Of a field that may stand only once the first counts,
// as in mail readers; raw is its value as it came, v the same as UTF-8.
func (o *opener) field(name, raw, v string) {
	l := o.l
	var buf [len("in-reply-to")]byte
	if len(name) > len(buf) {
		return
	}
	for i := range len(name) {
		buf[i] = name[i]
		if name[i] >= 'A' && name[i] <= 'Z' {
			buf[i] += 'a' - 'A'
		}
	}
	switch string(buf[:len(name)]) {
	case "from":
		o.addresses(&l.From, raw)
	case "to":
		o.addresses(&l.To, raw)
	case "cc":
		o.addresses(&l.Cc, raw)
	case "reply-to":
		o.addresses(&l.ReplyTo, raw)
	case "sender":
		o.addresses(&l.Sender, raw)
	case "return-path":
		if l.ReturnPath == "" {
			if list := parseAddresses(v, "", 1); len(list) > 0 {
				l.ReturnPath = list[0].Addr
			}
		}
	case "subject":
		if l.Subject == "" {
			l.Subject = oneLine(decodeWords(raw, o.charset))
		}
	case "date":
		if !l.Date.IsZero() {
			break
		}
		t, ok := parseDate(v)
		if !ok {
			o.note(DefectBadDate, v)
		}
		l.Date = t
	case "message-id":
		if l.MessageID == "" {
			if ids := messageIDs(nil, v); len(ids) > 0 {
				l.MessageID = ids[0]
			}
		}
	case "references":
		// Room is left for In-Reply-To: it names the nearest parent.
		l.References = messageIDs(l.References, v)
	case "in-reply-to":
		l.References = messageIDs(l.References, v)
	case "list-id":
		if l.ListID == "" {
			l.ListID = listID(oneLine(decodeWords(raw, o.charset)))
		}
	}
}

func (o *opener) addresses(to *[]Address, raw string) {
	if len(*to) == 0 {
		*to = parseAddresses(raw, o.charset, maxAddresses)
	}
}

// messageIDs adds the message ids in v to ids, each once, until there are
// maxReferences. An id is what stands in angle brackets; where nothing does,
// each word with an @ in it is one (RFC 5322, section 3.6.4, loosely).
func messageIDs(ids []string, v string) []string {
	add := func(id string) {
		if id == "" || len(ids) >= maxReferences {
			return
		}
		for _, have := range ids {
			if have == id {
				return
			}
		}
		ids = append(ids, id)
	}
	if !strings.Contains(v, "<") {
		for word := range strings.FieldsSeq(v) {
			if strings.Contains(word, "@") {
				add(strings.Trim(word, "<>,;\"'"))
			}
		}
		return ids
	}
	for len(ids) < maxReferences {
		_, rest, ok := strings.Cut(v, "<")
		if !ok {
			break
		}
		id, after, _ := strings.Cut(rest, ">")
		add(strings.Join(strings.Fields(id), ""))
		v = after
	}
	return ids
}

// listID gives the id of a List-Id field, RFC 2919: what stands in the last
// angle brackets, else all of it.
func listID(v string) string {
	if i := strings.LastIndexByte(v, '<'); i >= 0 {
		v, _, _ = strings.Cut(v[i+1:], ">")
	}
	return strings.ToLower(strings.TrimSpace(v))
}
