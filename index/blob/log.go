package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// ErrBehind says that the log ends before what the rows know of it.
var ErrBehind = errors.New("segments are missing")

// ErrLocked says that another process, or this one, has the folder open.
var ErrLocked = errors.New("the segments are in use by another process")

// Log is a folder of segments. All its methods may be called at once.
type Log struct {
	lock  *flock.Flock // nil in tests without a folder
	disk  disk
	size  int64
	age   time.Duration
	log   *slog.Logger
	now   func() time.Time
	read  *handles
	codec *codec
	packs *packer
	texts *unpacker
	cache blockCache
	space space

	birthLen int64 // octets of the first frame of a growing segment
	life     life  // ended by Close

	// changing is held by who replaces files. It guards the two below, and is
	// taken before mu.
	changing sync.Mutex
	secret   map[uint32]struct{} // sealed segments that are known to be encrypted
	stale    []string            // files that were replaced and could not be removed

	mu     sync.Mutex // guards the fields below, and the writing of segments
	closed bool
	next   uint32 // number of the next segment to be born
	file   file   // the segment that grows; nil when the next commit bears one
	key    key
	born   int64    // when it was, Unix nanoseconds
	tail   Position // end of what is durable, where the next commit goes
	// ends are the durable ends of segments that were abandoned and could not
	// be cut there.
	ends  map[uint32]int64
	chain chain // changes only while changing is held, too
}

// Open opens the log in dir, which it makes when it is missing. The last
// segment is read through: what a crash left unfinished at its end is moved to
// a file of the segment's name that ends in .cut, what it left whole is made
// durable. An error of reading cuts nothing. A log that ends before
// Options.Floor is ErrBehind, an encrypted one without its key ErrKey: the
// folder stays as it is. Sealed segments are compared with the chain by name;
// what is missing is logged, and Verify tells all of it.
//
// The log holds a lock on the folder until it is closed; ErrLocked where
// another has it.
func Open(dir string, o Options) (*Log, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	lock := flock.New(filepath.Join(dir, "lock"), flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err == nil && !ok {
		err = ErrLocked
	}
	if err != nil {
		return nil, fmt.Errorf("open archive %s: %w", dir, err)
	}
	l, err := open(folder(dir), o)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open archive %s: %w", dir, err), lock.Close())
	}
	l.lock = lock
	return l, nil
}

