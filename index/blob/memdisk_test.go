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
	files  map[string]*memFile
	named  map[string]*memFile // the names that a power cut leaves
	later  []func(map[string]*memFile)
	opened int    // handles that are open
	cut    []byte // all that was moved aside
	room   int64

	// fail, where it is not nil, is asked before each operation.
	fail func(op string) error
}

// one is the file of the first segment while it grows.
const one = "000001.mbox.zst"

type memFile struct {
	now    []byte
	synced []byte // what a power cut leaves for sure
}

func newMemDisk() *memDisk {
	return &memDisk{files: map[string]*memFile{}, named: map[string]*memFile{}, room: 1 << 40}
}

func (d *memDisk) ask(op string) error {
	if d.fail == nil {
		return nil
	}
	return d.fail(op)
}

// change changes names, now, and after a power cut perhaps.
func (d *memDisk) change(f func(map[string]*memFile)) {
	f(d.files)
	d.later = append(d.later, f)
}

func (d *memDisk) list() ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.files)), d.ask("list")
}

func (d *memDisk) create(name string) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.ask("create"); err != nil {
		return nil, err
	}
	if d.files[name] != nil {
		return nil, fs.ErrExist
	}
	f := &memFile{}
	d.change(func(m map[string]*memFile) { m[name] = f })
	d.opened++
	return &memHandle{d: d, f: f}, nil
}

func (d *memDisk) open(name string) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.files[name] == nil {
		return nil, fs.ErrNotExist
	}
	if err := d.ask("open"); err != nil {
		return nil, err
	}
	d.opened++
	return &memHandle{d: d, f: d.files[name]}, nil
}

func (d *memDisk) openWrite(name string) (file, error) { return d.open(name) }

func (d *memDisk) remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.files[name] == nil {
		return fs.ErrNotExist
	}
	if err := d.ask("remove"); err != nil {
		return err
	}
	d.change(func(m map[string]*memFile) { delete(m, name) })
	return nil
}

func (d *memDisk) rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.ask("rename"); err != nil {
		return err
	}
	f := d.files[from]
	if f == nil {
		return fs.ErrNotExist
	}
	d.change(func(m map[string]*memFile) { delete(m, from); m[to] = f })
	return nil
}

func (d *memDisk) aside(_ string, cut io.Reader) error {
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
	d.named, d.later = maps.Clone(d.files), nil
	return nil
}

func (d *memDisk) free() (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.room, d.ask("free")
}

// crash cuts the power: of the changes of names that were not synced only the
// first may be done, and of the octets that were not synced any sectors may be
// missing.
func (d *memDisk) crash(rnd *rand.Rand) *memDisk {
	const sector = 64 // small, so that tests tear records in many ways
	after := newMemDisk()
	names := maps.Clone(d.named)
	for _, f := range d.later[:rnd.IntN(len(d.later)+1)] {
		f(names)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		f := names[name]
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
		g := &memFile{now: left, synced: slices.Clone(left)}
		after.files[name], after.named[name] = g, g
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
