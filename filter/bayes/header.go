package bayes

import (
	"net/netip"
	"strings"

	"restante/filter/letter"
)

// own are fields that a relay, an earlier filter or a mail store adds, or that
// are signatures without words: never features. Names in lower case.
var own = map[string]bool{
	"dkim-signature": true, "domainkey-signature": true, "arc-seal": true, "arc-message-signature": true,
	"arc-authentication-results": true, "x-google-dkim-signature": true, "status": true, "x-status": true,
	"content-length": true, "x-uidl": true, "x-uid": true, "x-keywords": true, "lines": true, "x-virus-scanned": true,
	"x-mozilla-status": true, "x-mozilla-status2": true, "x-bogosity": true, "x-gnus-mail-source": true,
}

func ignored(name string) bool {
	return own[name] || strings.HasPrefix(name, "x-restante-") || strings.HasPrefix(name, "x-spam-")
}

// header takes the features of the message's own fields.
func (t *tokenizer) header(l *letter.Letter) {
	received, judged := 0, false
	for i := range l.Fields[:min(len(l.Fields), maxFields)] {
		f := &l.Fields[i]
		name := strings.ToLower(letter.Clip(f.Name, 2*maxWord))
		if ignored(name) {
			continue
		}
		value := letter.Clip(f.Value, 4000)
		t.group = inOthers
		switch name {
		case "received":
			if received++; received <= 6 {
				t.group = inRoute
				t.received(value)
			}
		case "subject", "from", "to", "cc", "reply-to", "sender", "return-path", "message-id", "date", "references", "in-reply-to":
		case "content-type", "mime-version", "content-transfer-encoding":
			t.group = inFormat
			t.words(name, letter.Clip(value, 200), false)
		case "authentication-results":
			if !judged { // only the topmost: the ones below may be forged
				t.words(name, letter.Clip(value, 300), true)
			}
			judged = true
		default:
			t.words(name, letter.Clip(value, 300), false)
		}
	}
	t.group = inSubject
	t.words("subject", letter.Clip(l.Subject, 2000), true)
	t.group = inText
	t.words("", letter.Clip(l.Subject, 2000), false)
	t.group = inPeople
	t.people(l)
	t.group = inRoute
	t.messageID(l.MessageID)
	if len(l.References) > 0 {
		t.mark("references", domain(l.References[len(l.References)-1]))
	}
	t.group = inFormat
	t.date(l)
	for _, d := range l.Defects {
		t.mark("defect", d.Code)
	}
}

func domain(addr string) string {
	return strings.ToLower(addr[strings.LastIndexByte(addr, '@')+1:])
}

func (t *tokenizer) people(l *letter.Letter) {
	t.addresses("from", l.From, true)
	t.addresses("to", l.To, true)
	t.addresses("cc", l.Cc, false)
	t.addresses("reply-to", l.ReplyTo, true)
	t.addresses("sender", l.Sender, false)
	if l.ReturnPath != "" {
		t.addresses("return-path", []letter.Address{{Addr: l.ReturnPath}}, false)
	}
	if len(l.From) == 0 {
		return
	}
	from := domain(l.From[0].Addr)
	if len(l.ReplyTo) > 0 {
		t.put(seed("\x01reply"+same(domain(l.ReplyTo[0].Addr), from)), "reply-to", same(domain(l.ReplyTo[0].Addr), from)+" domain as from")
	}
	if l.ReturnPath != "" {
		t.put(seed("\x01return"+same(domain(l.ReturnPath), from)), "return-path", same(domain(l.ReturnPath), from)+" domain as from")
	}
	if len(l.To) > 0 && strings.EqualFold(l.To[0].Addr, l.From[0].Addr) {
		t.mark("to", "(the sender itself)")
	}
}

func same(a, b string) string {
	if a == b {
		return "same"
	}
	return "other"
}

func (t *tokenizer) addresses(field string, list []letter.Address, names bool) {
	for i := range list[:min(len(list), 10)] {
		a := &list[i]
		t.mark(field, a.Addr)
		at := strings.LastIndexByte(a.Addr, '@')
		if at < 0 {
			t.mark(field, "(no domain)")
		} else {
			t.mark(field, a.Addr[at:])
			t.parents(field, a.Addr[at+1:])
		}
		if names {
			if a.Name == "" {
				t.mark(field, "(no name)")
			}
			t.words(field, letter.Clip(a.Name, 200), true)
		}
	}
	if len(list) == 0 {
		t.mark(field, "(nobody)")
	} else if len(list) > 5 {
		t.mark(field, "(more than five)")
	}
}

// parents adds the domains above host, down to two labels, and its last label.
func (t *tokenizer) parents(field, host string) {
	for range 4 {
		dot := strings.IndexByte(host, '.')
		if dot < 0 {
			break
		}
		host = host[dot+1:]
		t.mark(field, "."+host)
	}
}

// received takes hosts and addresses of one Received field.
func (t *tokenizer) received(v string) {
	for i, n := 0, 0; i < len(v) && n < 12; {
		if !hostChar(v[i]) {
			i++
			continue
		}
		j, dots := i, 0
		for j < len(v) && hostChar(v[j]) {
			if v[j] == '.' {
				dots++
			}
			j++
		}
		host := strings.Trim(v[i:j], ".-")
		i = j
		if host == "" || dots == 0 || len(host) > 2*maxWord {
			continue
		}
		n++
		if ip, err := netip.ParseAddr(host); err == nil && ip.Is4() {
			b := strings.Split(host, ".")
			t.mark("received", host)
			t.mark("received", b[0]+"."+b[1]+"."+b[2]+".*")
			t.mark("received", b[0]+"."+b[1]+".*")
			continue
		}
		if c := host[len(host)-1]; c >= '0' && c <= '9' {
			continue // a version
		}
		t.mark("received", host)
		t.parents("received", host)
	}
}

func hostChar(c byte) bool { return kinds[c] == word && c != '_' || c == '.' || c == '-' }

// messageID takes the domain and the shape of the rest: runs of letters,
// capitals and digits as one sign each, other signs as they are.
func (t *tokenizer) messageID(id string) {
	if id == "" {
		t.mark("message-id", "(none)")
		return
	}
	t.mark("message-id", "@"+domain(id))
	t.parents("message-id", domain(id))
	left := letter.Clip(id[:max(strings.LastIndexByte(id, '@'), 0)], 80)
	shape := make([]byte, 0, 80)
	for i := 0; i < len(left); i++ {
		c := left[i]
		switch {
		case c >= '0' && c <= '9':
			c = '0'
		case c >= 'a' && c <= 'z':
			c = 'a'
		case c >= 'A' && c <= 'Z':
			c = 'b'
		}
		if len(shape) == 0 || shape[len(shape)-1] != c {
			shape = append(shape, c)
		}
	}
	t.mark("message-id shape", string(shape))
}

func (t *tokenizer) date(l *letter.Letter) {
	raw := l.Field("Date")
	switch {
	case raw == "":
		t.mark("date", "(none)")
	case l.Date.IsZero():
		t.mark("date", "(unreadable)")
	default:
		if zone := strings.LastIndexAny(raw, "+-"); zone > 0 {
			t.mark("date zone", letter.Clip(raw[zone:], 5))
		}
		t.mark("date hour", l.Date.Format("15"))
		t.mark("date day", l.Date.Format("Mon"))
	}
}
