package blob

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// The file chain says of every sealed file what it holds, one line an event, in
// words that one space parts:
//
//	number, from 1
//	name of the file
//	its octets
//	SHA-256 of it, hex
//	messages in it
//	why: sealed, encrypted (sealed anew under a key), erased:N, or found (it
//	was there after a crash, whole, before its line was)
//	time, RFC 3339 in UTC
//	SHA-256, hex, of the hash before, as hex (64 zeros for the first), a line
//	feed and this line up to the space before
//
// So no line can be changed, put in or left out without every later hash
// changing. Whoever keeps the last hash elsewhere can prove that nothing that
// was sealed by then was changed or removed since.
type link struct {
	seg, gen uint32
	octets   int64
	sum      Digest
	messages int64
	why      string
	at       time.Time
}

const (
	whySealed    = "sealed"
	whyEncrypted = "encrypted"
	whyErased    = "erased"
	whyFound     = "found"

	// maxChain bounds what is read of the file; a line has about 250 octets.
	maxChain    = 1 << 30
	maxChainRow = 1 << 10
)

// chain is what the file says.
type chain struct {
	n      int      // lines
	head   Digest   // hash of the last
	hashes []Digest // of all
	size   int64    // octets that are durable
	links  map[uint32]link
	faults []string
}

// row gives a link's line, and its hash.
func (k *link) row(n int, before Digest) (string, Digest) {
	text := fmt.Sprintf("%d %s %d %s %d %s %s", n, segmentName(k.seg, k.gen), k.octets, k.sum, k.messages, k.why, k.at.UTC().Format(time.RFC3339))
	sum := Digest(sha256.Sum256([]byte(before.String() + "\n" + text)))
	return text + " " + sum.String() + "\n", sum
}

// parseRow reads a line without its line feed.
func parseRow(row string) (n int, k link, text string, hash Digest, err error) {
	bad := func(what string) (int, link, string, Digest, error) {
		return 0, link{}, "", Digest{}, fmt.Errorf("%s: %w", what, ErrDamaged)
	}
	words := strings.Split(row, " ")
	if len(words) != 8 {
		return bad("not eight words")
	}
	var ok bool
	if n, err = strconv.Atoi(words[0]); err != nil || n < 1 {
		return bad("number")
	}
	if k.seg, k.gen, ok = segmentOf(words[1]); !ok || k.gen == 0 {
		return bad("file name")
	}
	if k.octets, err = strconv.ParseInt(words[2], 10, 64); err != nil || k.octets < 0 {
		return bad("octets")
	}
	if k.messages, err = strconv.ParseInt(words[4], 10, 64); err != nil || k.messages < 0 {
		return bad("messages")
	}
	k.why = words[5]
	if k.at, err = time.Parse(time.RFC3339, words[6]); err != nil {
		return bad("time")
	}
	for _, d := range []struct {
		to   *Digest
		word string
	}{{&k.sum, words[3]}, {&hash, words[7]}} {
		if b, err := hex.DecodeString(d.word); err != nil || len(b) != len(d.to) {
			return bad("hash")
		} else {
			copy(d.to[:], b)
		}
	}
	return n, k, row[:strings.LastIndexByte(row, ' ')], hash, nil
}

// readChain reads the file. What is wrong with it is among its faults; torn
// tells how many octets at its end an interrupted write left.
func readChain(b []byte) (c chain, torn int64) {
	c.links = map[uint32]link{}
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 || bytes.IndexByte(b[:i], 0) >= 0 && !bytes.ContainsRune(b[i+1:], '\n') {
			return c, int64(len(b))
		}
		row := string(b[:min(i, maxChainRow)])
		b = b[i+1:]
		c.size += int64(i) + 1
		n, k, text, hash, err := parseRow(row)
		if err != nil {
			c.n++
			c.hashes = append(c.hashes, Digest{})
			c.faults = append(c.faults, fmt.Sprintf("chain line %d: %v", c.n, err))
			continue
		}
		if want := Digest(sha256.Sum256([]byte(c.head.String() + "\n" + text))); want != hash {
			c.faults = append(c.faults, fmt.Sprintf("chain line %d: its hash does not follow from the line before and its words", c.n+1))
		} else if n != c.n+1 {
			c.faults = append(c.faults, fmt.Sprintf("chain line %d: numbered %d", c.n+1, n))
		}
		c.n, c.head = c.n+1, hash
		c.hashes = append(c.hashes, hash)
		c.links[k.seg] = k
	}
	return c, 0
}