func open(d disk, o Options) (*Log, error) {
	if o.SegmentSize <= 0 {
		o.SegmentSize = 256 << 20
	}
	if o.SegmentAge == 0 {
		o.SegmentAge = 24 * time.Hour
	}
	if o.MaxOpen <= 0 {
		o.MaxOpen = 64
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.now == nil {
		o.now = time.Now
	}
	l := &Log{
		disk: d, size: o.SegmentSize, age: o.SegmentAge, log: o.Log, now: o.now, next: 1,
		space: space{floor: o.MinFree, disk: d, now: o.now}, secret: map[uint32]struct{}{}, ends: map[uint32]int64{},
		read: &handles{disk: d, max: o.MaxOpen, gens: map[uint32]uint32{}, open: map[uint32]*handle{}},
	}
	l.read.table = l.readTable
	if err := l.equip(o.Key); err != nil {
		return nil, err
	}
	if err := l.recover(o.Floor); err != nil {
		l.read.close()
		return nil, err
	}
	return l, nil
}

// equip makes what packs and unpacks.
func (l *Log) equip(secret []byte) error {
	v, err := l.unlock(secret)
	if err != nil {
		return err
	}
	if l.codec, err = newCodec(v); err != nil {
		return err
	}
	l.packs, l.texts = newPacker(l.codec), newUnpacker(l.codec)
	l.birthLen = int64(len(l.codec.newBirth(key{}, 0, l.now())))
	return nil
}

// Close ends the log; nothing is left to be written. Seal and Erase that are
// under way end first, without having changed what they were at. Readers that
// are still open may be read to their end.
func (l *Log) Close() error {
	l.life.end()
	l.changing.Lock()
	defer l.changing.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	l.read.close()
	err := l.letGo()
	if l.lock != nil {
		err = errors.Join(err, l.lock.Close())
	}
	return err
}

// letGo closes the growing segment, so that the next commit bears another.
func (l *Log) letGo() error {
	if l.file == nil {
		return nil
	}
	f := l.file
	l.file = nil
	return f.Close()
}

// Append puts the records on stable storage in one commit and tells where they
// lie. On an error none of them is promised, and what was written is cut off
// again; a full disk is syscall.ENOSPC, and below Options.MinFree nothing is
// written at all: ErrNoSpace. Bytes that are not of the size and
// digest that their record states are ErrDamaged.
func (l *Log) Append(ctx context.Context, recs []Record) ([]Ref, error) {
	if len(recs) == 0 {
		return nil, ctx.Err()
	}
	raw := int64(0)
	for i := range recs {
		if n := len(recs[i].Meta); n > MaxMeta {
			return nil, fmt.Errorf("append message %s: meta of %d octets, at most %d", recs[i].Digest, n, MaxMeta)
		}
		if recs[i].Size < 0 {
			return nil, fmt.Errorf("append message %s: size %d", recs[i].Digest, recs[i].Size)
		}
		raw += recs[i].Size
	}
	if err := l.space.take(raw); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	// The first run is packed while another commit may still be writing.
	first, rest, err := l.packs.pack(ctx, recs)
	if err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.ready(); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	refs, err := l.write(ctx, first, rest, len(recs))
	if err != nil {
		return nil, fmt.Errorf("append to segment %d: %w", l.tail.Segment, errors.Join(err, l.retreat()))
	}
	if err := l.file.Sync(); err != nil {
		return nil, fmt.Errorf("append to segment %d: %w", l.tail.Segment, errors.Join(err, l.abandon()))
	}
	l.tail = refs[len(refs)-1].End()
	return refs, nil
}

// ready sees to it that there is a segment to write to.
func (l *Log) ready() error {
	if l.closed {
		return fs.ErrClosed
	}
	if l.file != nil && l.tail.Offset < l.size && !l.old() {
		return nil
	}
	if err := l.letGo(); err != nil {
		return err
	}
	return l.birth()
}

// birth makes the next segment and its first frame durable, so that no record
// ever stands in a file without a name or a key.
func (l *Log) birth() error {
	name := segmentName(l.next, 0)
	f, err := l.disk.create(name)
	if err != nil {
		return fmt.Errorf("new segment: %w", err)
	}
	var k key
	rand.Read(k[:]) // never fails, as its documentation says
	now := l.now()
	b := l.codec.newBirth(k, 0, now)
	_, err = f.WriteAt(b, 0)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = l.disk.sync()
	}
	if err != nil {
		// Without this a full disk would leave an empty file a try.
		if gone := l.disk.remove(name); gone != nil {
			l.read.turn(l.next, 0)
			l.next++
			err = errors.Join(err, gone)
		}
		return fmt.Errorf("new segment: %w", errors.Join(err, f.Close()))
	}
	l.read.turn(l.next, 0)
	l.file, l.key, l.born = f, k, Nanos(now)
	l.tail = Position{l.next, int64(len(b))}
	l.next++
	return nil
}

// write writes runs until no record is left.
func (l *Log) write(ctx context.Context, r run, rest []Record, n int) ([]Ref, error) {
	refs := make([]Ref, 0, n)
	for at := l.tail; ; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var lens []int64
		if r.big != nil {
			length, err := l.packs.stream(ctx, r.big, l.key, l.file, at.place())
			if err != nil {
				return nil, err
			}
			lens = []int64{length}
		} else {
			var buf []byte
			buf, lens = r.render(l.codec, at.place(), l.key)
			if _, err := l.file.WriteAt(buf, at.Offset); err != nil {
				return nil, err
			}
		}
		for _, length := range lens {
			ref := Ref{at.Segment, at.Offset, length}
			refs, at = append(refs, ref), ref.End()
		}
		if len(rest) == 0 {
			return refs, nil
		}
		var err error
		if r, rest, err = l.packs.pack(ctx, rest); err != nil {
			return nil, err
		}
	}
}

// retreat cuts off what a failed write left; where that fails, nothing more
// is written to the segment.
func (l *Log) retreat() error {
	if err := l.file.Truncate(l.tail.Offset); err != nil {
		return errors.Join(err, l.abandon())
	}
	return nil
}

// abandon gives a segment up whose state on the disk is unknown. After a failed
// fsync the kernel holds the unwritten pages for clean: another fsync would
// say yes and mean nothing, and a restart would read records that are not on
// the disk. So they are cut off, or where that fails are hidden at least until
// the program ends.
func (l *Log) abandon() error {
	l.ends[l.tail.Segment] = l.tail.Offset
	l.log.Error("segment abandoned", "segment", l.tail.Segment, "end", l.tail.Offset)
	return errors.Join(l.file.Truncate(l.tail.Offset), l.letGo())
}

func (p Position) place() place { return place{p.Segment, p.Offset} }
