package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// ErrDamaged says that a file of an index does not hold what was written to it.
var ErrDamaged = errors.New("damaged")

// Piece is how many octets of a segment Prove reads at a time.
const Piece = 256 << 10

// Prove reads a segment of so many octets, and is ErrDamaged where it cannot be
// read or differs from the checksum at its end, which Bleve writes and never reads.
// Before each piece it calls wait, if that is not nil, and ends with its error.
func Prove(name string, r io.Reader, octets int64, wait func(octets int) error) error {
	const tail = crc32.Size
	sum, buf := crc32.NewIEEE(), make([]byte, min(Piece, octets))
	var want []byte
	for left := octets; left > 0; {
		piece := buf[:min(int64(len(buf)), left)]
		if wait != nil {
			if err := wait(len(piece)); err != nil {
				return err
			}
		}
		if _, err := io.ReadFull(r, piece); err != nil {
			return unreadable(err)
		}
		summed := min(int64(len(piece)), max(left-tail, 0))
		sum.Write(piece[:summed])
		want = append(want, piece[summed:]...)
		left -= int64(len(piece))
	}
	if len(want) != tail || sum.Sum32() != binary.BigEndian.Uint32(want) {
		return fmt.Errorf("%w: the checksum of %s is not that of its octets", ErrDamaged, name)
	}
	return nil
}

// ProveFile is Prove of a file at once.
func ProveFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return unreadable(err)
	}
	defer f.Close()
	i, err := f.Stat()
	if err != nil {
		return unreadable(err)
	}
	return Prove(filepath.Base(path), f, i.Size(), nil)
}

func unreadable(err error) error {
	if Lack(err) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// Lack tells whether an error comes of what the machine is short of, such as space or
// file descriptors, and says nothing of what is in files.
func Lack(err error) bool {
	for _, lack := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM} {
		if errors.Is(err, lack) {
			return true
		}
	}
	return false
}
