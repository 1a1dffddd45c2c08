// Package corpora finds real mail for tests and benchmarks. It is for tests only:
// no program of ours imports it.
//
// The mail is no part of the repository. It lies in the folder that the variable
// RESTANTE_CORPORA names, else in shared/corpora beside the repository: either
// unpacked, as a folder dev with a folder for each stream, or as dev.tar.zst,
// which is unpacked once, with the program zstd, into a folder of the system's
// temporary one. Each stream has an index.tsv of lines "label<TAB>path", in the
// order in which the mail is to be judged.
//
// It promises that a test gets whole streams or is skipped with a line that says
// what is missing, and that tests of several packages may ask at once.
//
// # Why
//
// The copyright of real mail stays with those who wrote it: it may be measured
// with and not be handed on. So a machine without it is no fault, and tests that
// need it skip there even where CI=true.
//
// The folder for unpacking is named after the pack's size and time, so that a
// new pack is a new folder. It appears whole, by a rename of a folder beside it;
// who comes second finds it there and throws his own away. The program zstd is
// used because the library is known to index/blob alone, and tests of all rooms
// import this package.
package corpora
