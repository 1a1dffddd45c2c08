// Package index keeps mail: it archives what the filter sorted, remembers it in
// rows, teaches the owners' models, and gives maildrops to serve.
//
// The bytes go to a log of segments (index/blob), the rows to a database
// (index/record), and a catalogue for searching follows the change feed by
// itself (index/search). The segment is the truth: each record's meta holds
// all that a row needs, UIDL included, so that rows lost in a crash are
// replayed at the next start, and a lost database is rebuilt without a UIDL
// changing.
//
// # Order of a commit
//
// Bytes to the segment, fdatasync, then rows, receipts and change numbers in
// one transaction, then the answer. A crash after the first step leaves a
// record without a row: New replays it. A crash before leaves nothing, and the
// upstream still has the message. Shelve answers nil only after both.
//
// # Why
//
// Whoever calls Shelve while a commit is under way waits and goes with the
// next one, whose first caller leads it. So one message alone waits for
// nobody, a hundred at once share one fsync, and there is no timer to tune and
// no goroutine to stop.
//
// A message's UID is random (80 bits), not counted: no two databases, restores
// or rebuilds can ever give one UID to two messages.
package index
