// Package configs reads the settings of restante: the built-in defaults, then
// one YAML file, then the environment, each over the one before.
//
// It promises that every fault of a file is told at once, each on its own line
// as
//
//	file:line: key: problem; allowed: what may stand there
//
// and that a setting nobody knows is a fault, with the nearest known name. No
// secret is printed: not by a fault, not by a log, not by [Settings.YAML].
//
// The embedded restante.yaml is the defaults, and the first file to read for
// somebody who wants to know what can be set. Beside it lie the recipes: a
// systemd unit and a container file.
//
// # Why
//
// Settings stand on the ground floor: this package imports nothing of the
// house, and only cmd imports it. What a stage must know, cmd hands to it in
// the stage's own words; what only a stage can judge (a schedule) comes in as
// a function.
//
// viper merges the three sources and knows nothing more than that. It has no
// line numbers, makes map keys lower case, splits keys at dots and sees an
// environment variable only where the key is known, so that it cannot tell
// somebody what is wrong with a file. The YAML tree is therefore walked against
// the types first: that walk finds unknown keys, keys given twice and wrong
// types with their places, and hands viper nothing but known keys. For the same
// reason no setting is a free-form map.
//
// A value that YAML does not take for text is refused where text is wanted:
// the password 0123 would otherwise silently become 83.
//
// Passwords live in files, in the environment or come from a command before
// they live in the settings, and access tokens never live in them; they are read
// at each use, so that a changed one is heard of without a restart.
//
// The environment is searched for names that are nearly a setting's, since
// nothing else would tell of a misspelt one. What merely begins like ours is no
// fault: others make such variables too.
package configs
