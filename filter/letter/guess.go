package letter

// guessMost is how many octets are looked at to guess a charset.
const guessMost = 16 << 10

// guessCharset tells the charset of text in Japanese, Chinese or Korean that has no
// label; empty for any other. It goes by how these charsets lay out the characters that
// are many in a text: kana and the first level of kanji, the first level of hanzi,
// Hangul. Text in Latin, Greek and Cyrillic letters has octets above 127 alone or
// in runs of any length, where these come in pairs.
func guessCharset(data []byte) string {
	data = data[:min(len(data), guessMost)]
	for len(data) > 0 && len(data) == guessMost && data[len(data)-1] >= 0x80 {
		data = data[:len(data)-1] // it may be half a pair, or the second of one cut in two
	}
	if wideMark(data) != "" {
		return ""
	}
	if name := guessEUC(data); name != "" {
		return name
	}
	if looksShiftJIS(data) {
		return "shift_jis"
	}
	if looksBig5(data) {
		return "big5"
	}
	return ""
}

// guessEUC tells the charsets whose pairs are of two octets from 0xA1 on.
func guessEUC(data []byte) string {
	pairs, kana, hangul, hanzi := 0, 0, 0, 0
	for i := 0; i < len(data); i++ {
		c := data[i]
		if c < 0x80 {
			continue
		}
		if c < 0xa1 || i+1 == len(data) || data[i+1] < 0xa1 {
			return ""
		}
		i++
		if c == 0xa1 || c == 0xa3 { // punctuation, and wide letters
			continue
		}
		pairs++
		switch {
		case c == 0xa4 || c == 0xa5:
			kana++
		case c >= 0xb0 && c <= 0xc8:
			hangul++
			hanzi++
		case c >= 0xb0 && c <= 0xd7:
			hanzi++
		}
	}
	switch {
	case pairs < 2:
		return ""
	case 5*kana >= pairs:
		return "euc-jp"
	case pairs >= 8 && 10*hangul >= 9*pairs:
		return "euc-kr"
	case 10*hanzi >= 8*pairs:
		return "gb18030"
	}
	return ""
}

// paired counts pairs of octets by what they are likely to be.
type paired struct {
	common, other int // characters that are many in text, and those that are few
	runs, alone   int // of pairs side by side, and of these that are one pair
	run           int
}

func (p *paired) add(common bool) {
	if common {
		p.common++
	} else {
		p.other++
	}
	p.run++
}

// end ends a run of pairs.
func (p *paired) end() {
	if p.run > 0 {
		p.runs++
	}
	if p.run == 1 {
		p.alone++
	}
	p.run = 0
}

// likely tells text from chance.
func (p *paired) likely() bool {
	p.end()
	return p.common >= 2 && 4*p.other <= p.common && 3*p.alone <= p.runs
}

// looksShiftJIS tells Shift_JIS: JIS X 0208, annex 1.
func looksShiftJIS(data []byte) bool {
	var p paired
	narrow := 0 // katakana of one octet
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case c < 0x80:
			p.end()
			continue
		case c >= 0xa1 && c <= 0xdf:
			narrow++
			continue
		}
		if i+1 == len(data) || c < 0x81 || c == 0xa0 || c > 0xfc {
			return false
		}
		i++
		d := data[i]
		if d < 0x40 || d == 0x7f || d > 0xfc {
			return false
		}
		switch {
		case c == 0x81: // punctuation
			p.run++
		default:
			p.add(c == 0x82 && d >= 0x4f || c == 0x83 && d <= 0x96 || c >= 0x88 && c <= 0x9f || c >= 0xe0 && c <= 0xea)
		}
	}
	return p.likely() && narrow <= p.common
}

// looksBig5 tells Big5.
func looksBig5(data []byte) bool {
	var p paired
	low := 0 // second octets below 128
	for i := 0; i < len(data); i++ {
		c := data[i]
		if c < 0x80 {
			p.end()
			continue
		}
		if i+1 == len(data) || c < 0xa1 || c > 0xf9 {
			return false
		}
		i++
		d := data[i]
		if d < 0x40 || d > 0x7e && d < 0xa1 || d == 0xff {
			return false
		}
		if d < 0x80 {
			low++
		}
		if c < 0xa4 { // punctuation
			p.run++
			continue
		}
		p.add(c <= 0xc6)
	}
	return p.likely() && 8*low >= p.common
}
