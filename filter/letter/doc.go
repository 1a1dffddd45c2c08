// Package letter opens messages. Read gives what the rest of the house wants
// to know of one: addresses, subject, date, the words a reader sees, the words
// hidden from him, links, parts, and what was wrong with it.
//
// Read never refuses a message, never panics and is bounded in time and memory
// by Limits. All strings of a Letter are valid UTF-8. The bytes themselves are
// never changed: repairs are made for the analysis only, and each is noted as a
// Defect, which is evidence of its own: mailers that people use make few.
//
// # Why
//
// go-message refuses messages that spam really sends and that mail readers
// show: a header line without a colon, a continuation without its blank, lines
// ending in CR CR LF, an mbox "From " line. It stops at the first malformed part
// and hides those after it, and it sets no limits: 3,000 nested multiparts of
// 150 KB take it two seconds. Therefore this package splits headers and parts
// itself and asks go-message for what it does well, by the book: the parameters
// of Content-Type and Content-Disposition, and the transfer encodings of the
// leaves. Where its answer is an error, a tolerant reader goes over the same
// octets again.
//
// The walker looks for the boundaries of all open multiparts at once, so each
// octet is looked at once whatever the nesting. Where structure fails, the rest
// is taken as words: broken structure is no way around the filter.
//
// Charsets are undone here and not by go-message, since labels lie: the label
// iso-8859-1 means windows-1252 (as in browsers), gb2312 means gb18030, and what
// has a useless label is UTF-8 if it can be, else windows-1252.
//
// HTML is read with a tokenizer and a stack of looks, without building a tree:
// trees of hostile markup are quadratic. Style sheets are not read, only style
// attributes; text that a class hides counts as shown.
//
// Sources: RFC 5322 (messages), 2045 to 2047 and 2231 (MIME), 2152 (UTF-7),
// 2919 (List-Id), the WHATWG Encoding Standard (labels).
package letter
