package letter

import "strings"

// bareLinks adds to links the URLs that stand in text, until there are limit.
// A URL is what begins with http://, https://, ftp:// or www. at the start of
// a word, and goes on to a blank, a quote or an angle bracket; punctuation at
// its end belongs to the sentence.
func bareLinks(links []Link, text string, limit int) []Link {
	for len(links) < limit {
		at := nextURL(text)
		if at < 0 {
			break
		}
		n := strings.IndexFunc(text[at:], func(r rune) bool {
			return r <= ' ' || r == '<' || r == '>' || r == '"' || r == '\u00a0' || r == '\u3000' || r == '\uFFFD'
		})
		if n < 0 {
			n = len(text) - at
		}
		url := strings.TrimRight(Clip(text[at:at+n], maxURL), ".,;:!?'*_~|]}")
		if strings.HasSuffix(url, ")") && !strings.Contains(url, "(") {
			url = strings.TrimRight(url, ").,;:!?'")
		}
		if i := strings.IndexByte(url, ':'); len(url) > i+3 {
			links = append(links, Link{URL: url})
		}
		text = text[at+n:]
	}
	return links
}

// nextURL gives where the next URL begins, or -1. Both marks are looked for
// again only when passed, so that the cost is linear.
func nextURL(text string) int {
	for from := 0; from < len(text); {
		i := strings.IndexAny(text[from:], ":wW")
		if i < 0 {
			return -1
		}
		i += from
		if text[i] == ':' {
			if start := schemeStart(text, i); start >= 0 && strings.HasPrefix(text[i:], "://") {
				return start
			}
		} else if (i == 0 || !wordByte(text[i-1])) && len(text) > i+4 && strings.EqualFold(text[i:i+4], "www.") && wordByte(text[i+4]) {
			return i
		}
		from = i + 1
	}
	return -1
}

// schemeStart gives where a known scheme that ends at end begins, or -1.
func schemeStart(text string, end int) int {
	for _, scheme := range []string{"https", "http", "ftp"} {
		start := end - len(scheme)
		if start >= 0 && strings.EqualFold(text[start:end], scheme) {
			return start
		}
	}
	return -1
}

func wordByte(c byte) bool {
	return c >= 0x80 || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '-' || c == '.' || c == '@' || c == '/'
}
