// Package monitor tells machines how the house does: /metrics in Prometheus'
// text format, /healthz (the process answers) and /readyz (the house does what
// it is for, or says why not).
//
// It asks, and nobody reports to it: every scrape reads the house's own counts
// anew, so no part of the house knows that it is watched.
//
// It promises:
//   - A scrape takes at most ten seconds and never holds up mail; scrapes come
//     one at a time.
//   - What cannot be read is missing from the answer and counted in
//     restante_readings_failed, instead of a wrong number.
//   - No answer holds an address, a subject or a secret. Accounts and users go
//     by their names in the settings, nothing goes by a message.
//   - Only reading: no path changes anything, and other methods are refused.
//
// # Why
//
// Counters that parts of the house increment drift from what is stored, and are
// zero after a restart; what matters here (mail kept, rounds, space, the outcome
// of verify) is stored anyway. The format is client_golang's business, whose
// registry checks names and labels on every scrape.
//
// There is no password: it listens where the settings say, which is nowhere at
// first, and should be this machine or a network of machines. It does not listen
// beside the pages for people, so that a proxy in front of those cannot lead
// strangers here.
package monitor
