package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"restante/index/record"
)

// How soon the knowledge is written after something changed. What people did is
// lost with the database for no longer than that; the rest, which is what the
// fetcher remembers, is mostly found out again.
const (
	dearEvery  = 5 * time.Minute
	otherEvery = time.Hour
	lookEvery  = 30 * time.Second
	// thrift bounds what it costs: after a writing the next waits at least so
	// many times as long as that took, one part in a hundred of the time.
	thrift = 100
)

// knowledgeKept is how many files are kept: one, and the one before it, which is
// the one to fall back on.
const knowledgeKept = 2

const (
	knowledgePrefix = "knowledge-"
	knowledgeSuffix = ".ndjson.zst"
)

// openName is a file that is there while a Keeper is open. One that a killed
// process left says that the last knowledge may lack what that process did.
const openName = "knowledge-open"

// Knower knows what the segments do not. *record.DB is one.
type Knower interface {
	Knowledge(ctx context.Context, w io.Writer) (record.Contents, error)
	Writes() (all, dear int64)
}

// Keeper writes, beside the segments, what they do not know. Its files are for
// their owner only: the hashes of passwords are in them.
type Keeper struct {
	dir string
	of  Knower
	to  Recipients
	log *slog.Logger

	mu        sync.Mutex // guards the fields below
	all, dear int64      // writes that the last file knows
	begun     time.Time  // when it was begun
	took      time.Duration
	behind    bool // an earlier process was killed, and none has written since
}

// NewKeeper keeps the knowledge in the folder of the segments, for the recipients
// if there are any, else in clear. Nil for log discards. It is to be closed.
func NewKeeper(dir string, of Knower, to Recipients, log *slog.Logger) (*Keeper, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if err := clean(dir); err != nil {
		return nil, fmt.Errorf("keep the knowledge: %w", err)
	}
	k := &Keeper{dir: dir, of: of, to: to, log: log}
	k.all, k.dear = of.Writes()
	if files, err := KnowledgeFiles(dir); err == nil && len(files) > 0 {
		if info, err := os.Stat(files[0]); err == nil {
			k.begun = info.ModTime()
		}
	}
	mark := filepath.Join(dir, openName)
	if _, err := os.Lstat(mark); err == nil {
		k.behind = true
		return k, nil
	}
	if err := errors.Join(os.WriteFile(mark, nil, 0o600), syncDir(dir)); err != nil {
		return nil, fmt.Errorf("keep the knowledge: %w", err)
	}
	return k, nil
}

// Run writes the knowledge until ctx is done, whenever something changed: once at
// first, because what an earlier process knew when it was killed may be missing,
// then within five minutes of what people did, and within the hour of all else.
// What goes wrong is logged and tried again.
func (k *Keeper) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	first := true
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !first && !k.due() {
			continue
		}
		if err := k.Write(ctx); err != nil {
			if ctx.Err() == nil {
				k.log.Error("what only the database knows is not kept beside the segments", "err", err)
			}
			continue
		}
		first = false
	}
}

func (k *Keeper) due() bool {
	all, dear := k.of.Writes()
	k.mu.Lock()
	defer k.mu.Unlock()
	since := time.Since(k.begun)
	if since < thrift*k.took {
		return false
	}
	return dear != k.dear && since >= dearEvery || all != k.all && since >= otherEvery
}

// Close writes the knowledge if people did something since, if the last is old, or
// if an earlier process was killed before it could.
func (k *Keeper) Close(ctx context.Context) error {
	all, dear := k.of.Writes()
	k.mu.Lock()
	old := k.behind || dear != k.dear || all != k.all && time.Since(k.begun) >= otherEvery
	k.mu.Unlock()
	if old {
		if err := k.Write(ctx); err != nil {
			return err
		}
	}
	if err := os.Remove(filepath.Join(k.dir, openName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("keep the knowledge: %w", err)
	}
	return nil
}

// Write writes the knowledge, durably, and drops all files but the last two.
func (k *Keeper) Write(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	begun := time.Now()
	all, dear := k.of.Writes()
	files, err := KnowledgeFiles(k.dir)
	if err != nil {
		return err
	}
	number := 1
	if len(files) > 0 {
		number = numbered(files[0], knowledgePrefix) + 1
	}
	path := filepath.Join(k.dir, fmt.Sprintf("%s%06d%s", knowledgePrefix, number, knowledgeSuffix))
	_, err = writeFile(path, func(w io.Writer) error {
		sealed, err := k.to.seal(w)
		if err != nil {
			return err
		}
		z, err := Pack(sealed)
		if err != nil {
			return err
		}
		_, err = k.of.Knowledge(ctx, z)
		return errors.Join(err, z.Close(), sealed.Close())
	})
	if err == nil {
		err = syncDir(k.dir)
	}
	if err != nil {
		return fmt.Errorf("keep the knowledge: %w", err)
	}
	k.all, k.dear, k.begun, k.took, k.behind = all, dear, begun, time.Since(begun), false
	for _, old := range files[min(len(files), knowledgeKept-1):] {
		if err := os.Remove(old); err != nil {
			return fmt.Errorf("keep the knowledge: %w", err)
		}
	}
	return nil
}

// lostPrefix begins the names of knowledge that messages were missing of. No
// Keeper drops those.
const lostPrefix = "lost-"

// KeepForLost copies a file of knowledge, durably, to one that stays: what it
// says of messages that are missing no later knowledge does.
func KeepForLost(file string) error {
	dir := filepath.Dir(file)
	before, err := LostFiles(dir)
	if err != nil {
		return err
	}
	number := 1
	if len(before) > 0 {
		number = numbered(before[0], lostPrefix) + 1
	}
	_, err = writeFile(filepath.Join(dir, fmt.Sprintf("%s%06d%s", lostPrefix, number, knowledgeSuffix)), func(w io.Writer) error {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(w, f)
		return err
	})
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return fmt.Errorf("keep what is known of missing messages: %w", err)
	}
	return nil
}

// LostFiles gives the files that KeepForLost made in a folder, the last first.
func LostFiles(dir string) ([]string, error) { return filesOf(dir, lostPrefix) }

// KnowledgeFiles gives the files of knowledge in a folder, the last first.
func KnowledgeFiles(dir string) ([]string, error) { return filesOf(dir, knowledgePrefix) }

func filesOf(dir, prefix string) ([]string, error) {
	names, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("look for the knowledge: %w", err)
	}
	var files []string
	for _, e := range names {
		if path := filepath.Join(dir, e.Name()); numbered(path, prefix) > 0 {
			files = append(files, path)
		}
	}
	slices.SortFunc(files, func(a, b string) int { return numbered(b, prefix) - numbered(a, prefix) })
	return files, nil
}

func numbered(path, prefix string) int {
	name, ok := strings.CutPrefix(filepath.Base(path), prefix)
	digits, ends := strings.CutSuffix(name, knowledgeSuffix)
	n, err := strconv.Atoi(digits)
	if !ok || !ends || err != nil || n < 1 {
		return 0
	}
	return n
}

// ReadKnowledge calls do with what a file of knowledge holds: ErrSealed where it is
// encrypted for others.
func ReadKnowledge(path string, ids Identities, do func(r io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	clear, err := ids.unseal(f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	z, err := Unpack(clear)
	if err != nil {
		return err
	}
	defer z.Close()
	if err := do(z); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
