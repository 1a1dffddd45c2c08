// Package api answers programs: what the pages do, as JSON under /api/v1.
//
// It promises:
//   - A request is its token's: it sees and changes what belongs to the token's
//     owner, and does what the token's scopes allow. Cookies count for nothing
//     here, so that no page of another site can act through a browser.
//   - Absent and not yours are the same answer, 404.
//   - An error is a problem document (RFC 9457) that tells nothing of the inside.
//   - What a request may cost is bounded: its body to 64 KiB, a query to 4,096
//     octets, a page to 100 messages.
//   - openapi.yaml names every route with its scope, and no other; a test compares
//     the two.
//
// # Why
//
// Tokens are 256 random bits of which the database has the SHA-256 only; there is
// nothing to guess, so wrong ones are not slowed down. When a token was used is
// noted within minutes: a write for each request would cost more than it tells.
//
// The document is written by hand. It is small, and what is generated of handlers
// says what they return and not what they mean.
package api
