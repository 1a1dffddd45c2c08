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
// # What a filter learns
//
// Each act of teaching is a lesson: one commit of the change that it made to the
// owner's model, of the message's class and mailbox, and of how these were before.
// A lesson can be undone: its change is taken out of the model to the bit, and the
// mail goes back. About one message one lesson stands at most; a lesson that
// contradicts an earlier one takes that back in the same commit, and undoing it
// teaches the earlier one again.
//
// Of a class 20,000 lessons stand; older ones are taken back exactly, 200 at a
// time, so that a model has a bound and mail of long ago does not outvote what
// came since.
//
// The models live in memory while they are used, and up to a bound beyond. A
// model is its last snapshot and the lessons since, some 500 at most, so that it
// can be dropped at any time, by us or by a crash, and nothing is lost. No word
// of a message costs a query.
//
// # Views
//
// A maildrop is a view: of an owner's mailbox, or of several merged, with what its
// device deleted left out. The account's own view has Message.Listed for that; a
// device has a row for each message that it hid, and so has any view of what is no
// place of its own: the whole archive, a month of it, a saved search. DELE never
// takes anything from the archive. A message that moves to another mailbox is
// listed there by every view, whatever was deleted before, because that is new
// there; so a quarantine release needs nothing more.
//
// A view can be given a message again: a delivery is a row with a fresh UID that
// stands for the message, so size and octets are the same. It is listed while the
// message hangs where it hung then, and in place of the message itself, so that
// nothing is ever listed twice.
//
// What a saved search has found it goes on listing, in the order of first sight:
// mail programs take what comes back for new mail, and some delete what goes.
//
// # Two forms
//
// A message with raw UTF-8 in its header has a second form, with that header in
// ASCII (package downgrade), for mail programs that know no other. Its size is
// counted at delivery and kept beside that of the first, in the row and in the
// segment. Mail from before that was counted has none and is served as it came, also
// after a rebuild: what a UID shows never changes.
//
// # What expires
//
// Messages stay for ever unless a rule of retention lets them go, and nothing goes
// that was not shown first. ShowExpiring tells what is due and marks it: message,
// rule, when. Expire takes only what was marked long enough ago, is due under the
// same rule to the letter, and is kept by no hold. A rule that was changed, a
// message that was moved or taught otherwise, a hold that was lifted: each is shown
// anew. A hold is on all of an owner's mail or on what a query finds. Where it
// cannot be told what one finds, because the catalogue does not answer, is behind or
// does not know a message, nothing that it could be about goes.
//
// The order: tombstone, removal of the row and change number in one commit, which
// looks once more at the mark, at changes since and at new holds; then the bytes;
// then the tombstone says so. A crash between leaves tombstones whose bytes are
// still there: EraseExpired goes on with them, and a replay does not bring them
// back. Receipts and lessons stay, so that what lies upstream still is not fetched
// again, and what the filter learnt is not lost. Expired mail that comes again all
// the same, by an import say, is kept as a message of its own.
//
// # Why
//
// Whoever calls Shelve while a commit is under way waits and goes with the
// next one, whose first caller leads it. So a hundred at once share one fsync, and
// there is no goroutine to stop. Where mail comes several at a time the leader waits
// a millisecond at most until as many are there as the last time: else the first of
// ten has a commit of its own, and each ten cost two. One message alone, behind
// another that came alone, waits for nobody.
//
// A message's UID is random (80 bits), not counted: no two databases, restores
// or rebuilds can ever give one UID to two messages.
//
// Undoing reads the journal and not the letter, which may be gone, and would be
// read by a later tokenizer in another way. A journal that did not answer may
// have taken the lesson or not: the model is then read anew, because guessing
// either way would, half the time, count a lesson twice or never.
//
// Before a folder is taught, the filter may say that it is the wrong one (Doubt):
// one such folder undoes months of teaching, and the filter is the only one who
// can know.
package index
