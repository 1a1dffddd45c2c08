package mbox

import (
	"encoding/base64"
	"path"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Format is what the files of a message are.
type Format string

// The formats that are read.
const (
	FormatMbox    Format = "mbox"
	FormatMaildir Format = "Maildir"
	FormatMH      Format = "MH"
	FormatEML     Format = ".eml"  // one message a file, whatever its name
	FormatEMLX    Format = ".emlx" // of Apple Mail
)

// folderOf tells the folder that a message is in as its owner saw it, by the
// path of its file with slashes. Nil where the path says nothing. Top tells
// whether a folder is where a mail program keeps an account: what is above it
// is none of the owner's naming.
func folderOf(file string, f Format, top func(dir string) bool) []string {
	dir, name := path.Split(path.Clean(file))
	dirs := strings.FieldsFunc(dir, func(r rune) bool { return r == '/' })
	switch f {
	case FormatMaildir:
		return maildirFolder(dirs[:max(0, len(dirs)-1)]) // cur or new
	case FormatEMLX:
		var out []string
		for _, d := range dirs {
			if box, ok := cutSuffix(d, ".mbox", ".imapmbox"); ok {
				out = append(out, box)
			}
		}
		return decoded(out)
	case FormatMbox:
		for end := len(dirs); end > 0; end-- {
			_, sub := cutSuffix(dirs[end-1], ".sbd")
			if !sub && top(strings.Join(dirs[:end], "/")) {
				dirs = dirs[end:]
				break
			}
			if !sub {
				break
			}
		}
		box, _ := cutSuffix(name, ".mbox", ".mbx")
		if len(dirs) > 0 && (name == "mbox" || name == "messages") {
			if _, exported := cutSuffix(dirs[len(dirs)-1], ".mbox"); exported { // Apple Mail's export: Name.mbox/mbox
				return decoded(trimmed(dirs))
			}
		}
		return decoded(trimmed(append(dirs, box)))
	}
	return decoded(trimmed(dirs))
}

func cutSuffix(s string, suffixes ...string) (string, bool) {
	for _, suffix := range suffixes {
		if n := len(s) - len(suffix); n > 0 && strings.EqualFold(s[n:], suffix) {
			return s[:n], true
		}
	}
	return s, false
}

// trimmed takes off what programs put around the names of folders.
func trimmed(dirs []string) []string {
	var out []string
	for _, d := range dirs {
		d, _ = cutSuffix(d, ".sbd", ".mbox")
		out = append(out, d)
	}
	switch n := len(out); {
	case n > 2 && out[0] == "Takeout":
		out = out[2:] // the second is Mail in the owner's language
	case n == 2 && out[0] == "Takeout":
		return nil
	}
	for i := 0; i+2 < len(out); i++ {
		local := out[i] == "Mail" && (out[i+1] == "Local Folders" || strings.Contains(out[i+1], "."))
		if out[i] == "ImapMail" || local { // Thunderbird's profile
			out = out[i+2:]
			break
		}
	}
	if len(out) == 1 && strings.HasPrefix(out[0], "All mail") {
		return nil // of Takeout: the labels tell
	}
	return out
}

// exactFolder is the folder whose name an export gave to its files.
func exactFolder(file string, f Format) []string {
	dir, name := path.Split(path.Clean(file))
	dirs := strings.FieldsFunc(dir, func(r rune) bool { return r == '/' })
	switch f {
	case FormatMaildir:
		return maildirFolder(dirs[:max(0, len(dirs)-1)])
	case FormatMbox:
		box, _ := cutSuffix(name, ".mbox")
		dirs = append(dirs, box)
	}
	return decoded(dirs)
}

// maildirFolder is the folder of a Maildir, by its path: .A.B in a Maildir is
// A/B (Maildir++), and the Maildir itself the inbox.
func maildirFolder(dirs []string) []string {
	if len(dirs) == 0 {
		return []string{Inbox}
	}
	last := dirs[len(dirs)-1]
	if len(last) > 1 && last[0] == '.' && !strings.EqualFold(last, ".maildir") {
		return decoded(strings.FieldsFunc(last, func(r rune) bool { return r == '.' }))
	}
	if strings.EqualFold(strings.TrimPrefix(last, "."), "Maildir") {
		return []string{Inbox}
	}
	return decoded(trimmed(dirs))
}

func decoded(names []string) []string {
	var out []string
	for _, n := range names {
		out = append(out, DecodeName(n))
	}
	return out
}

// utf7 is the base64 of modified UTF-7.
var utf7 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding).Strict()

// DecodeName undoes modified UTF-7 (RFC 3501, section 5.1.3), in which Maildir++
// and Thunderbird name folders. A name that is none comes back as it is.
func DecodeName(name string) string {
	var out strings.Builder
	for rest := name; ; {
		plain, after, ok := strings.Cut(rest, "&")
		out.WriteString(plain)
		if !ok {
			return out.String()
		}
		code, after, ok := strings.Cut(after, "-")
		if !ok {
			return name
		}
		rest = after
		if code == "" {
			out.WriteByte('&')
			continue
		}
		b, err := utf7.DecodeString(code)
		if err != nil || len(b)%2 != 0 {
			return name
		}
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
		}
		text := string(utf16.Decode(units))
		if strings.ContainsRune(text, utf8.RuneError) {
			return name
		}
		out.WriteString(text)
	}
}

// EncodeName writes a folder's name with the characters encoded that odd picks,
// by their place in octets, as modified UTF-7 encodes those that are not ASCII.
// DecodeName undoes it.
func EncodeName(name string, odd func(at int, r rune) bool) string {
	var out strings.Builder
	var run []uint16
	flush := func() {
		if len(run) == 0 {
			return
		}
		b := make([]byte, 0, 2*len(run))
		for _, u := range run {
			b = append(b, byte(u>>8), byte(u))
		}
		out.WriteString("&" + utf7.EncodeToString(b) + "-")
		run = run[:0]
	}
	for i, r := range name {
		switch {
		case odd(i, r):
			run = utf16.AppendRune(run, r)
		case r == '&':
			flush()
			out.WriteString("&-")
		default:
			flush()
			out.WriteRune(r)
		}
	}
	flush()
	return out.String()
}
