package blob

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
)

// File is one file of the log as a backup copies it.
type File struct {
	Name   string // within the folder
	Octets int64  // that are durable: the copy takes these and no more
	Sealed bool   // never grows again; what is under this name and Sum is copied once
	Sum    Digest // SHA-256 of a sealed file's octets; zero where it still grows
}

// Files names what a folder must hold to be opened as this log, in order. What
// a crash cut off is not among it: none of it was acknowledged.
func (l *Log) Files() ([]File, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, fmt.Errorf("list archive: %w", fs.ErrClosed)
	}
	var files []File
	for _, seg := range l.read.segments() {
		gen, _ := l.read.gen(seg)
		if k := l.chain.links[seg]; gen > 0 && k.gen == gen {
			files = append(files, File{Name: segmentName(seg, gen), Octets: k.octets, Sealed: true, Sum: k.sum})
			continue
		}
		n, err := l.sizeOf(segmentName(seg, gen))
		if errors.Is(err, fs.ErrNotExist) {
			continue // replaced, or gone: Verify tells
		}
		if err != nil {
			return nil, fmt.Errorf("list archive: %w", err)
		}
		if gen == 0 {
			n = min(n, l.durable(seg))
		}
		files = append(files, File{Name: segmentName(seg, gen), Octets: n})
	}
	if l.chain.size > 0 {
		files = append(files, File{Name: chainName, Octets: l.chain.size})
	}
	if l.codec.vault != nil {
		files = append(files, File{Name: keyName, Octets: int64(len(l.codec.vault.about))})
	}
	return files, nil
}

// durable is where the durable octets of a segment end; the end of the file
// where it was left in peace. It is called under the lock.
func (l *Log) durable(seg uint32) int64 {
	if seg == l.tail.Segment {
		return l.tail.Offset
	}
	if end, ok := l.ends[seg]; ok {
		return end
	}
	return math.MaxInt64
}

// OpenFile opens a file that Files named. One that was replaced since, under
// whose name there is nothing any more, is fs.ErrNotExist: ask Files again. One
// that is open may be read to its end, whatever becomes of its name.
func (l *Log) OpenFile(name string) (io.ReadCloser, error) {
	if _, _, ok := segmentOf(name); !ok && name != chainName && name != keyName {
		return nil, fmt.Errorf("open file %q of the archive: %w", name, fs.ErrNotExist)
	}
	f, err := l.disk.open(name)
	if err != nil {
		return nil, fmt.Errorf("open file of the archive: %w", err)
	}
	return fileReader{io.NewSectionReader(f, 0, math.MaxInt64), f}, nil
}

type fileReader struct {
	*io.SectionReader
	file io.Closer
}

func (r fileReader) Close() error { return r.file.Close() }
