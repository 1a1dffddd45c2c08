package sanitize

import (
	"regexp"
	"sync"

	"github.com/microcosm-cc/bluemonday"
)

// Forms of attribute values.
var (
	isColour  = regexp.MustCompile(`^(?:#?[0-9a-fA-F]{3,8}|[a-zA-Z]{3,24})$`)
	isLength  = regexp.MustCompile(`^[0-9]{1,5}(?:\.[0-9]{1,4})?(?:px|%)?$`)
	isNumber  = regexp.MustCompile(`^[0-9]{1,5}$`)
	isSize    = regexp.MustCompile(`^[+-]?[0-9]{1,2}$`)
	isWord    = regexp.MustCompile(`^[a-zA-Z-]{1,20}$`)
	isFaces   = regexp.MustCompile(`^[\p{L}\p{N} ,'"_-]+$`)
	isLang    = regexp.MustCompile(`^[a-zA-Z0-9-]{1,35}$`)
	isPlain   = regexp.MustCompile(`^[^\x00-\x1f]*$`)
	isLink    = regexp.MustCompile(`^(?:https?://|mailto:)[^\s<>"]+$`)
	isPicture = regexp.MustCompile(`^(?:https?://|/|data:image/(?:png|gif|jpeg|webp);base64,)[^\s<>"]+$`)
	isStyle   = regexp.MustCompile(`^(?:[a-z-]+:[\p{L}\p{N} #%.,()+'/_-]+(?:;|$)|background-image:url\("[^\s<>"'()\\]+"\)(?:;|$))+$`)
	isRel     = regexp.MustCompile(`^noopener noreferrer nofollow$`)
	isTarget  = regexp.MustCompile(`^_blank$`)
)

// values are attributes and the form that each must have.
type values map[string]*regexp.Regexp

// everywhere may stand on every element.
var everywhere = values{
	"style": isStyle, "title": isPlain, "dir": isWord, "lang": isLang,
	"align": isWord, "valign": isWord, "bgcolor": isColour,
}

var cell = values{
	"width": isLength, "height": isLength, "colspan": isNumber, "rowspan": isNumber,
	"nowrap": isWord, "scope": isWord, "abbr": isPlain,
}

// elements are all that the output may hold, with what each may have beside
// the attributes that stand everywhere.
var elements = map[string]values{
	"a":   {"href": isLink, "rel": isRel, "target": isTarget},
	"img": {"src": isPicture, "alt": isPlain, "width": isLength, "height": isLength, "border": isNumber, "hspace": isNumber, "vspace": isNumber},

	"table": {"width": isLength, "height": isLength, "border": isNumber, "bordercolor": isColour, "cellpadding": isLength,
		"cellspacing": isLength, "summary": isPlain, "rules": isWord, "frame": isWord},
	"caption": nil, "thead": nil, "tbody": nil, "tfoot": nil, "tr": {"height": isLength}, "td": cell, "th": cell,
	"colgroup": {"span": isNumber, "width": isLength}, "col": {"span": isNumber, "width": isLength},

	"font": {"color": isColour, "face": isFaces, "size": isSize},
	"hr":   {"color": isColour, "size": isNumber, "width": isLength, "noshade": isWord},
	"br":   {"clear": isWord}, "wbr": nil,
	"ol": {"start": isNumber, "type": isListType, "reversed": isWord}, "ul": {"type": isListType}, "li": {"value": isNumber, "type": isListType},
	"dl": nil, "dt": nil, "dd": nil, "dir": nil, "menu": nil,

	"div": nil, "p": nil, "span": nil, "center": nil, "blockquote": nil, "pre": nil, "address": nil,
	"h1": nil, "h2": nil, "h3": nil, "h4": nil, "h5": nil, "h6": nil,
	"article": nil, "aside": nil, "figcaption": nil, "figure": nil, "footer": nil, "header": nil, "main": nil, "nav": nil, "section": nil,

	"abbr": nil, "acronym": nil, "b": nil, "bdi": nil, "bdo": nil, "big": nil, "cite": nil, "code": nil, "del": nil, "dfn": nil,
	"em": nil, "i": nil, "ins": nil, "kbd": nil, "mark": nil, "q": nil, "rp": nil, "rt": nil, "ruby": nil, "s": nil, "samp": nil,
	"small": nil, "strike": nil, "strong": nil, "sub": nil, "sup": nil, "time": nil, "tt": nil, "u": nil, "var": nil,
}

var isListType = regexp.MustCompile(`^(?:[aAiI1]|disc|circle|square)$`)

// policy is the second pass. It is made once: a policy may be used by several
// goroutines when nobody changes it any more.
var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(true) // the caller's own addresses of pictures; the form of a link forbids them
	p.AllowURLSchemes("http", "https", "mailto", "data")
	var names []string
	for name, attrs := range elements {
		names = append(names, name)
		for attr, form := range attrs {
			p.AllowAttrs(attr).Matching(form).OnElements(name)
		}
	}
	p.AllowNoAttrs().OnElements(names...)
	p.AllowElements(names...)
	for attr, form := range everywhere {
		p.AllowAttrs(attr).Matching(form).Globally()
	}
	return p
})
