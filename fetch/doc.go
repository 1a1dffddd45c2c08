// Package fetch takes mail from upstream maildrops into custody.
//
// A round is mostly one session with one upstream: list, ask the ledger what
// was taken before for this owner, retrieve what is new into parcels, hand them
// to the sink, make sure of what was taken before and is due, delete what is
// safe, QUIT. The package knows no network and no storage: a Dialer gives it
// maildrops, a Sink takes its parcels, a Ledger remembers.
//
// # The custody rule
//
// Sink.Deliver returning nil means that the bytes and the row are on stable
// storage. Only such a message is ever marked for deletion upstream, and a
// deletion counts as done only when the upstream has answered +OK to QUIT.
// A round that breaks anywhere leaves the upstream copies where they are; what
// was delivered already is known by its receipt, and not delivered twice.
//
// What is safe is known by its number in the listing and for one session only:
// the one in which it was retrieved, or its header seen. No session deletes what
// only another one saw.
//
// # Messages that break sessions
//
// A message may break the session each time it is asked for: its transfer stops,
// the upstream hangs up, or it has no end (Options.MaxSize). The round then
// goes on in a next session without it, six sessions at most, and one of them
// comes to its end and deletes. Such messages are in Summary.Failed. They are
// tried in a session of their own behind all others; those that break it too are
// left in peace for ten minutes, then for twice as long each time. This holds in
// a process of one round too; only the peace needs memory. From the third
// session on a round begins anywhere among what is left, so that some bad
// messages cannot wall in the good ones round after round.
//
// # Why
//
// A UIDL should name one message for ever (RFC 1939, section 7), but servers
// renumber, repeat and reuse them. So a UIDL alone never proves that a message
// is safe here. A known one whose listed size changed is retrieved again; one
// that is to be deleted in a later session than the one it was retrieved in is
// deleted only when its header (TOP n 0) is the one seen then, and is
// retrieved again otherwise. Retrieving a known message again is cheap: the
// archive knows its digest, and keeps a second receipt instead of a second
// copy.
//
// Mail under a known UID and of the same size is looked at only when it is to be
// deleted: to look at all of it would be a round trip a message a round. But
// once a round finds one UID that names another message than before, it checks
// the known ones too. It does so also where all UIDs are the message numbers,
// which may be an upstream without a memory.
//
// New mail comes before the headers of old, so that an upstream which breaks at
// TOP delays deletions at most; it is not asked for headers again in the round,
// but for the messages. Both are bounded, 5,000 a round, since a change of the
// policy may make all mail due at once.
//
// Several parcels are with the sink at a time, so that it can commit them in
// groups: one fsync for many messages, and the rule costs no throughput.
package fetch
