package entry

import (
	"net/http"
	"strings"
)

// agentMost is what is kept of what a browser calls itself, in octets.
const agentMost = 200

// agent is what a browser calls itself, as far as it is kept.
func agent(r *http.Request) string {
	s := strings.ToValidUTF8(r.UserAgent(), "")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	return strings.ToValidUTF8(s[:min(len(s), agentMost)], "")
}

// sign is by what something is known.
type sign struct{ piece, name string }

// Most browsers call themselves by the names of others too, and most systems: the
// first that is there counts.
var (
	browsers = []sign{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Vivaldi/", "Vivaldi"}, {"SamsungBrowser/", "Samsung Internet"}, {"FxiOS/", "Firefox"},
		{"Firefox/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = []sign{
		{"Windows NT", "Windows"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"CrOS", "ChromeOS"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
	}
)

// browser is what people call a browser and what it runs on: they know neither by
// what it calls itself, which is given where it says nothing known.
func browser(agent string) string {
	var known []string
	for _, signs := range [][]sign{browsers, systems} {
		for _, s := range signs {
			if strings.Contains(agent, s.piece) {
				known = append(known, s.name)
				break
			}
		}
	}
	if len(known) == 0 {
		return agent
	}
	return strings.Join(known, ", ")
}
