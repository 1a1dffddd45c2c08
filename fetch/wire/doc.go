// Package wire is the half of POP3 that client and server share: bounded
// lines, status lines, and the dot-stuffing of multi-line answers (RFC 1939,
// section 3).
//
// It promises that a message passes byte for byte. [Unstuff] gives what the
// other side put into its stuffer, whatever it contains: bare LF and CR, NUL,
// 8-bit, lines of any length. Its end is io.EOF only where the terminating line
// was seen; a cut connection is another error, so that half a message is never
// taken for a whole one. [Stuffer] writes what every client can read: lines that
// end in CRLF. [ReadLine] never holds more than it was allowed.
//
// # Why
//
// net/textproto turns CRLF into LF and so breaks signatures and archives;
// bufio.Scanner stops at a long line, which has made servers send a truncated
// message as complete. Both sides of this house need the same rules and the same
// tests, so they stand here once.
//
// A line starts after CRLF and nowhere else when reading. Servers exist that
// pass a bare LF on as it is, and "LF dot LF" in such a message is text: to take
// it for the end would truncate the message and leave its rest to be read as
// answers. A server that really ends with LF dot LF makes the transfer run into
// its time limit instead, which loses nothing.
//
// Reading and writing work on the buffer's window with bytes.Index and
// bytes.IndexByte; a call per byte is an order of magnitude slower.
package wire
