// Package sender knows whom an owner allows and whom he blocks: single addresses,
// and domains with all that lies below them.
//
// It promises:
//   - The nearest entry speaks: an address before its domain, and a domain before
//     the one that it lies in.
//   - A letter of several senders is allowed where each of them is, and blocked where
//     one of them is.
//   - A letter whose sender the provider refuted is not allowed for his sake.
//   - Entries and addresses are compared in one form, whatever case or writing of
//     international domains they come in.
//
// # Why
//
// The name in From is what a person sees and means when he says "block him". It is
// also what anybody can write there, so an allowed name is the best disguise that
// there is. What the provider found out about it stands in Authentication-Results
// (RFC 8601): an entry is passed over, and that is told, where DMARC failed (RFC
// 7489), or where SPF or DKIM failed and nothing that passed belongs to the domain.
// Where nothing was found out the entry holds: most providers of POP3 say nothing,
// and an allow list that never worked would help nobody.
//
// Only the first Authentication-Results is believed, and others of the same name:
// the provider puts its own above what came with the letter and takes out what
// pretends to be its own (RFC 8601, section 5). Of the kind above it believes a
// failure sooner than a success.
//
// A block needs no proof: who writes a blocked name, whether his or not, is not
// wanted.
package sender
