// Package backup copies a whole house, while it serves, into a folder of
// snapshots or into one tar file, and brings it back; and it keeps, beside the
// segments, the knowledge that they lack.
//
// A folder of backups is plain files:
//
//	restante-backup.txt               how to read it without restante
//	segments/000001-SUM.mbox.zst      files of the archive, each once; SUM is the
//	                                  first 16 digits of its SHA-256
//	rows/2026-11-22T10-00-00Z.ndjson.zst
//	                                  all rows of the database, as of that time
//	extra/2026-11-22T10-00-00Z/…      settings and keys, if they are wanted
//	snapshots/2026-11-22T10-00-00Z.json
//	                                  the manifest: every file of that snapshot,
//	                                  with its size and SHA-256
//	snapshots/2026-11-22T10-00-00Z.sha256
//	                                  the same for `sha256sum -c`, of the files as
//	                                  they are stored
//
// An encrypted one has the same files, each as age makes them (age-encryption.org)
// and with .age behind its name; the names in segments/ then hold a sum of the
// recipients as well, so that files for other recipients are others. The .sha256
// files alone are in clear: who writes a backup need not be able to read it.
//
// A tar file has one snapshot, under the names that the files have in a data
// folder: rows.ndjson.zst, segments/…, and manifest.json as the last.
//
// What it promises:
//
//   - A snapshot is there when its manifest is, and the manifest is written last:
//     what is killed half-way leaves the earlier snapshots whole, and what it had
//     copied is used by the next.
//   - The rows are never ahead of the bytes: they are read first. What came in
//     between is replayed from the segments when the house is opened again.
//   - A sealed file that an earlier snapshot has is neither read nor copied.
//   - Nothing is removed that any snapshot names, and nothing at all in a folder
//     that is not of this kind.
//   - Verify reads a snapshot back and copies anew, for all snapshots that share
//     it, what is damaged and the house still has. The time of snapshots/verified
//     is when one was last found whole.
//   - Restore checks the SHA-256 of every file and names each that is wrong.
//   - The knowledge (knowledge-NNNNNN.ndjson.zst, the last two) is encrypted with age
//     where the archive is encrypted. A copy of what was known of messages that a
//     rebuild did not find (lost-NNNNNN.ndjson.zst) stays until they are back.
//
// # Why
//
// Segments are immutable once they are sealed, so that a snapshot is a list of
// names, and no chunk store has to be learnt before the mail in it can be read:
// zstd and a mail program will do. The growing segment and the rows are copied
// each time; they are small beside the rest.
//
// The folder cannot know what it holds when it is encrypted for somebody else.
// So what is needed to go on (which files, with which sums) stands beside the
// manifests in clear, in a form that every system can check. It tells the sizes of
// files and when they were written. Settings and rows have no sum of their content
// in their names: that of a short text could be guessed.
//
// Backups keep what expired since, until their last snapshot is removed.
package backup
