package letter

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// aliases are labels met in mail that the Encoding Standard does not list.
// An empty value means that the label says nothing.
var aliases = map[string]string{
	"ansi_x3.4-1968": "", "us-ascii": "", "ascii": "", "iso-8859-1-us-ascii": "", "iso646-us": "", "646": "",
	"x-unknown": "", "unknown": "", "unknown-8bit": "", "x-user-defined": "", "default": "", "default_charset": "",
	"_charset": "", "%charset": "", "none": "", "binary": "", "charset": "", "8bit": "", "7bit": "",
	"utf": "utf-8", "utf8mb4": "utf-8", "utf-8n": "utf-8", "x-utf_8j": "utf-8", "utf_8": "utf-8", "cp65001": "utf-8",
	"gb2312": "gb18030", "gb_2312": "gb18030", "gb_2312-80": "gb18030", "gbk": "gb18030", "cp936": "gb18030",
	"x-gbk": "gb18030", "gb-2312": "gb18030", "euc-cn": "gb18030", "x-euc-cn": "gb18030", "ms936": "gb18030",
	"cp950": "big5", "ms950": "big5", "big-5": "big5",
	"cp932": "shift_jis", "sjis": "shift_jis", "x-ms-cp932": "shift_jis", "shift-jis": "shift_jis",
	"iso-2022-jp-1": "iso-2022-jp", "iso-2022-jp-2": "iso-2022-jp", "iso-2022-jp-3": "iso-2022-jp",
	"iso-2022-jp-ms": "iso-2022-jp", "cp50220": "iso-2022-jp", "cp50221": "iso-2022-jp", "jis": "iso-2022-jp",
	"eucjp": "euc-jp", "ujis": "euc-jp", "eucjp-ms": "euc-jp", "cp51932": "euc-jp",
	"cp949": "euc-kr", "ms949": "euc-kr", "uhc": "euc-kr", "ks_c_5601": "euc-kr", "euckr": "euc-kr",
	"cp1250": "windows-1250", "cp1251": "windows-1251", "cp1252": "windows-1252", "win-1251": "windows-1251",
	"windows1251": "windows-1251", "windows1252": "windows-1252", "cp-1251": "windows-1251", "win1251": "windows-1251",
	"iso8859_1": "windows-1252", "iso-8859_1": "windows-1252", "iso-8859": "windows-1252", "latin-1": "windows-1252",
	"iso-8859-1-windows-3.1-latin-1": "windows-1252", "ansi": "windows-1252", "iso 8859-1": "windows-1252",
	"koi8": "koi8-r", "koi-8": "koi8-r", "koi-8-r": "koi8-r", "cp878": "koi8-r",
	"cp437": "windows-1252", "ibm437": "windows-1252", "x-mac-roman": "macintosh",
}

const utf7 = "utf-7" // RFC 2152; the one charset here that x/text does not have

// canonical brings a label into the form that lookup knows.
func canonical(label string) string {
	label = strings.ToLower(strings.Trim(label, " \t\"'<>;,*"))
	if name, ok := aliases[label]; ok {
		return name
	}
	switch label {
	case "utf8":
		return "utf-8"
	case "utf7", "unicode-1-1-utf-7", "x-unicode-2-0-utf-7", "unicode-2-0-utf-7":
		return utf7
	}
	return label
}

// lookup gives the encoding for a label, nil where there is none.
func lookup(name string) encoding.Encoding {
	switch name {
	case "":
		return nil
	case "hz-gb-2312", "hz-gb2312", "hz":
		return simplifiedchinese.HZGB2312
	case "cp850", "ibm850":
		return charmap.CodePage850
	case "cp437", "ibm437":
		return charmap.CodePage437
	case "iso-8859-9", "latin5":
		return charmap.Windows1254
	}
	enc, found := charset.Lookup(name)
	if found == "replacement" {
		return nil // what browsers refuse; it would turn all words into one sign
	}
	return enc
}

// known tells a label that says something.
func known(label string) bool {
	name := canonical(label)
	return name == utf7 || lookup(name) != nil
}

// decodeCharset turns data into valid UTF-8 and says whether it fitted its
// label. What has no label or a useless one is UTF-16 if it has its mark, UTF-8 if it
// can be, then ISO-2022-JP if it has its escapes, else windows-1252.
func decodeCharset(data []byte, label string) (s string, fits bool) {
	name := canonical(label)
	switch {
	case name == "utf-8":
		return decodeUTF8(data)
	case name == utf7:
		return decodeUTF7(data), true
	case strings.HasPrefix(name, "utf-16"):
		if bytes.IndexByte(data, 0) < 0 && wideMark(data) == "" {
			return sniff(data), false // the label speaks of the sender's memory
		}
	case isASCII(data):
		return string(data), name == "" || lookup(name) != nil
	}
	enc := lookup(name)
	if enc == nil {
		return sniff(data), label == ""
	}
	out, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return sniff(data), false
	}
	return strings.ToValidUTF8(string(out), "\uFFFD"), true
}

// toUTF8 turns data into valid UTF-8 by its label or, where that is of no use
// and data is not UTF-8, by the fallback label.
func toUTF8(data []byte, label, fallback string) string {
	if canonical(label) == "" && !utf8.Valid(data) {
		label = fallback
	}
	s, _ := decodeCharset(data, label)
	return s
}

// decodeUTF8 takes data as UTF-8 unless most of what is not ASCII speaks
// against it.
func decodeUTF8(data []byte) (string, bool) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if utf8.Valid(data) {
		return string(data), true
	}
	good, bad := 0, 0
	for b := data; len(b) > 0; {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		b = b[n:]
	}
	if bad > good {
		return sniff(data), false
	}
	return strings.ToValidUTF8(string(data), "\uFFFD"), false
}

// sniff decodes text without a useful label.
func sniff(data []byte) string {
	var enc encoding.Encoding = charmap.Windows1252
	switch {
	case wideMark(data) != "":
		enc, data = lookup(wideMark(data)), data[2:]
	case bytes.Contains(data, []byte("\x1b$B")) || bytes.Contains(data, []byte("\x1b$@")):
		enc = lookup("iso-2022-jp")
	case utf8.Valid(data):
		return string(data)
	}
	out, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		out = data
	}
	return strings.ToValidUTF8(string(out), "\uFFFD")
}

// wideMark gives the charset that a byte order mark tells; empty for UTF-8 and none.
func wideMark(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return "utf-16le"
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return "utf-16be"
	}
	return ""
}

// isASCII tells octets that mean the same in nearly every charset: no octet
// above 127 and no escape that switches sets. HZ is switched by a tilde, and
// nobody but HZ mail writes ~{.
func isASCII(data []byte) bool {
	for _, c := range data {
		if c >= 0x80 || c == 0x1b {
			return false
		}
	}
	return !bytes.Contains(data, []byte("~{"))
}

// metaCharset gives the charset that markup states of itself.
func metaCharset(data []byte) string {
	if utf8.Valid(data) {
		return ""
	}
	_, name, certain := charset.DetermineEncoding(data[:min(len(data), 1024)], "")
	if !certain && name == "windows-1252" {
		return "" // its default
	}
	return name
}
