// Package auth says whether a name and a password belong together, and slows
// down whoever guesses.
//
// It promises:
//
//   - Stored passwords are argon2id in the PHC string form. A stored string
//     from a stranger cannot make a login eat memory or time: its parameters
//     are bounded before any hashing.
//
//   - An unknown name costs as much as a wrong password and gives the same
//     error, so that names cannot be probed.
//
//   - At most a fixed number of hashes run at once.
//
//   - Every table has a fixed size: nothing that strangers send makes it grow.
//
//   - Passwords are kept nowhere, not even for the quick second login: only
//     their HMAC under a key that lives and dies with the process.
//
//   - App passwords are 80 random bits and made here only, so that a plain
//     SHA-256 may stand for them: one look-up finds the device, and no throttle
//     is needed.
//
//   - Tickets of browsers and programs are 256 random bits, for which a plain
//     SHA-256 stands as well. Whoever reads the database cannot sign in with what
//     stands there, but for second factors: their keys must be kept as they are.
//
// # The throttle
//
// Wrong passwords are counted in three ways: by name and address together, by
// name, and by address, of which it is the names that are counted, not their
// failures. Each count has a number that is free; each one beyond it doubles a
// wait, from one second to some nine minutes, in which logins are refused
// unchecked. Whoever guesses on after ten waits is banned: for an hour, then two,
// up to a day. A name is never banned, only a name from an address or an address,
// since anybody could lock its owner out: it waits a quarter of an hour at most.
// A count is forgotten an hour after its last wait. IPv6 addresses count by their
// /64, since a guesser owns a whole one. Bans are told once, when they refuse
// somebody; they can be listed and lifted, and end with the process.
//
// What keeps a household in, where many people and devices share an address:
//
//   - The same wrong password from the same address is one failure, however
//     often a forgotten device sends it. It is a mistake, not a guess. So a
//     phone with last year's password does not lock out the laptop beside it,
//     not even with the same name.
//
//   - One device with a password that is wrong is one name, however often it
//     tries: so for another name from the same address a right password always
//     gets in. It takes twenty names to make an address wait.
//
//   - A name that logged in rightly from an address in the last 30 days is not
//     touched by the count of that address, nor by the count of the name. So
//     neither a guessing machine in the house nor a botnet guessing at the
//     name locks out those who usually get in. The count of name and address
//     together still holds for them, and makes them wait, but never bans them.
//     Twenty failures are free to it where others have five: who sets up a mail
//     program at home gets the password wrong in many ways, and a right one that
//     is refused meanwhile looks as wrong as they do.
//
//   - The operator may name networks that are trusted altogether.
//
// A login by SCRAM shows no password. So there the same mistake cannot be told
// from another guess, and each counts: a device that goes on trying may keep
// others waiting that use the same name from the same address.
//
// # Why
//
// argon2id with 19 MiB, two passes and one lane is the second choice of RFC
// 9106 scaled as OWASP's password storage page advises for servers. It takes
// some 20 ms: a mail client that polls each minute would spend them each time,
// so a password found right is remembered by a keyed digest over name, stored
// hash and password until it was not used for an hour. A changed password changes the stored
// hash and so never meets an old digest.
//
// The failure is counted before the password is checked and taken back when it
// was right. Otherwise a hundred connections could guess at once, before the
// first of them is counted.
package auth
