// Package pop3 pulls mail from upstream POP3 servers: RFC 1939, with CAPA and
// PIPELINING (2449), STLS (2595), response codes (2449, 3206), SASL PLAIN and
// LOGIN (5034) and UTF8 (6856). [Dialer] implements fetch.Dialer; what it opens
// is a fetch.Maildrop and a fetch.Prober.
//
// It promises that
//
//   - a message comes byte for byte, whatever is in it, and a cut one is never
//     taken for whole;
//   - no step waits for ever, and cancelling the context ends each at once;
//   - lines, listings and headers are bounded; how long a message may be is for
//     the caller to say, whose error ends the session;
//   - TLS is what the account says and never less: what is said in clear before
//     STLS is forgotten, and there is no falling back;
//   - a password goes out in clear only where the account says tls: none, and
//     never into an error or a log;
//   - a refused password is told from a server that is busy, since the first must
//     not be tried again and the second must.
//
// # Why
//
// Servers in the field differ from the RFC in most of what it says; the tests of
// this package name the quirks they stand for. Where a quirk cannot be told from
// an attack or from damage (a message without its terminating line, data ahead
// of the handshake) the session is dropped: the upstream still has the mail.
//
// One goroutine writes and reads. A window of requests is so small that it fits
// any socket buffer, so pipelining needs no second one. The window is bounded by
// octets too, and refilled when half of it is answered, to save system calls.
//
// Time limits count only the time spent waiting for the server, and are renewed
// by a kilobyte of progress rather than by every octet: slow lines pass, a
// server that drips does not.
//
// SASL goes without an initial response. It costs a round trip and tells a
// server that does not have the mechanism from one that refuses the password.
//
// Listed sizes are taken as hints and TOP for header probes only, since both are often
// wrong (compressed sizes at Exchange, truncated TOP at others). LAST is never
// used: where it is wrong it loses mail. What LIST has and UIDL has not is listed
// without a UID: to wait for one could be to wait for ever.
package pop3
