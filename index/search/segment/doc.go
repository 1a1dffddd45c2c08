// Package segment makes the segments of a Bleve index out of documents that are
// analyzed already, in a fraction of the time that Bleve's own makers take.
//
// A Maker counts the words of one document after the other and packs each into a
// run of octets (Document). A Plugin, registered in the place of Bleve's own,
// turns a batch of those into a segment in memory. All else, writing the file,
// reading, merging, stays Bleve's: the octets are those of its zap format,
// version 17, and what is found in a segment is what Bleve's maker would have put
// there, in the order of the documents' names.
//
// The fields of an index are one Table, known beforehand, and every document has
// all of them, be they empty.
//
// # Why
//
// Bleve asks for a map from each word to an object in every field of every
// document, looks each of those up twice, and keeps objects, bitmaps and slices for
// every word of the batch. With that, more than half of the time of cataloguing went
// into making segments and collecting what that left behind. Here a document is
// octets without a pointer, places of words are encoded once, by the goroutine that
// read the mail, and a batch needs one table of words. It takes some four times the
// octets of its text instead of twenty, so that batches may be larger; then there
// are fewer segments to make, and to merge.
//
// A word of one document in a field without counts is written as what zap calls a
// single hit, inside the dictionary: Bleve's maker leaves that to merges, and they
// do it only where words are counted. Listed fields have none: where Bleve lists the
// words of a dictionary, all that follow a single hit count as one, too. A field of
// values (Value) has no words of its own to be looked up, as they would be as many
// as documents: one word stands for all, because a merge loses the values of a
// field without words.
//
// A merge reads mapped files to their end, which would then count as memory of the
// process: 2.8 GiB where a million messages are merged. They are dropped meanwhile.
// Files are proved before they are merged (Prove), since what rotted would be sound
// by its checksum in the file that is made of them.
//
// The format is documented at github.com/blevesearch/zapx (README.md, zap.md) and
// by its reader; a test holds what is made here against what Bleve makes.
package segment
