// Package token says whose an OAuth 2.0 access token is (RFC 6750): by asking the
// issuer about it (introspection, RFC 7662), or by the issuer's signature under it
// (a JWT, RFC 7519 and 9068).
//
// It promises:
//   - A token counts only for whom it was issued: the issuer, the audience, the
//     time from and until which it is good and the scopes are all looked at, with
//     a minute for clocks that differ. A token that never ends is none.
//   - What is wrong with a token is [ErrInvalid] or [ErrScope]. Any other error
//     is trouble of the issuer's or ours, which says nothing about the token.
//   - Signatures are RS256, ES256 or EdDSA. What asks to be taken unsigned, or
//     signed with a secret that both would know, is invalid.
//   - Whatever strangers send, the issuer is asked for its keys at most every 30
//     seconds, over at most 16 connections at once, and an answer is at most 1 MiB
//     and comes within ten seconds.
//   - No token is kept, and none is in an error.
//
// [tokentest] is an issuer for tests.
//
// # Why
//
// Signatures are go-jose's to check. The keys are ours to keep: go-oidc, which could
// do that, fetches them for each token with an unknown key, however many come, and
// keeps for ever one that the issuer has withdrawn. Ours are an hour old at most
// while the issuer answers, and a day while it does not, since a signature can be
// checked all the same.
//
// The answer of an introspection is not kept: a mail program logs in once a
// minute or less, and a token that was withdrawn is of no use from then on.
//
// The audience must be said where signatures are checked. Without it any token
// of the issuer's would do, also one that was given to somebody else's program
// for something else.
//
// An address that the issuer calls unverified names nobody: whoever has an
// account there could have written it in.
package token
