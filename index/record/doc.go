// Package record keeps the rows: messages, receipts, changes, lessons, models
// and users, devices and their views, what expired and what is held, and what the
// fetcher remembers of messages that it left upstream or deleted there, in SQLite or
// in PostgreSQL.
//
// One SQL text serves both engines: $1 placeholders, RETURNING, ON CONFLICT,
// integers for time (Unix nanoseconds) and no vendor function; the schema
// spells three words in two ways. The package recordtest is the contract that
// both keep.
//
// What it promises:
//
//   - Add is one commit: messages, receipts, change numbers and position. The
//     same call again changes nothing, so that segments can be replayed.
//   - An owner's change numbers grow by one, without gaps, in the order of the
//     commits.
//   - Every call with an owner sees and changes that owner's rows only; what is
//     another's is index.ErrNotFound.
//   - Teach, Place, Undo, SaveModel, Dismiss, Redeliver, Sight, Note, Mark,
//     what is done to users, devices and holds, and every step of an expiry survive
//     a power cut once they returned.
//     Add, Receipts, Rename and Settle survive a crash of the program; a power cut
//     may undo the last of them, with the position. What was added is replayed then;
//     what was renamed or settled is found out again in the next listing.
//   - No call takes longer than Options.Timeout, but for Dump, Knowledge, Load,
//     Begin and Learn, which take as long as there are rows.
//   - A dump holds every table as of one moment, and makes the same database anew
//     on either engine, of a later version of the schema too.
//
// One process at a time writes; others may read a SQLite file beside it. The
// file has -wal and -shm beside it and must lie on a local disk.
//
// # Why
//
// The segments are the truth of what was received, so Add need not wait for a
// second fsync: SQLite's write-ahead log with synchronous=NORMAL stays whole
// after a power cut and may lose its last commits
// (https://sqlite.org/pragma.html#pragma_synchronous). What nothing else knows
// is committed under synchronous=FULL, which also makes every earlier commit
// durable. Receipts is not: at worst a message is fetched once more, and then
// recognised by its digest.
//
// SQLite has one writer whatever one does: one connection that begins its
// transactions immediately waits in Go, in order, where two would fail with
// SQLITE_BUSY halfway. Readers have a pool of their own.
//
// The change number is taken by updating the owner's row inside the writing
// transaction. A sequence of the database would let a follower pass a smaller
// number that commits later, and miss mail.
//
// A listing is one row with all lines in one text, by the one aggregate that both
// engines have (string_agg, PostgreSQL 9.0 and SQLite 3.44): a row handed over by
// database/sql costs twice what the engine needs to find it. Whoever remembers one
// asks which messages were written since, and reads those alone.
//
// A receipt outlives its message: without it, mail that expired here and lies
// upstream still would be fetched again. So it names a message's number, and who
// asks for an owner's receipts looks among the tombstones too.
//
// A dump is text of one kind for both engines, not a file of one of them: it can
// be read without us, moved between engines, and loaded by a later version. The
// knowledge is the part of it that the segments cannot give back. It goes by UIDs,
// because rows made anew have other numbers, and those of before are never used
// again: tombstones name them. Recall comes before Learn and reads older knowledge,
// of messages that an earlier making missed and that came back since.
//
// The migrations are forty lines and not a library, because each statement must
// run on both engines anyway, and all of them in the one transaction that also
// looks whether the schema is newer than the program.
package record
