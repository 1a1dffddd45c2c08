// Package serve opens the house's doors: it binds addresses, keeps the TLS
// certificate, and brings the servers behind the doors to an orderly end.
//
// It promises:
//   - An address that cannot be had is an error before anything is served, and
//     the error says what to do.
//   - [Group.Run] returns only when every session has ended. It closes the
//     doors first, gives sessions a time to finish, then cuts them.
//   - A self-signed certificate is made once and then stays, so that clients
//     which pinned its fingerprint go on trusting it. It is never overwritten,
//     not even when it cannot be read.
//   - A [Certificate] in files is read again when they change. While they cannot
//     be used the last good one is.
//   - An [ACME] gets certificates of an authority and renews them. No handshake
//     waits for that: while there is none, and for other names, a certificate of
//     the other kinds is served. Its challenge servers answer challenges alone.
//   - A client's address is believed from the proxies alone that a [Door] names.
//   - Sockets that the service manager hands over are taken by name, and none of
//     them is left open unserved.
//
// # Why
//
// The servers do not know this package: each has Serve and Shutdown, as
// net/http has, and a Group drives whatever has these two.
//
// Key and certificate lie in one PEM file, which is linked into place when it is
// whole. Two files could be left of two different pairs by a crash or by two
// processes starting at once. ECDSA P-256 is what every client of the last
// fifteen years can; ten years of validity, because nobody renews what no
// authority signs.
//
// The authority's certificate is asked for at the start, and not by the first
// client's handshake, as autocert would: that takes a minute, and mail programs give
// up after thirty seconds. autocert tries TLS-ALPN-01 first, wherever there is no
// server for it too; the failure counts with the authority, which allows five an
// hour, so that what failed is tried again after five minutes at first.
//
// Files are looked at for each handshake instead of being watched: two stats are
// nothing beside it, need no goroutine, and see through the symbolic links by
// which certificate tools switch.
package serve
