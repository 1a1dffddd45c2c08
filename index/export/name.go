package export

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"restante/fetch/mbox"
	"restante/filter/letter"
)

// Bounds of names, in octets. File systems allow 255 a name, Windows 260 a path.
const (
	nameMost    = 200 // .mbox, or a Maildir's dots, come on top
	subjectMost = 120
	levelsMost  = 16
)

// names gives each mailbox a path with slashes that no other has, not even where
// upper and lower case are the same.
type names struct {
	encode func(level string, again bool) string
	join   string

	paths map[string]string // by mailbox
	taken map[string]bool   // in lower case
}

func newNames(encode func(string, bool) string, join string) *names {
	return &names{encode: encode, join: join, paths: map[string]string{}, taken: map[string]bool{}}
}

// path gives a mailbox's.
func (n *names) path(mailbox string) string {
	if p, ok := n.paths[mailbox]; ok {
		return p
	}
	for again := false; ; again = true {
		levels := strings.Split(mailbox, "/")
		if len(levels) > levelsMost || strings.Contains("/"+mailbox+"/", "//") {
			levels = []string{mailbox}
		}
		for i, l := range levels {
			levels[i] = n.encode(l, again && i == len(levels)-1)
		}
		p := strings.Join(levels, n.join)
		most := 4 * nameMost
		if n.join == "." { // it is all one name
			most = nameMost + 40
		}
		if again && n.taken[strings.ToLower(p)] || len(p) > most {
			p = shortened(mailbox+"\x00"+p, "mailbox")
		}
		if !n.taken[strings.ToLower(p)] {
			n.taken[strings.ToLower(p)], n.paths[mailbox] = true, p
			return p
		}
	}
}

// shortened is a name for what is too long, or too much like another.
func shortened(all, start string) string {
	return fmt.Sprintf("%s~%x", start, sha256.Sum256([]byte(all)))[:len(start)+17]
}

// level makes a part of a path of a mailbox's name, harmless on any system.
// Again asks for another than before.
func level(name string, again bool) string { return encodeLevel(name, again, false) }

// maildirLevel is that in a Maildir++, where all but ASCII is encoded, and dots
// part levels.
func maildirLevel(name string, again bool) string { return encodeLevel(name, again, true) }

func encodeLevel(name string, again, plain bool) string {
	if name == "" {
		return "unnamed"
	}
	lastDot := -1
	for _, ext := range []string{".mbox", ".sbd", ".mbx"} { // what import takes off
		if n := len(name) - len(ext); n >= 0 && strings.EqualFold(name[n:], ext) {
			lastDot = n
		}
	}
	_, last := utf8.DecodeLastRuneInString(name)
	first := again || reserved(name)
	out := mbox.EncodeName(name, func(at int, r rune) bool {
		switch {
		case strings.ContainsRune(`<>:"/\|?*`, r), !unicode.IsPrint(r), r == utf8.RuneError:
			return true
		case at == 0:
			return first || r == '.' || r == ' ' || r == '-' || r == '~' || plain && r > unicode.MaxASCII
		case at == len(name)-last && (r == '.' || r == ' '), at == lastDot:
			return true
		}
		return plain && (r == '.' || r > unicode.MaxASCII)
	})
	if len(out) > nameMost+40 || !plain && len(out) > nameMost {
		start := norm.NFC.String(strings.ToValidUTF8(strings.Map(harmless, name), ""))
		if plain {
			start = "long"
		}
		return shortened(out, strings.TrimSpace(letter.Clip(start, 100)))
	}
	return out
}

// reserved knows the names that Windows keeps for itself, with any ending, and
// the folders that make a Maildir.
func reserved(name string) bool {
	if slices.Contains([]string{"cur", "new", "tmp"}, name) {
		return true
	}
	base, _, _ := strings.Cut(strings.ToUpper(name), ".")
	switch base = strings.TrimSpace(base); base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	base, digit := strings.CutPrefix(base, "COM")
	if !digit {
		base, digit = strings.CutPrefix(base, "LPT")
	}
	return digit && len([]rune(base)) == 1 && strings.Contains("0123456789¹²³", base)
}

// fileName names a message's file: when it was received, what it says it is
// about, and its UID, which no other has.
func fileName(received time.Time, subject, uid string) string {
	subject = strings.ToValidUTF8(norm.NFC.String(strings.ToValidUTF8(subject, " ")), "")
	subject = strings.Join(strings.Fields(strings.Map(harmless, subject)), " ")
	subject = strings.Trim(letter.Clip(subject, subjectMost), " .")
	uid = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, letter.Clip(uid, 40))
	at := received.UTC()
	if y := at.Year(); y < 0 || y > 9999 {
		at = time.Unix(0, 0).UTC()
	}
	name := at.Format("20060102-150405")
	if subject != "" {
		name += " " + subject
	}
	return name + " " + uid + ".eml"
}

// harmless keeps letters, digits and the punctuation that means nothing to a
// shell or a file system.
func harmless(r rune) rune {
	if unicode.In(r, unicode.L, unicode.M, unicode.N) && r != utf8.RuneError || strings.ContainsRune("-_.,()+=@", r) {
		return r
	}
	return ' '
}
