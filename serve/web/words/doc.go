// Package words holds what the pages say, in every language that they speak, and
// writes dates, numbers and sizes as each language does.
//
// It promises that each language has every key, with the same arguments, and
// that no page asks for a key that there is not: tests look at both. A
// [Language] is safe for several goroutines.
//
// # Why
//
// A catalogue is one plain text a language, key = text, a line each, so that who
// translates needs no tool and sees the whole page in one file. Texts take their
// arguments by number (%[1]v), because the order of words differs. A count of
// one has a key of its own, ending in .one, in languages where the words differ;
// that is all that English, German and Japanese need of CLDR's plural rules.
//
// Dates and numbers are formed here and not by a library of locales: three
// languages need a dozen patterns, and the tables of the others are megabytes.
package words
