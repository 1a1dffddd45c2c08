package sanitize

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// attributes gives those attributes of an element that are on the list, in the
// order of their names. name is what it was called in the markup. The form of
// most is the second pass's care.
func (c *cleaner) attributes(name, tag string, z *html.Tokenizer) []html.Attribute {
	var out []html.Attribute
	var styles []string
	add := func(key, value string) { out = append(out, html.Attribute{Key: key, Val: value}) }
	seen := map[string]bool{}
	own := elements[tag]
	for more, n := true, 0; more && n < maxAttrs; n++ {
		var k, v []byte
		k, v, more = z.TagAttr()
		key := string(k)
		if seen[key] {
			continue // browsers take the first
		}
		seen[key] = true
		value := strings.Map(printable, string(v))
		switch {
		case key == "style":
			styles = append(styles, c.style(value)...)
		case key == "background":
			if at := c.remote(value); at != "" {
				styles = append(styles, image(at))
			}
		case name == "body":
			if prop := bodyStyles[key]; prop != "" && isColour.MatchString(value) {
				styles = append(styles, prop+":"+value)
			}
		case key == "href":
			if to := link(value); tag == "a" && to != "" {
				add("href", to)
				add("rel", "noopener noreferrer nofollow")
				add("target", "_blank")
			}
		case key == "src":
			if tag != "img" {
				continue
			}
			if at := c.picture(value); at != "" {
				add("src", at)
			}
		case key == "rel" || key == "target": // these are ours to say
		case own[key] != nil || everywhere[key] != nil:
			add(key, value)
		}
	}
	if len(styles) > 0 {
		add("style", strings.Join(styles, ";"))
	}
	slices.SortFunc(out, func(a, b html.Attribute) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// bodyStyles are the properties that stand for attributes of body.
var bodyStyles = map[string]string{"bgcolor": "background-color", "text": "color"}
