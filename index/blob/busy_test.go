package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"testing"
)

// What is read, written, copied and verified goes on while segments are sealed
// and erased from.
func TestLog_ServesWhileItSealsAndErases(t *testing.T) {
	d := newMemDisk()
	l := mustOpen(t, d, Options{SegmentSize: 5000, MaxOpen: 2})
	var mu sync.Mutex
	k, victims := kept{}, []Ref{}
	done := make(chan struct{})
	var wg sync.WaitGroup
	loop := func(f func(i int) error) {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				if err := f(i); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	loop(func(int) error { _, err := l.Seal(ctx); return err })
	loop(func(int) error {
		mu.Lock()
		gone := victims
		victims = nil
		mu.Unlock()
		_, err := l.Erase(ctx, gone)
		return err
	})
	loop(func(int) error {
		r, err := l.Verify(ctx, true, nil)
		if err == nil && len(r.Faults) > 0 {
			err = fmt.Errorf("Verify: %+v", r.Faults)
		}
		return err
	})
	loop(func(int) error { return copyFiles(l) })
	loop(func(int) error { return l.Scan(ctx, Position{}, func(Entry) error { return nil }) })
	for i := range 40 {
		own := kept{}
		if err := own.put(l, fmt.Appendf(nil, "keep %d", i), noise(2000+i), fmt.Appendf(nil, "erase %d", i)); err != nil {
			t.Fatal(err)
		}
		erase := rec(fmt.Appendf(nil, "erase %d", i)).Digest
		mu.Lock()
		for ref, digest := range own {
			if digest == erase {
				victims = append(victims, ref)
			} else {
				k[ref] = digest
			}
		}
		mu.Unlock()
		for ref, digest := range k {
			if err := readThrough(l, ref, digest); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(done)
	wg.Wait()
	if _, err := l.Erase(ctx, victims); err != nil {
		t.Error(err)
	}
	k.check(t, l, false)
	k.check(t, mustOpen(t, d, Options{}), false)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// copyFiles reads all files, as a backup does.
func copyFiles(l *Log) error {
	files, err := l.Files()
	for _, f := range files {
		r, oerr := l.OpenFile(f.Name)
		if errors.Is(oerr, fs.ErrNotExist) {
			continue
		}
		if oerr != nil {
			return oerr
		}
		if n, cerr := io.Copy(io.Discard, io.LimitReader(r, f.Octets)); cerr != nil || n != f.Octets {
			err = fmt.Errorf("%s: %d octets of %d, %w", f.Name, n, f.Octets, cerr)
		}
		r.Close()
	}
	return err
}

// readThrough reads a message to its end, which proves it.
func readThrough(l *Log, ref Ref, digest Digest) error {
	r, err := l.Open(ctx, ref, digest)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	return err
}

// Who reads a message reads it to its end, whatever becomes of the segment.
func TestErase_LetsOpenReadersFinish(t *testing.T) {
	d, l, refs := segment(t, large, []byte("other"))
	r, err := l.Open(ctx, refs[0], rec(large).Digest)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Erase(ctx, refs[:1]); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, large) {
		t.Errorf("got %d octets, %v; want %d", len(got), err, len(large))
	}
	if err := errors.Join(r.Close(), l.Close()); err != nil || d.opened != 0 {
		t.Errorf("Close: %v, %d handles left open", err, d.opened)
	}
}

func TestSeal_EndsWithItsContextAndTheLog(t *testing.T) {
	for how, stop := range map[string]func(l *Log, cancel func()){
		"the context": func(_ *Log, cancel func()) { cancel() },
		"the log":     func(l *Log, _ func()) { l.life.end() },
	} {
		d, l, k := ended(t, Options{})
		ctx, cancel := context.WithCancel(ctx)
		n := 0
		d.fail = func(op string) error {
			if n++; n == 20 {
				stop(l, cancel)
			}
			return nil
		}
		_, err := l.Seal(ctx)
		d.fail = nil
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: Seal = %v, want context.Canceled", how, err)
		}
		k.check(t, l, false)
		if err := l.Close(); err != nil || d.opened != 0 {
			t.Errorf("%s: Close: %v, %d handles left open", how, err, d.opened)
		}
		if _, err := l.Seal(context.Background()); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%s: Seal after Close = %v, want fs.ErrClosed", how, err)
		}
		if _, err := l.Erase(context.Background(), nil); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%s: Erase after Close = %v, want fs.ErrClosed", how, err)
		}
		cancel()
	}
}
