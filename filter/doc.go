// Package filter judges mail between the fetching and the keeping of it.
//
// A Sorter opens a parcel once (filter/letter), gathers evidence (scored
// rules, the owner's Bayesian model), makes a Verdict with reasons that a
// person can read, decides the mailbox, and hands on to a Shelf. It never
// refuses a message and never alters its bytes: a message that cannot be
// opened or judged is kept as unsure and says so.
//
// # How the evidence is joined
//
// The Bayesian score s is a probability; the rules' total r is in
// SpamAssassin's points, where 5 is spam. The verdict's score is
// logistic(logit(s) + 0.4·r), with r held within ±6. So rules alone reach
// the default spam cut-off of 0.9 only from 5.5 points on, and a model that is
// sure outvotes them.
//
// # What the owner said
//
// Before all evidence comes what the owner said himself: that these very bytes are
// ham or spam, by a lesson that stands, so that what was released is not caught when
// it comes again; else that a sender is allowed or blocked (filter/sender). Either
// decides alone, with a reason of its own at the head of the others. These are
// gathered all the same: they say what the message would be without it.
//
// # Why
//
// What the reader of the mail is told (X-Spam-* header fields) is made here,
// once, at delivery, and kept beside the message: the bytes that POP3 shows
// under one UIDL must never change (RFC 1939, section 7), however the model
// learns afterwards. The archived bytes stay as received, because a signature
// or a later filter must see what was sent.
package filter
