// Package search is the catalogue: a full-text index of all mail, and the
// language to ask it in.
//
// Follow reads the source's change feed, opens each letter and writes what can
// be searched of it into Bleve, together with the checkpoint in the feed. The
// catalogue is derived: it is never in the way of delivery, can be deleted at
// any time, and fills itself again. One that cannot be opened is moved aside.
//
// It promises that a search shows the asking owner's mail only, whatever the
// query; that what was written stays written when the process is killed; and
// that a message whose bytes are lost or unreadable does not stop the others.
// It finds words in any script: case, width and accents do not count, and a
// Japanese, Chinese, Korean or Thai word is found inside running text.
//
// Searched are the subject, the people, the names of attachments, the first
// megabyte of plain text and what the attachments say (package extract); of HTML
// beside a plain part only the words that the plain part lacks. Text that a reader
// of the HTML would not see is left out. An attachment that cannot be read costs
// its own words and a line in the log, and has:unreadable finds the message.
//
// An answer is a page of hits (Search), of conversations (Conversations), of mail
// like another (Like), or all there is in the order of arrival (Numbers). Facets
// and snippets are made where asked for: snippets from the letter, of which the
// catalogue keeps no text.
//
// One process has a catalogue open at a time, for writing and for searching:
// another one gets ErrLocked.
//
// # Why
//
// Bleve's own analyzers and document mapping cost more than the index itself, and
// so does what makes its segments. So documents come to Bleve analyzed: one walk
// over the text folds, splits and counts, and byte offsets are left out, since
// nothing is highlighted from the index. Package segment makes the segments of them.
// There is one catch-all field with positions instead of Bleve's
// _all; no text is stored; the one doc value is the sort key, which also holds
// the message's number, so that a hit costs no further read.
//
// All places of a word in a message lie in one location of Bleve's, as distances.
// With a location for each, as Bleve has it, half of the index is positions, most
// of them zeros: real mail took 1.01 of its octets and takes 0.84.
//
// Batches hold 500 messages or 1.5 MiB of text: analyzed, and once more in its
// segment, text takes several times its octets, and a fetch beside it needs memory
// too. For 20,000 real messages they take 13.8 CPU seconds; half as large, 16.0 in
// as much memory; twice as large, 13.2 and 30 MB more. Of attachments their
// words count and not their octets: mail with many of them would else come in small
// batches, which Bleve then merges over and over. Follow waits a second for a batch
// to fill.
//
// A rebuild takes 8,000 messages or 24 MiB at a time and merges once, at its end:
// 16 CPU seconds for 20,000 real messages with 190 MB at most, where 1,000 messages
// or 4 MiB at a time, merged whenever there were twenty, took 23 with 113. Bleve's
// offline builder counts messages only, so that large ones would take any memory, and
// does not stop while it merges. Segments of more than 120,000 messages are not made:
// the dictionary of one is in memory while it is merged.
//
// Questions are not asked of Bleve's searchers, but of its segments. Those make a
// match of every message that a word is in, with its score and its place, and
// compare the next match of each word with those of the others: half a microsecond
// a hit. Here the messages of a segment that hold a word are the bitmap that the
// segment has of them anyway, questions join bitmaps, and only what is left has its
// words counted, its places compared or its date read. So the hits of nearly every
// question are counted as they are found, and a word that stands for thousands
// costs no more than their bitmaps. The scores are Bleve's, but for a factor.
//
// A star finds all words that begin so: to take the first hundred of them, as is
// usual, hides mail and says nothing. What it may cost is bounded by refusing one
// that stands for too many, with advice: the stars of a question may read 200,000
// words in the dictionaries, a fifth of a second. One that stands for more than a
// thousand counts nothing by score: which of them a message holds says nothing of
// how well it matches, and the newest come first.
//
// The words of the body have the lower positions and those of the subject, the
// people and the file names higher ones than any body can have. So body: needs no
// field of its own, which would be the largest of all once more.
//
// The sort keys of segments are kept once they were asked for, 15 octets a message:
// packed by the thousand as they are, one costs as much as all of its thousand.
//
// Of a phrase, a page of the newest hits is looked for in the newest days first.
// Indexes of their own for each year, which are the usual way, have more files, and
// more of everything that is paid for each of them.
//
// What facets count of a message is one doc value, because each that is read costs
// the same. Conversations hang together by hashes of the Message-IDs that a message
// names, followed from one to the next when asked: mail arrives in any order, and
// many programs cut the references short.
//
// Only words of the text and the subject count in a score: the other fields hold
// no counts.
//
// Words are not taken for others of their stem. Two words of a real letter find 40.0
// of a hundred letters of its conversation; with English plurals taken off 40.7, with
// Porter's stems 41.3. But of what is found 62, 57 and 47 of a hundred belong to it
// (BenchmarkStems). A star finds the other forms where they are wanted.
//
// Scripts without spaces are indexed as overlapping pairs of characters. A
// dictionary would have to be shipped, and what it splits wrongly is not found.
//
// Days and sizes are terms on a ladder of hexadecimal prefixes, 4 and 8 a
// message where Bleve's numbers have 16 each.
//
// A message that changes (its mailbox or class, when a person teaches) is
// indexed again as a whole. That is one letter opened a click; keeping such
// state out of the index would mean filtering every hit of every search. What is
// read changes with every QUIT, and a program that empties a maildrop would have
// all of it indexed once more: so that stays in the rows, which are asked once for
// each question with is:unread, and a hit is looked up among their answer.
//
// Bleve takes its files for sound, and panics over others: also in goroutines of
// its own, where nobody can catch it. So the checksum at the end of each segment,
// which Bleve writes and never reads, is compared before an index is opened, of
// large indexes only where a file was written since it was last compared; and
// segments are read one by one, where a panic or a fault of mapped memory becomes
// an error, and not by a snapshot, which does so in such goroutines. After one, and
// after an error that sound files do not give, the files are looked through.
//
// Disks rot while nobody looks. So each segment is compared once more before it is
// merged, after which what is wrong in it would have a checksum of its own, and
// Verify compares all of them: slowly where it is told to, and without taking memory
// from questions. What is not seen is what rots in the small file that names the
// segments while a catalogue is open: Bleve reads that when it is opened.
//
// The date is the message's own, so that imported mail stands where it belongs,
// unless it lies before 1980 or more than a day after we received it.
package search
