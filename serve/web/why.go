package web

import (
	"restante/filter"
	"restante/serve/web/words"
)

// Why says in a language what a reason means; ok is false where there are no words
// for it in any but its own. The languages know the rules that come with the program
// and the owner's own word. A rule of a known name may have been replaced by
// somebody's own, or have meant something else when the message came: it is known by
// its name only where the text is that which the English words make of it.
func Why(l *words.Language, r filter.Reason) (text string, ok bool) {
	key := "rule." + r.Name
	values := make([]any, len(r.Values))
	for i, v := range r.Values {
		values[i] = v
	}
	if words.ByCode("en").Say(key, values...) != r.Text {
		return "", false
	}
	return l.Say(key, values...), true
}
