package rule

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/publicsuffix"

	"restante/filter/letter"
)

type evalFunc func(*view) bool

// evals are the tests that a pattern cannot do, for rules to call by name.
var evals = map[string]evalFunc{
	"from_has_no_address":      func(v *view) bool { return len(v.l.From) == 0 || !strings.Contains(v.l.From[0].Addr, "@") },
	"broken_header":            broken(letter.DefectNoColon, letter.DefectNoHeader, letter.DefectBareCR, letter.DefectNUL, letter.DefectRawHeader),
	"broken_structure":         broken(letter.DefectMissingEnd, letter.DefectNoBoundary, letter.DefectDepth, letter.DefectParts, letter.DefectPart),
	"date_unreadable":          func(v *view) bool { return v.l.Field("Date") != "" && v.l.Date.IsZero() },
	"date_far_from_received":   dateFar,
	"subject_all_capitals":     func(v *view) bool { return shouts(v.l.Subject) },
	"reply_to_freemail_only":   replyToFreemail,
	"name_shows_other_address": nameShowsAddress,
	"link_text_other_host":     linkTextLies,
	"link_to_numeric_host":     anyLink(func(u *url.URL) bool { return numeric(u.Hostname()) }),
	"link_with_user_name":      anyLink(func(u *url.URL) bool { return u.User != nil && strings.HasPrefix(u.Scheme, "http") }),
	"hidden_text":              func(v *view) bool { return len(v.l.Hidden) > 200 },
	"invisible_in_words":       invisibleInWords,
	"mixed_scripts_in_word":    mixedScripts,
	"dangerous_attachment":     attached(dangerous),
	"double_extension":         attached(doubleExtension),
	"only_a_picture":           onlyPicture,
	"answers_known_thread":     func(v *view) bool { return len(v.l.References) > 0 && answers(v.l.Subject) },
	"answer_without_thread":    func(v *view) bool { return len(v.l.References) == 0 && answers(v.l.Subject) },
	"is_list_mail":             func(v *view) bool { return v.l.ListID != "" && v.exists("List-Unsubscribe") },
	"quotes_earlier_mail":      func(v *view) bool { return strings.Count(letter.Clip(v.l.Text, maxText), "\n> ") >= 3 },
}

func broken(codes ...string) evalFunc {
	return func(v *view) bool {
		return slices.ContainsFunc(v.l.Defects, func(d letter.Defect) bool { return slices.Contains(codes, d.Code) })
	}
}

// dateFar compares the sender's Date with the time of the topmost Received.
func dateFar(v *view) bool {
	r := v.l.Field("Received")
	i := strings.LastIndexByte(r, ';')
	if i < 0 || v.l.Date.IsZero() {
		return false
	}
	text := strings.TrimSpace(r[i+1:])
	if j := strings.IndexByte(text, '('); j > 0 {
		text = strings.TrimSpace(text[:j])
	}
	for _, layout := range []string{time.RFC1123Z, "2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 -0700"} {
		if at, err := time.Parse(layout, text); err == nil {
			gap := v.l.Date.Sub(at)
			return gap > 24*time.Hour || gap < -10*24*time.Hour
		}
	}
	return false
}

func shouts(s string) bool {
	upper, lower := 0, 0
	for _, r := range s {
		switch {
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLower(r):
			lower++
		}
	}
	return upper >= 10 && lower == 0
}

func answers(subject string) bool {
	low := strings.ToLower(letter.Clip(subject, 20))
	for _, p := range []string{"re:", "aw:", "sv:", "antw:", "回复", "返信:"} {
		if strings.HasPrefix(low, p) {
			return true
		}
	}
	return false
}

// freemail are hosts where anyone can have an address.
var freemail = map[string]bool{
	"gmail.com": true, "yahoo.com": true, "hotmail.com": true, "outlook.com": true, "aol.com": true, "gmx.de": true, "gmx.com": true,
	"web.de": true, "mail.ru": true, "yandex.ru": true, "yandex.com": true, "qq.com": true, "163.com": true, "126.com": true,
	"proton.me": true, "protonmail.com": true, "icloud.com": true, "live.com": true, "zohomail.com": true,
}

func domain(addr string) string { return strings.ToLower(addr[strings.LastIndexByte(addr, '@')+1:]) }

// replyToFreemail is an answer that would go to a free mailbox while the
// sender shows another domain.
func replyToFreemail(v *view) bool {
	if len(v.l.From) == 0 || len(v.l.ReplyTo) == 0 {
		return false
	}
	from, to := domain(v.l.From[0].Addr), domain(v.l.ReplyTo[0].Addr)
	return from != to && freemail[to] && v.l.ListID == ""
}

