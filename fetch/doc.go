// Package fetch takes mail from upstream maildrops into custody.
//
// A round is one session with one upstream: list, ask the ledger what was
// taken before, retrieve what is new into parcels, hand them to the sink, and
// only then delete what the account's policy says. The package knows no
// network and no storage: a Dialer gives it maildrops, a Sink takes its
// parcels, a Ledger remembers.
//
// # The custody rule
//
// Sink.Deliver returning nil means that the bytes and the row are on stable
// storage. Only such a message is ever marked for deletion upstream, and a
// deletion counts as done only when the upstream has answered +OK to QUIT.
// A round that breaks anywhere leaves the upstream copies where they are; what
// was delivered already is known by its receipt, and not delivered twice.
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
// Several parcels are with the sink at a time, so that it can commit them in
// groups: one fsync for many messages, and the rule costs no throughput.
package fetch
