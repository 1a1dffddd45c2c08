// Package blob keeps the bytes of messages in a log of segments.
//
// A log is a folder of files 000001.mbox.zst, 000002.mbox.zst and so on. Only
// the last one grows, and it grows at its end. Each message is one record: a
// zstd skippable frame that holds its digest, lengths, time of receipt and the
// owner's meta, and behind it one ordinary zstd frame that holds a From line
// and the message in mboxrd quoting. So
//
//	zstd -dc 000001.mbox.zst
//
// is an mbox that mutt, Thunderbird or Python read without restante. The exact
// layout is at the constants in frame.go.
//
// What it promises:
//
//   - Append returns nil only when all its records are on stable storage, in a
//     segment whose name is durable too. It reads every message and compares
//     its SHA-256 before it says so.
//   - Open gives the bytes as they came in, whatever they are, or ErrDamaged:
//     never other bytes that end in io.EOF.
//   - Scan finds every whole record, also behind a damaged place, and never
//     takes bytes of a message for a record.
//   - A crash at any time costs what was not acknowledged, nothing else. Open of
//     the log moves an unfinished end aside, and never touches what the rows
//     know: that is damaged, not unfinished.
//   - Memory does not grow with the size of a message: above 1 MiB it is
//     streamed in and out.
//
// Two processes that wrote to one folder would overwrite each other's records,
// so an open log holds a lock in it, which goes with the process however that
// ends. Reading a segment with other tools is harmless at any time.
//
// # Why
//
// One file a message costs two fsyncs and an inode for each; a log costs one
// fdatasync for as many messages as wait. A database would hold everything in
// one mutable file, which every backup copies whole. restic and perkeep keep
// immutable packs whose headers can rebuild all else; dovecot's mdbox cannot,
// and its documentation warns that its index files must not be lost.
//
// A message is compressed by itself, not against a dictionary: a dictionary
// that is lost makes the archive unreadable. The frame's own records are
// skippable frames (RFC 8878, section 3.1.2) because every zstd tool steps over
// them. mboxrd quoting is the only mbox dialect that can be undone.
//
// Each segment has a random key, which its first frame holds and every record
// repeats. Without it a sender could put a whole false record, with an owner
// and a mailbox of his choice, into the incompressible part of a message, and
// wait for a damaged place to make the scan look for the next record there.
//
// After a failed fsync a segment is abandoned: Linux marks the unwritten pages
// clean, so that a second fsync succeeds without having written them
// (Rebello and others, "Can Applications Recover from fsync Failures?", USENIX
// ATC 2020). The tail of the last segment is synced when the log opens, before
// anyone builds on it: a killed process may have left records that only the
// page cache holds.
//
// The last segment is read whole at start, 256 MiB at most: to know which
// records are whole is worth more than the fraction of a second.
package blob
