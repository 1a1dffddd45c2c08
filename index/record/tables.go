package record

// table is a table as a dump knows it. Each that a file of the schema makes has
// a line in tables, and a test wants it so: what is forgotten there would be
// missing on the day that the dump is needed.
type table struct {
	name  string
	since int    // the version of the schema that made it
	key   string // by which its rows are dumped in order; empty: it has one row
	ids   bool   // it numbers its rows itself, in the column id
	known known
}

// known is what of a table goes into the knowledge: into what the segments do
// not know.
type known struct {
	none    bool     // nothing: it follows from the segments and the rest
	columns []string // these; nil: all
	message string   // the column that has a message's number, if any
	alone   bool     // a row is worth keeping without its message
}

// goesWithMessage tells of tables whose rows say what became of a message, and
// are nothing without it.
func (t table) goesWithMessage() bool { return t.known.message != "" && !t.known.alone }

// derived follows from the segments, or from other rows.
var derived = known{none: true}

// knownMessages is what the segments do not know of a message, and what it goes
// by.
var knownMessages = []string{"id", "owner", "uid", "mailbox", "class", "listed"}

// tables are all tables, in the order in which they are dumped and loaded, but
// for schema_version, which the head of a dump is.
//
// A model follows from the lessons, which are kept for ever. Changes are
// numbered anew with the rows, under another identity of the database. What was
// shown as about to expire is shown anew, and who was signed in signs in anew.
// Tombstones and leftovers name messages
// that are not there, by the numbers that they had.
var tables = []table{
	{name: "state", since: 1, known: derived},
	{name: "users", since: 1, key: "name"},
	{name: "owners", since: 1, key: "name"},
	{name: "messages", since: 1, key: "id", ids: true,
		known: known{columns: knownMessages}},
	{name: "receipts", since: 1, key: "account, uid", known: known{message: "message"}},
	{name: "changes", since: 1, key: "owner, number", known: derived},
	{name: "lessons", since: 1, key: "owner, number"},
	{name: "models", since: 1, key: "owner", known: derived},
	{name: "notes", since: 2, key: "owner, account, uid"},
	{name: "deletions", since: 2, key: "id", ids: true, known: known{message: "message", alone: true}},
	{name: "standings", since: 2, key: "account"},
	{name: "quirks", since: 2, key: "account, quirk"},
	{name: "moved", since: 3, key: "owner, number, message", known: known{message: "message"}},
	{name: "holds", since: 4, key: "id", ids: true},
	{name: "expiring", since: 4, key: "message", known: derived},
	{name: "tombstones", since: 4, key: "id", ids: true},
	{name: "leftovers", since: 4, key: "message, segment, place", known: known{message: "message", alone: true}},
	{name: "devices", since: 5, key: "id", ids: true},
	{name: "hidden", since: 5, key: "device, mailbox, message", known: known{message: "message"}},
	{name: "deliveries", since: 5, key: "id", ids: true, known: known{message: "message"}},
	{name: "searches", since: 6, key: "owner, name"},
	{name: "sights", since: 7, key: "owner, name, message", known: known{message: "message"}},
	{name: "login_keys", since: 8, key: "owner, secret"},
	{name: "web_sessions", since: 9, key: "id", ids: true, known: derived},
	{name: "factors", since: 9, key: "owner"},
	{name: "recovery_codes", since: 9, key: "owner, code"},
	{name: "tokens", since: 9, key: "id", ids: true},
	{name: "senders", since: 11, key: "owner, name"},
}

// schemaTables gives the tables of a version of the schema.
func schemaTables(version int) []table {
	var all []table
	for _, t := range tables {
		if t.since <= version {
			all = append(all, t)
		}
	}
	return all
}
