// Package rule judges letters by rules with scores, written in the part of
// SpamAssassin's .cf syntax that needs no Perl.
//
//	header   NAME Field =~ /re/flags [if-unset: TEXT]   also !~, and of Field:raw, Field:addr, Field:name, ALL, ToCc
//	header   NAME exists:Field
//	body     NAME /re/flags    the subject and each paragraph as a reader sees it
//	rawbody  NAME /re/flags    decoded text and markup as they are
//	uri      NAME /re/flags    each link
//	full     NAME /re/flags    the header as sent, decoded text and markup
//	header   NAME eval:test()  a test built in; eval.go lists them
//	meta     NAME A && (B || !C) && D + E > 1
//	score    NAME 1.5          one, or four of which the third counts: with Bayes, without the network
//	describe NAME text
//	tflags   NAME nice         others are accepted and change nothing
//
// Comments, \#, if, ifplugin, else and endif are as in SpamAssassin 4.0.1 with
// no plugin loaded; lang lines are passed over; a line cannot be continued
// there, so it cannot here. A rule whose name starts with __ is a part of metas
// and has no score. A name that no rule has is 0 in a meta, and so is a rule
// with a score of 0.
//
// What is promised: [Parse] keeps every rule it can do exactly and leaves out
// every other, saying file, line and reason; metas that need a rule left out
// are left out too, as "not that rule" would be true for every letter. Judging
// does no I/O, and its time is linear in the text, which is capped.
//
// # Why
//
// The rule sets of the field are written in this syntax, so an owner can bring
// their own. Go's RE2 has no look-around and no back references; a rule that
// needs them is not approximated, since a rule that hits other mail than its
// score was measured on is worse than none. Before an expression is run, the
// strings that every match must contain are looked for: judging 1,000 letters
// takes 0.32 CPU s with that, 2.5 without.
//
// The shipped rules, restante.cf, were written for this project and each was
// kept because it hits more spam than ham on the development streams; no ham
// of 8,059 letters there reaches 3 points. LOGIN_CODE and PARCEL_NOTICE are no
// evidence and weigh 0.001, because a rule with a score of 0 is switched off: they
// tell retention what a message is. They hit none of that ham.
package rule
