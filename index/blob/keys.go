package blob

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

// KeyLen is how many octets a key has.
const KeyLen = 32

// ErrKey says that an archive is encrypted and was opened with no key, or with
// another.
var ErrKey = errors.New("the archive is encrypted, and this is not its key")

// What is known of a key is one line, in the file key of the folder and in the
// birth of every encrypted segment, so that a lost file loses no salt:
//
//	restante-key-1 raw CHECK
//	restante-key-1 argon2id TIME MEMORY THREADS SALT CHECK
//
// CHECK is the start of an HMAC under the key, hex, SALT 16 octets, hex, MEMORY
// in KiB.
const (
	keyWord  = "restante-key-1"
	maxAbout = 1 << 10
	saltLen  = 16
	checkLen = 16

	// The second choice of RFC 9106, section 4.
	argonTime    = 3
	argonMemory  = 64 << 10
	argonThreads = 4
)

type about struct {
	phrase       bool
	time, memory uint32
	threads      uint8
	salt, check  []byte
}

func (a *about) bytes() []byte {
	if !a.phrase {
		return fmt.Appendf(nil, "%s raw %x\n", keyWord, a.check)
	}
	return fmt.Appendf(nil, "%s argon2id %d %d %d %x %x\n", keyWord, a.time, a.memory, a.threads, a.salt, a.check)
}

// parseAbout reads the line. What it asks for is bounded: it may come from
// anywhere.
func parseAbout(b []byte) (a about, err error) {
	words := strings.Fields(string(b))
	bad := fmt.Errorf("what is said of the key: %w", ErrDamaged)
	if len(words) < 3 || words[0] != keyWord || len(b) > maxAbout {
		return a, bad
	}
	switch {
	case words[1] == "raw" && len(words) == 3:
	case words[1] == "argon2id" && len(words) == 7:
		a.phrase = true
		_, err := fmt.Sscanf(strings.Join(words[2:5], " "), "%d %d %d", &a.time, &a.memory, &a.threads)
		a.salt, _ = hex.DecodeString(words[5])
		if err != nil || a.time < 1 || a.time > 20 || a.memory < 8 || a.memory > 2<<20 || a.threads < 1 || a.threads > 64 || len(a.salt) != saltLen {
			return a, bad
		}
	default:
		return a, bad
	}
	a.check, err = hex.DecodeString(words[len(words)-1])
	if err != nil || len(a.check) != checkLen {
		return a, bad
	}
	return a, nil
}

func (a *about) derive(phrase []byte) []byte {
	return argon2.IDKey(phrase, a.salt, a.time, a.memory, a.threads, KeyLen)
}

// subkey parts the uses of a key.
func subkey(secret []byte, use string) []byte {
	m := hmac.New(sha256.New, secret)
	io.WriteString(m, use)
	return m.Sum(nil)
}

func checkOf(secret []byte) []byte { return subkey(secret, "restante archive key check")[:checkLen] }

func (a *about) fits(secret []byte) bool { return hmac.Equal(a.check, checkOf(secret)) }

// takes tells whether a key is one for an archive of which this is known.
func (a *about) takes(known bool, secret []byte) error {
	switch {
	case secret == nil && known:
		return fmt.Errorf("no key was given: %w", ErrKey)
	case secret != nil && len(secret) != KeyLen:
		return fmt.Errorf("a key of %d octets, want %d", len(secret), KeyLen)
	case secret != nil && known && !a.fits(secret):
		return ErrKey
	}
	return nil
}

// CheckKey tells, and changes nothing, whether Open would take a key for the
// archive in dir: one that is encrypted has ErrKey for no key or another.
func CheckKey(dir string, key []byte) error {
	a, known, err := readAbout(folder(dir))
	if err == nil {
		err = a.takes(known, key)
	}
	return err
}

// unlock makes the vault for a key, before anything in the folder is touched;
// nil without a key.
func (l *Log) unlock(secret []byte) (*vault, error) {
	a, known, err := readAbout(l.disk)
	if err == nil {
		err = a.takes(known, secret)
	}
	if err != nil || secret == nil {
		return nil, err
	}
	if !known {
		a = about{check: checkOf(secret)}
	}
	if err := keepAbout(l.disk, a.bytes()); err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.NewX(subkey(secret, "restante archive records"))
	if err != nil {
		return nil, err
	}
	return &vault{aead: aead, about: a.bytes()}, nil
}

