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
// Each deletion has its row before the upstream hears of it (Deletions.Mark, one
// commit a session), naming the message that stays and why it was safe, and only
// where a receipt says that there is one. Its last word comes with the answer to
// QUIT. Where that was lost, or the process died, the next listing tells: what is
// listed was not deleted, unless it is other mail under the same UID by now; what
// is not listed is gone. So no crash leaves a deletion without a row, and a row of
// one that did not happen says so until the next one of that message.
//
// # Messages that cannot be taken
//
// A message may break the session each time it is asked for: its transfer stops,
// the upstream hangs up, or it has no end (Options.MaxSize). The round then
// goes on in a next session without it, six sessions at most, and one of them
// comes to its end and deletes. Such messages are in Summary.Failed. They are
// tried in a session of their own behind all others; those that break it too are
// left in peace for ten minutes, then for twice as long, a day at most. From the
// third session on a round begins anywhere among what is left, so that some bad
// messages cannot wall in the good ones round after round. An upstream that wants
// time between two logins (LOGIN-DELAY) gets one session a round: what breaks it is
// tried in a round that has nothing else to do.
//
// What could not be taken is noted by UID, with the rounds in which it was tried.
// After three it is left alone for an hour, then for twice as long, a week at most,
// and is in Summary.Skipped; it is tried before if its size changes or its note is
// forgotten. What the archive or the spool does not take is tried in each round: a
// full disk is no message's fault. Nor is a round that is called off.
//
// # Policies
//
// A message over the account's largest size stays upstream, noted. With
// HeadersOnly its header is taken as a message of its own, as TOP gave it, with
// the field X-Restante-Headers-Only before it. Its receipt goes by a name that no
// upstream can give, so that it never stands for the message: that one is never
// deleted for it, and is fetched whole once it may be as large.
//
// With Recent, all that is there at the first listing is noted as passed over,
// on stable storage, before anything is taken. It is neither fetched nor deleted
// until the policy is another. Mail without a UID cannot be told from new mail:
// it is taken, and not deleted. Neither is what is taken in a storm and was not
// known before, nor what has another size than the mail passed over under its UID.
//
// MostMessages and MostBytes bound a round; the rest is Summary.Left, and comes in
// the next ones, ahead of known mail of which the size is another now. Mail without
// UIDs is outside of them: it has to come each time to be known.
//
// # UIDs that change
//
// Where more than half of the mail that should be upstream is gone and twenty
// new messages or more are there, eight headers are asked for. If six are those
// of missing mail, and one of these comes with the header that was shown, it is a
// storm: a server moved, or its index was made anew.
// Each message whose size a missing one had is then looked at, 5,000 a round, and
// gets the receipt of the one whose size and header it has. The sample proves
// nothing of any message. What is not known by its own header is retrieved; what
// could not be looked at waits, neither retrieved nor deleted.
//
// # At once
//
// One round an account, one a maildrop (the same host and user), Options.PerHost
// a host, Options.Concurrency in all.
//
// # Why
//
// A UIDL should name one message for ever (RFC 1939, section 7), but servers
// renumber, repeat and reuse them. So a UIDL alone never proves that a message is
// safe here. A known one whose listed size changed is retrieved again; one that is
// to be deleted in a later session than the one it was retrieved in is deleted only
// when its header (TOP n 0) is the one seen then, with a Message-ID or a Received
// field of its own, and is retrieved again otherwise. Retrieving a known message
// again is cheap: the archive knows its digest, and keeps a second receipt instead
// of a second copy.
//
// Mail under a known UID and of the same size is looked at only when it is to be
// deleted: to look at all of it would be a round trip a message a round. But four
// of it are looked at each hour, the newest among them, whose number a server that
// counts on from its last message gives again. Once a round finds one UID that
// names another message than before, it checks the known ones too. It does so
// also where all UIDs are the message numbers, which may be an upstream without a
// memory. The first that shows another header is retrieved at once: some upstreams
// show no header twice, or other messages' headers, and are not believed then. One
// that shows a known header for another message, and never an unknown one, would
// be; to retrieve what is deleted would cost each message twice.
//
// A row for a deletion is written ahead, and not behind: behind QUIT it is too
// late to find out that the database is away. Asking the next listing costs
// nothing, since it comes anyway.
//
// A storm could be ridden by the sample alone, at eight round trips for the lot.
// But new mail of the size of an old one would be taken for it, and never be
// fetched. A header costs a fraction of the mail, and a second commit none.
//
// The upstream's own data (UW IMAP's first message of a folder, with X-IMAP) is
// no mail, and deleting it would cost the folder its state: it is neither
// archived nor deleted.
//
// New mail comes before the headers of old, so that an upstream which breaks at
// TOP delays deletions at most; it is not asked for headers again in the round,
// but for the messages. Both are bounded, 5,000 a round, since a change of the
// policy may make all mail due at once.
//
// Several parcels are with the sink at a time, so that it can commit them in
// groups: one fsync for many messages, and the rule costs no throughput.
package fetch
