// Package entry lets people in: they sign in with a password and, where they have
// one, a second factor; they see where they are signed in, end that, change their
// password, and set up a second factor. It also makes the first user.
//
// It promises:
//   - A browser is known by 256 random bits in a cookie that scripts cannot read
//     and other sites do not send; the database has their SHA-256 only. Over TLS
//     the cookie's name begins with __Host-, so that no other host and no plain
//     connection can set it.
//   - Signing in makes a new session always, and ends the one that the browser had:
//     a session that was planted is of no use. A session ends after two weeks
//     without a sign of life, after ninety days in any case, at once when it is
//     ended from another browser, and when its user is no more.
//   - A code of a second factor is taken once. Wrong codes are slowed down as wrong
//     passwords are, on a count of their own which the right password does not
//     clear. Between password and code nobody is signed in.
//   - Whoever changes the password or the second factor shows the password first.
//     A changed password ends all other sessions.
//   - The first user is made only by who has the token that Arm gave, once.
//   - After signing in nobody is led to another site.
//
// # Why
//
// Sessions are rows and not signed cookies, so that they can be listed and ended.
// SameSite is Lax: with Strict a link in a mail that leads to one's own restante
// would find one signed out. What a form changes is guarded by the shell, which
// refuses what comes from other sites.
//
// What is between password and code, and a key that is not confirmed yet, live in
// memory: they are worth minutes. Both tables are bounded.
//
// Recovery codes are ten words of 80 bits, so that a plain digest may stand for
// them. They are shown once.
//
// Sources: OWASP's pages on sessions and multifactor authentication; RFC 6265bis,
// section 4.1.3.2 (__Host-); RFC 6238, section 5.2 (a code is taken once).
package entry
