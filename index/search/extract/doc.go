// Package extract makes words of attachments: of text, HTML, CSV, calendars and
// cards, of mail within mail, of office documents, and of PDF. Of archives it
// gives the names of the files in them.
//
// It promises that no document costs more than Limits say, in time, memory and
// words, and that none ends the process: one that cannot be read is an error
// beside whatever words were got from it until then.
//
// # Why
//
// Office documents are zip archives of XML. Both are read by the standard
// library as a stream, with the entries, their octets, the ratio they were
// compressed by, the depth of the markup and the octets of one element counted,
// since each of them is a known way to make a small file large.
//
// PDF is a language with loops and references that go around in circles, and
// readers of it hang and run out of memory. So it is read in a child: this very
// program, started again under a name that no other start has, with limits of
// its own on memory and time, and killed when its time is over. The child is
// found by its name and not by a flag, before anything else of the program runs:
// so any program that links this package can be one, a test too, and a flag for
// it needs no place in the help.
//
// Of a PDF, the operators that show text are followed, with just enough of the
// geometry to tell where a word ends: many programs write no spaces and move the
// pen instead.
//
// Sources: ECMA-376 (DOCX, XLSX, PPTX), ISO/IEC 26300 (ODF), ISO 32000 (PDF),
// RFC 5545 (calendars), RFC 6350 (cards).
package extract