// loadChain reads the chain from the disk and cuts off a line that an
// interrupted write left unfinished: its file is still there and gets it again.
func (l *Log) loadChain() error {
	l.chain = chain{links: map[uint32]link{}}
	f, err := l.disk.openWrite(chainName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	size, err := f.Size()
	if err == nil && size > maxChain {
		err = fmt.Errorf("chain of %d octets: %w", size, ErrDamaged)
	}
	b := make([]byte, max(0, min(size, maxChain)))
	if err == nil {
		if _, err = f.ReadAt(b, 0); err == io.EOF {
			err = nil
		}
	}
	if err == nil {
		var torn int64
		if l.chain, torn = readChain(b); torn > 0 {
			l.log.Warn("unfinished line of the chain cut off", "octets", torn)
			if err = f.Truncate(l.chain.size); err == nil {
				err = f.Sync()
			}
		}
	}
	return errors.Join(err, f.Close())
}

// extend appends a link to the chain, durably, and makes its file the
// segment's. It is called by who changes.
func (l *Log) extend(k link) error {
	f, err := l.disk.openWrite(chainName)
	if errors.Is(err, fs.ErrNotExist) {
		if f, err = l.disk.create(chainName); err == nil {
			if err = l.disk.sync(); err != nil {
				return errors.Join(fmt.Errorf("chain: %w", err), f.Close())
			}
		}
	}
	if err != nil {
		return fmt.Errorf("chain: %w", err)
	}
	row, sum := k.row(l.chain.n+1, l.chain.head)
	// What an earlier failure left behind the end goes first: were it longer,
	// its end would follow this line.
	err = f.Truncate(l.chain.size)
	if err == nil {
		_, err = f.WriteAt([]byte(row), l.chain.size)
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		err = fmt.Errorf("chain: %w", err)
		if undo := errors.Join(f.Truncate(l.chain.size), f.Sync()); undo != nil {
			err = errors.Join(err, undo, errUnsure)
		}
		return errors.Join(err, f.Close())
	}
	l.mu.Lock()
	l.chain.n, l.chain.head = l.chain.n+1, sum
	l.chain.hashes = append(l.chain.hashes, sum)
	l.chain.size += int64(len(row))
	l.chain.links[k.seg] = k
	l.read.turn(k.seg, k.gen)
	l.mu.Unlock()
	_ = f.Close() // what was synced stays
	return nil
}

// errUnsure says that the chain may have a line on the disk that it has not
// here.
var errUnsure = errors.New("the line may be on the disk all the same")

// replace puts the temporary file in the place of the segment's. At any step
// the old file, the new one or both are there whole, and the higher generation
// counts: it had its name only once it was proved.
func (l *Log) replace(h *handle, temp string, k link) error {
	name := segmentName(k.seg, k.gen)
	if err := l.disk.rename(temp, name); err != nil {
		return errors.Join(err, l.disk.remove(temp))
	}
	err := l.disk.sync()
	if err == nil {
		err = l.extend(k)
	}
	switch {
	case errors.Is(err, errUnsure):
		return err // both files stay: the next start finds out which counts
	case err != nil:
		return errors.Join(err, l.disk.remove(name), l.disk.sync())
	}
	l.cache.forget(k.seg)
	if l.codec.vault != nil {
		l.secret[k.seg] = struct{}{}
	}
	old := segmentName(h.seg, h.gen)
	if err := l.disk.remove(old); err != nil {
		l.stale = append(l.stale, old)
		return err
	}
	return l.disk.sync()
}
