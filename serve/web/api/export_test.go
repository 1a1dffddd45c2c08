package api

// Routes gives every route as the document has it: method, path and scope.
func Routes() (all []string) {
	for _, r := range routes {
		all = append(all, r.method+" "+r.path+" "+r.scope)
	}
	return all
}
