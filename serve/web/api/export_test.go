package api

import "strings"

// Routes gives every route as the document has it: method, path and scopes.
func Routes() (all []string) {
	for _, r := range routes {
		all = append(all, strings.TrimSpace(r.method+" "+r.path+" "+strings.Join(r.scopes, " ")))
	}
	return all
}

// The bounds of streams.
const (
	StreamsMost = streamsMost
	Beat        = beat
	Slow        = slow
	AskingMost  = askingMost
)