// nameShowsAddress is a display name with an address of another domain in it.
func nameShowsAddress(v *view) bool {
	if len(v.l.From) == 0 {
		return false
	}
	for w := range strings.FieldsSeq(letter.Clip(v.l.From[0].Name, 500)) {
		if at := strings.IndexByte(w, '@'); at > 0 && strings.Contains(w[at:], ".") {
			return site(strings.Trim(domain(w), "<>\"'().,")) != site(domain(v.l.From[0].Addr))
		}
	}
	return false
}

// site is the part of a host that one owner registered.
func site(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if s, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return s
	}
	return host
}

func numeric(host string) bool {
	return host != "" && strings.Trim(host, "0123456789.") == "" && strings.Contains(host, ".")
}

func anyLink(test func(*url.URL) bool) evalFunc {
	return func(v *view) bool {
		for _, s := range v.uris().list {
			if u, err := url.Parse(s); err == nil && test(u) {
				return true
			}
		}
		return false
	}
}

// linkTextLies is a link whose text is an address of another site.
func linkTextLies(v *view) bool {
	for _, k := range v.l.Links[:min(len(v.l.Links), maxLinks)] {
		text := strings.TrimSpace(letter.Clip(k.Text, 300))
		if strings.ContainsAny(text, " \n\t@") || !strings.HasPrefix(text, "http") && !strings.HasPrefix(text, "www.") {
			continue
		}
		if !strings.Contains(text, "://") {
			text = "http://" + text
		}
		seen, err1 := url.Parse(text)
		goes, err2 := url.Parse(letter.Clip(k.URL, maxURL))
		if err1 == nil && err2 == nil && strings.Contains(seen.Hostname(), ".") && strings.HasPrefix(goes.Scheme, "http") && site(seen.Hostname()) != site(goes.Hostname()) {
			return true
		}
	}
	return false
}

// invisibleInWords is a character without width between two letters. Joiners
// are left out: Persian and Indian scripts, and emoji, need them.
func invisibleInWords(v *view) bool {
	for _, s := range []string{v.l.Subject, letter.Clip(v.l.Text, maxText), letter.Clip(v.l.HTMLText, maxText)} {
		n := 0
		var before rune
		pending := false
		for _, r := range s {
			if r == 0x200b || r == 0x2060 || r == 0xfeff {
				pending = unicode.IsLetter(before)
				continue
			}
			if pending && unicode.IsLetter(r) && r < 0x590 {
				if n++; n >= 3 {
					return true
				}
			}
			pending, before = false, r
		}
	}
	return false
}

// mixedScripts is a word of the subject or the sender's name with letters of
// Latin and of Cyrillic or Greek.
func mixedScripts(v *view) bool {
	name := ""
	if len(v.l.From) > 0 {
		name = v.l.From[0].Name
	}
	for w := range strings.FieldsFuncSeq(letter.Clip(v.l.Subject+" "+name, 2000), func(r rune) bool { return !unicode.IsLetter(r) }) {
		latin, other := 0, 0
		for _, r := range w {
			switch {
			case r < 0x250:
				latin++
			case r >= 0x370 && r < 0x530:
				other++
			}
		}
		if latin > 0 && other > 0 && latin+other >= 4 {
			return true
		}
	}
	return false
}

func attached(test func(name string) bool) evalFunc {
	return func(v *view) bool {
		return slices.ContainsFunc(v.l.Parts, func(p letter.Part) bool { return p.Attached && test(strings.ToLower(p.Name)) })
	}
}

func dangerous(name string) bool {
	switch path.Ext(name) {
	case ".exe", ".scr", ".pif", ".com", ".bat", ".cmd", ".vbs", ".vbe", ".js", ".jse", ".wsf", ".hta", ".lnk", ".jar", ".cpl", ".msi", ".ps1", ".iso", ".img", ".vhd", ".xll", ".chm", ".one":
		return true
	}
	return false
}

func doubleExtension(name string) bool {
	inner := path.Ext(strings.TrimSpace(strings.TrimSuffix(name, path.Ext(name))))
	switch inner {
	case ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".jpg", ".png", ".txt":
		return dangerous(name)
	}
	return false
}

// onlyPicture is a picture with next to no words.
func onlyPicture(v *view) bool {
	return len(strings.TrimSpace(v.l.Text)) < 30 && len(strings.TrimSpace(v.l.HTMLText)) < 30 &&
		slices.ContainsFunc(v.l.Parts, func(p letter.Part) bool { return strings.HasPrefix(p.Type, "image/") && p.Size > 2000 })
}
