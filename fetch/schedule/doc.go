// Package schedule rings for accounts: when, how often, never twice at once, and
// with the manners that their upstreams want.
//
// It promises that no expression makes it panic or loop, that an account's rounds
// never run side by side, that one round's panic stops no other, and that
// [Runner.Run] returns only when all rounds have. How each account stands is in a
// [Book], so that a restart repeats no round and misses none.
//
// # States
//
// An account is in one [State]. A good round makes it OK, and the next comes by
// the schedule. A busy upstream (fetch.ErrBusy) makes it Waiting, any other
// trouble Retrying: it is tried again after as long as between rounds, then after
// twice as long each time, up to an hour; the schedule's interval counts for no
// more than half an hour here, so that an account of one round a day loses no
// day. A refused login (fetch.ErrAuth) is tried again after ten minutes and after
// an hour more, or after five minutes once it has changed; the third makes it
// NeedsLogin, and nothing but a changed secret, changed settings or
// [Runner.Resume] ends that. A changed one that is refused too makes the next
// wait, an hour at first and a day at most. A hang-up at the secret
// (fetch.ErrHungUp) counts half; where there were only those, the login is tried
// again once a day all the same. Paused is somebody's wish.
//
// A round by hand runs at once, whatever the state, and counts like others; but
// it ends no pause, and refusals within five minutes count once.
//
// Accounts are never logged in to more often than their upstream wants, whatever
// the schedule says: LOGIN-DELAY (RFC 2449, section 6.5) is heeded, and where a
// server only refuses ([LOGIN-DELAY], section 8.1.1; "login limit for a 15 minute
// period") the interval is read from its words, or else doubled until it holds.
// A learnt one is forgotten after a week.
//
// # Why
//
// robfig/cron knows the grammar of crontab(5) and is trusted with nothing
// else. Its version 3.0.1 panics on a time zone without a schedule behind it
// (issues 470 and 554), takes "@every 0s" for one second, reads "," as a
// field that never matches, and gives the zero time for 30 February. The time
// zone, the length, the empty lists and the least interval are therefore
// checked here, and a schedule that has no next time is refused when it is
// read, not when it fails to ring.
//
// Times without a zone are UTC, so that a schedule means the same on every
// machine and no hour is skipped or doubled. With CRON_TZ=Europe/Berlin a time
// that the spring change leaves out is skipped that day, and one that the
// autumn change repeats rings twice: rounds must bear being run again.
//
// A ring that comes while the round still runs is skipped, not queued: the round
// that runs late sees all that the skipped one would have seen.
//
// Accounts with the same schedule would all knock at the same second. At a time
// of the calendar each has an offset of its own, a tenth of the interval and 30 s
// at most. With @every each has a place of its own in the interval, and moves
// there by as little a round, so that a restart does not undo it. Both follow
// from the name. Accounts that were due while nobody ran begin a quarter of a
// second apart.
//
// An interval is counted from ring to ring, not from the end of a round, so that
// nothing drifts. What an upstream wants is counted from the end of the last
// round: when in it the last login was is not known here.
//
// Providers lock accounts after a few wrong passwords, so three must do. They
// are an hour apart because servers say "wrong password" to much that is none.
// Hang-ups get six tries: the network breaks at that place too, and a server that
// says nothing does not say whether it counted.
// The secret that was refused is remembered by a seal which the caller makes:
// nothing here could give it away.
//
// Whether an account is quiet is judged by days with mail, of which the last 20
// gaps are known: by four times what four gaps of five keep to, and never before
// three days. Counting messages instead would call the evening after a busy
// morning quiet.
//
// It is the clock on the wall that counts, looked at once a minute at least: the
// monotonic one stands still while a machine sleeps. What a clock that was set
// makes due later than it could be is due by the schedule again.
package schedule
