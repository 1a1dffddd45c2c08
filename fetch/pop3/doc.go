// Package pop3 pulls mail from upstream POP3 servers: RFC 1939, with CAPA and
// PIPELINING (2449), STLS (2595), response codes (2449, 3206), SASL (5034) and
// UTF8 (6856). [Dialer] implements fetch.Dialer; what it opens is a
// fetch.Maildrop and a fetch.Prober. [Dialer.Report] tells what a server is and
// can.
//
// It logs in by SCRAM-SHA-256 and -1, bound to the TLS channel (RFC 5802, 7677,
// 9266), PLAIN, LOGIN or USER and PASS, the strongest that the account allows and
// the server has; with a token by OAUTHBEARER (RFC 7628) or XOAUTH2; and by
// CRAM-MD5 or APOP where the account asks for exactly that.
//
// It promises that
//
//   - a message comes byte for byte, whatever is in it, and a cut one is never
//     taken for whole;
//   - no step waits for ever, and cancelling the context ends each at once;
//   - lines, listings, headers and the work of a login are bounded; how long a
//     message may be is for the caller to say, whose error ends the session;
//   - TLS is what the account says and never less: what is said in clear before
//     STLS is forgotten, and there is no falling back;
//   - a way in is what the account says and never a weaker one; a password goes
//     out in clear only where the account says tls: none, and even then not to a
//     server that offers SCRAM, unless auth names such a way; tokens and digests
//     go under TLS only;
//   - a server that takes part in SCRAM and lets us in without proving that it
//     knows the password is refused;
//   - no secret, in no form that goes over the line, comes into an error, a log
//     or a trace, also where the server repeats it;
//   - a refused password is told from a server that is busy, since the first must
//     not be tried again and the second must.
//
// # Why
//
// Servers in the field differ from the RFC in most of what it says; the tests
// called TestQuirkNN stand for the quirks by their number in the notes on the
// field. Where a quirk cannot be told from an attack or from damage (a message
// without its terminating line, data ahead of the handshake) the session is
// dropped: the upstream still has the mail.
//
// One goroutine writes and reads. A window of requests is so small that it fits
// any socket buffer, so pipelining needs no second one. The window is bounded by
// octets too, and refilled when half of it is answered, to save system calls. It
// widens where answers come so fast that it would run empty within a round trip.
//
// Whoever is silent for a minute is hung up on by some servers, and the caller may
// be slow. So NOOP is said after ten seconds of silence, by a timer: between
// operations, and behind the requests under way while the caller has an answer.
//
// A server that lists PIPELINING and loses what is sent ahead cannot be told from
// a broken line by one stall. What counts against it is silence between two
// answers while more is under way than was ever answered at once in the session.
// Such a strike is believed in for a day, and taken back by a session that breaks
// without pipelining too, or does well with it; the third is for good. So are the
// others that a Quirks keeps, each with its own sign of doing well.
//
// Time limits count only the time spent waiting for the server, and are renewed
// by 16 KiB of progress rather than by every octet: slow lines pass, a
// server that drips does not.
//
// SASL goes without an initial response. It costs a round trip and tells a
// server that does not have the mechanism from one that refuses the secret, and
// Microsoft takes XOAUTH2 no other way. A secret that was judged is not tried in
// another way, since each try counts towards the provider's lock-out. What ends
// ahead of that (a mechanism that is listed and not there, a user of whom the
// server has no SCRAM hash) is followed by the next way under TLS, which guards
// all of them alike. In clear it is not: who listens learns nothing of use from
// SCRAM and everything from PLAIN. Against who can change what is said in clear
// nothing helps but TLS: he takes SCRAM out of the list. Under TLS the server
// notices that, by the flag y of RFC 5802, and such a login is not tried
// otherwise.
//
// Where TLS 1.3 gives tls-exporter, older TLS gives tls-unique, the one that
// RFC 5802 makes every server have. SCRAM itself is github.com/xdg-go/scram; it
// knows no bound to the work that a server asks for, so the number of iterations
// is looked at first. The other mechanisms are a line each.
//
// CRAM-MD5 and APOP are no secret from who sees them: a password can be guessed
// from the digest, and an APOP stamp that is no message ID gives it away letter
// by letter (CVE-2007-1558). They are for servers that have nothing else.
//
// A proxy resolves the server's name; SNI, verification and binding are with the
// server all the same. What a proxy says is not repeated in errors: it may be the
// credentials that it was sent.
//
// Listed sizes are taken as hints and TOP for header probes only, since both are often
// wrong (compressed sizes at Exchange, truncated TOP at others). LAST is never
// used: where it is wrong it loses mail. What LIST has and UIDL has not is listed
// without a UID: to wait for one could be to wait for ever.
package pop3
