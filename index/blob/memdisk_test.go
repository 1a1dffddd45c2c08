package blob

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
)

// memDisk is a folder in memory that can fail and lose power.
type memDisk struct {
	mu     sync.Mutex
	files  map[uint32]*memFile
	named  map[uint32]bool // names that a power cut leaves
	opened int             // handles that are open
	cut    []byte          // all that was moved aside

	// fail, where it is not nil, is asked before each operation.
	fail func(op string) error
}

type memFile struct {
	now    []byte
	synced []byte // what a power cut leaves for sure
}

func newMemDisk() *memDisk {
	return &memDisk{files: map[uint32]*memFile{}, named: map[uint32]bool{}}
}

func (d *memDisk) ask(op string) error {
	if d.fail == nil {
		return nil
	}
	return d.fail(op)
}

func (d *memDisk) list() ([]uint32, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.files)), d.ask("list")
}

func (d *memDisk) create(seg uint32) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.ask("create"); err != nil {
		return nil, err
	}
	if d.files[seg] != nil {
		return nil, fs.ErrExist
	}
	d.files[seg] = &memFile{}
	d.opened++
	return &memHandle{d: d, f: d.files[seg]}, nil
}

func (d *memDisk) open(seg uint32) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.ask("open"); err != nil {
		return nil, err
	}
	if d.files[seg] == nil {
		return nil, fs.ErrNotExist
	}
	d.opened++
	return &memHandle{d: d, f: d.files[seg]}, nil
}

func (d *memDisk) openWrite(seg uint32) (file, error) { return d.open(seg) }

func (d *memDisk) remove(seg uint32) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.ask("remove"); err != nil {
		return err
	}
	delete(d.files, seg)
	delete(d.named, seg)
	return nil
}

func (d *memDisk) aside(_ uint32, cut io.Reader) error {
	b, err := io.ReadAll(cut)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err = errors.Join(err, d.ask("aside")); err == nil {
		d.cut = append(d.cut, b...)
	}
	return err
}

func (d *memDisk) sync() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.ask("sync folder"); err != nil {
		return err
	}
	d.named = map[uint32]bool{}
	for seg := range d.files {
		d.named[seg] = true
	}
	return nil
}

// crash cuts the power: names that were not synced may be gone, and of the
// octets that were not synced any sectors may be missing.
func (d *memDisk) crash(rnd *rand.Rand) *memDisk {
	const sector = 64 // small, so that tests tear records in many ways
	after := newMemDisk()
	for seg, f := range d.files {
		if !d.named[seg] && rnd.IntN(2) == 0 {
			continue
		}
		left := slices.Clone(f.synced)
		if len(f.now) > len(f.synced) {
			left = append(left, make([]byte, rnd.IntN(len(f.now)-len(f.synced)+1))...)
		}
		for at := 0; at < len(left); at += sector {
			if rnd.IntN(2) == 0 {
				end := min(at+sector, len(left), len(f.now))
				if at < end {
					copy(left[at:end], f.now[at:end])
				}
			}
		}
		after.files[seg] = &memFile{now: left, synced: slices.Clone(left)}
		after.named[seg] = true
	}
	return after
}

type memHandle struct {
	d      *memDisk
	f      *memFile
	closed bool
}

func (h *memHandle) ReadAt(p []byte, off int64) (int, error) {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	if err := h.d.ask("read"); err != nil {
		return 0, err
	}
	if off >= int64(len(h.f.now)) {
		return 0, io.EOF
	}
	n := copy(p, h.f.now[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt that fails writes the first half, as a disk that fills up does.
func (h *memHandle) WriteAt(p []byte, off int64) (int, error) {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	err := h.d.ask("write")
	if err != nil {
		p = p[:len(p)/2]
	}
	if need := off + int64(len(p)); need > int64(len(h.f.now)) {
		h.f.now = append(h.f.now, make([]byte, need-int64(len(h.f.now)))...)
	}
	return copy(h.f.now[off:], p), err
}

// Sync that fails leaves the octets readable and not durable, as Linux does.
func (h *memHandle) Sync() error {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	if err := h.d.ask("sync"); err != nil {
		return err
	}
	h.f.synced = slices.Clone(h.f.now)
	return nil
}

func (h *memHandle) Truncate(size int64) error {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	if err := h.d.ask("truncate"); err != nil {
		return err
	}
	h.f.now = h.f.now[:size]
	return nil
}

func (h *memHandle) Size() (int64, error) {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	return int64(len(h.f.now)), nil
}

func (h *memHandle) Close() error {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	if h.closed {
		return errors.New("closed twice")
	}
	h.closed = true
	h.d.opened--
	return nil
}

// failNth fails the nth operation of a kind, and every later one while many.
func failNth(op string, n int, many bool, err error) func(string) error {
	return func(got string) error {
		if got == op {
			n--
			if n == 0 || many && n < 0 {
				return err
			}
		}
		return nil
	}
}

var errNoSpace = &fs.PathError{Op: "write", Path: "segment", Err: syscall.ENOSPC}
