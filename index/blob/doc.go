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
// is an mbox that mutt, Thunderbird or Python read without restante. A segment
// that has ended is sealed: its messages are packed together in blocks, in a file
// 000001-1.mbox.zst that is the same mbox, two thirds as large, and never
// changes. To erase messages makes it 000001-2.mbox.zst. The exact layout is at
// the constants in frame.go (growing), block.go (sealed), vault.go (encrypted),
// chain.go and keys.go (the two files beside the segments).
//
// What it promises:
//
//   - Append returns nil only when all its records are on stable storage, in a
//     segment whose name is durable too. It reads every message and compares
//     its SHA-256 before it says so.
//   - Open gives the bytes as they came in, whatever they are, or ErrDamaged:
//     never other bytes that end in io.EOF. What was erased is ErrErased.
//   - A reference holds for ever: neither sealing nor erasing others moves it.
//   - Scan finds every whole record, also behind a damaged place, and never
//     takes bytes of a message for a record.
//   - A crash at any time costs what was not acknowledged, nothing else. Open of
//     the log moves an unfinished end aside, and never touches what the rows
//     know: that is damaged, not unfinished.
//   - Seal and Erase put a file in the place of another only after they read it
//     back from the disk and compared every message. At each moment one of the
//     two is there whole. What was damaged before stays, octet for octet.
//   - Verify proves by the chain that no sealed segment was changed or is gone;
//     that the chain itself was not written anew only who kept its head elsewhere
//     can prove.
//   - Memory does not grow with the size of a message: above 1 MiB it is
//     streamed in and out. Of sealed segments it holds the tables of those that
//     are open, 28 octets a block, and up to 64 MiB of the blocks that
//     were read last.
//   - Below the floor of free space nothing is written.
//
// Two processes that wrote to one folder would overwrite each other's records,
// so an open log holds a lock in it, which goes with the process however that
// ends. Reading a segment with other tools is harmless at any time.
//
// With a key, messages and metas are encrypted, and zstd shows nothing of them;
// Cat does. In clear stay: how many segments there are and when each was born
// and sealed, how long each record or block is and where it lies (so roughly how
// long messages are and when they came), how many messages a sealed segment
// holds, and the salt of the passphrase. Whoever can write to the folder can
// take away from it or put an older copy of it back; Verify tells of the former,
// and a chain's head kept elsewhere of both.
//
// # Why
//
// One file a message costs two fsyncs and an inode for each; a log costs one
// fdatasync for as many messages as wait. A database would hold everything in
// one mutable file, which every backup copies whole. restic and perkeep keep
// immutable packs whose headers can rebuild all else; dovecot's mdbox cannot,
// and its documentation warns that its index files must not be lost.
//
// A message is compressed by itself, or sealed with its neighbours, not against a
// dictionary: a dictionary that is lost makes the archive unreadable, and blocks
// of 256 KiB pack better than one does (0.32 of raw against 0.36). The metas of
// the growing form are packed against one, which each segment holds: alone they
// would be a tenth of the file. The frame's own records are skippable frames (RFC
// 8878, section 3.1.2) because every zstd tool steps over them. mboxrd quoting is
// the only mbox dialect that can be undone.
//
// Each segment has a random key, which its first frame holds and every record
// repeats. Without it a sender could put a whole false record, with an owner
// and a mailbox of his choice, into the incompressible part of a message, and
// wait for a damaged place to make the scan look for the next record there.
//
// References are places of the growing form, which the sealed one keeps: so
// sealing changes no row, and how far the rows know the log means the same before
// and after. A generation has a name of its own, so that a backup never copies
// the first half of one file and the second of another under one name; and the
// old file goes only when the new one is in the chain.
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
//
// XChaCha20-Poly1305 has nonces long enough to be drawn at random for every
// record for ever, and needs no hardware to be fast. The key is for ever, too: to
// change it, open the archive into another.
package blob