// readAbout finds what is known of the key: in its file, or where that is lost in
// one of the last segments, all of which are encrypted once one was.
func readAbout(d disk) (about, bool, error) {
	b, err := readSmall(d, keyName)
	if err == nil {
		a, err := parseAbout(b)
		return a, err == nil, err
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return about{}, false, err
	}
	names, err := d.list()
	if err != nil {
		return about{}, false, err
	}
	tries := 0
	for _, name := range slices.Backward(names) {
		if _, _, ok := segmentOf(name); !ok || tries == 3 {
			continue
		}
		tries++
		a, known, err := aboutOf(d, name)
		if known || err != nil {
			return a, known, err
		}
	}
	return about{}, false, nil
}

// aboutOf reads what a segment's birth says of the key.
func aboutOf(d disk, name string) (about, bool, error) {
	f, err := d.open(name)
	if err != nil {
		return about{}, false, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return about{}, false, err
	}
	b := make([]byte, min(size, maxDictionary+maxAbout))
	if _, err := f.ReadAt(b, 0); err != nil && err != io.EOF {
		return about{}, false, err
	}
	if len(b) < minFrame {
		return about{}, false, nil
	}
	n, ok := frameLen(b)
	if !ok || n > len(b) {
		return about{}, false, nil
	}
	h, err := parse(b[:n])
	if err != nil || h.kind != kindBirth {
		return about{}, false, nil // the walk says what is wrong with it
	}
	said, err := h.born()
	if err != nil || len(said.about) == 0 {
		return about{}, false, nil
	}
	a, err := parseAbout(said.about)
	return a, err == nil, err
}

func readSmall(d disk, name string) (b []byte, err error) {
	f, err := d.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err = io.ReadAll(io.NewSectionReader(f, 0, maxAbout+1))
	if err == nil && len(b) > maxAbout {
		err = fmt.Errorf("file %s is too long: %w", name, ErrDamaged)
	}
	return b, err
}

// keepAbout sees to it that the folder has the file, whole or not at all.
func keepAbout(d disk, b []byte) error {
	if old, err := readSmall(d, keyName); err == nil && bytes.Equal(old, b) {
		return nil
	}
	temp := keyName + tempSuffix
	if err := d.remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := d.create(temp)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, 0)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = d.rename(temp, keyName)
	}
	if err == nil {
		err = d.sync()
	}
	return err
}

// PassphraseKey gives the key that a passphrase makes for the archive in dir:
// Argon2id (RFC 9106) with a salt that is kept in the folder. For a folder without
// one it makes the salt, and keeps a check of the key: from then on another
// passphrase, or one where a key file was used, is ErrKey. It takes 64 MiB and a
// fraction of a second.
func PassphraseKey(dir string, phrase []byte) ([]byte, error) {
	if len(phrase) == 0 {
		return nil, errors.New("the passphrase of the archive is empty")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	d := folder(dir)
	a, known, err := readAbout(d)
	if err != nil {
		return nil, fmt.Errorf("key of archive %s: %w", dir, err)
	}
	if known {
		if !a.phrase {
			return nil, fmt.Errorf("key of archive %s is in a file, not made of a passphrase: %w", dir, ErrKey)
		}
		secret := a.derive(phrase)
		if !a.fits(secret) {
			return nil, fmt.Errorf("key of archive %s: another passphrase: %w", dir, ErrKey)
		}
		return secret, nil
	}
	a = about{phrase: true, time: argonTime, memory: argonMemory, threads: argonThreads, salt: make([]byte, saltLen)}
	rand.Read(a.salt) // never fails, as its documentation says
	secret := a.derive(phrase)
	a.check = checkOf(secret)
	if err := keepAbout(d, a.bytes()); err != nil {
		return nil, fmt.Errorf("key of archive %s: %w", dir, err)
	}
	return secret, nil
}

// ReadKey reads a key file: 32 octets, or 64 hexadecimal digits with white
// space around.
func ReadKey(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 1<<10))
	if err != nil {
		return nil, err
	}
	if len(b) == KeyLen {
		return b, nil
	}
	if text := bytes.TrimSpace(b); len(text) == 2*KeyLen {
		if secret, err := hex.DecodeString(string(text)); err == nil {
			return secret, nil
		}
	}
	return nil, fmt.Errorf("key file %s holds neither %d octets nor %d hexadecimal digits", path, KeyLen, 2*KeyLen)
}
