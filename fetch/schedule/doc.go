// Package schedule rings for named jobs: when, how often, and never twice at
// once.
//
// It promises that no expression makes it panic or loop, that a job never runs
// beside itself, that one job's panic stops no other, and that [Runner.Run]
// returns only when all its jobs have.
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
// autumn change repeats rings twice: jobs must bear being run again.
//
// A ring that comes while the job still runs is skipped, not queued: the job
// that runs late sees all that the skipped one would have seen. Accounts with
// the same schedule would all knock at the same second, so each job has an
// offset of its own, taken from its name and so the same after a restart.
package schedule
