package mail

// example is a line of the help beside the search.
type example struct{ Example, Key string }

// Help shows the query language by example.
func (*listData) Help() []example {
	return []example{
		{`invoice acme`, "help.words"}, {`"annual report"`, "help.phrase"}, {`-draft`, "help.without"}, {`invoice OR bill`, "help.either"}, {`{invoice bill}`, "help.either"},
		{`from:ada`, "help.from"}, {`to:me`, "help.me"}, {`subject:invoice`, "help.subject"}, {`has:pdf`, "help.has"}, {`in:spam`, "help.in"},
		{`after:2024-05`, "help.after"}, {`newer:2w`, "help.newer"}, {`larger:5M`, "help.larger"}, {`inv*`, "help.prefix"}, {`recieve~`, "help.like"},
	}
}
