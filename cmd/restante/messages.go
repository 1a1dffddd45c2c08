package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"

	"restante/fetch"
	"restante/fetch/mbox"
)

// eachMessage calls do for every message of the paths, in order. What cannot
// be read is said and counted, and the rest go on.
func (e *env) eachMessage(ctx context.Context, h *house, paths []string, b *bar, do func(name string, p *fetch.Parcel) error) error {
	return e.someMessages(ctx, h, paths, b, math.MaxInt, do)
}

// someMessages is eachMessage for at most so many messages of each path, evenly
// chosen.
func (e *env) someMessages(ctx context.Context, h *house, paths []string, b *bar, most int, do func(name string, p *fetch.Parcel) error) error {
	unread, done := 0, int64(0)
	for _, path := range paths {
		src, err := mbox.Open(e.path(path))
		if err != nil {
			fmt.Fprintln(e.errOut, "restante:", fmt.Errorf("read %s: %w", path, err))
			unread++
			continue
		}
		items, err := src.List(ctx)
		if err != nil {
			src.Close()
			return fmt.Errorf("read %s: %w", path, err)
		}
		err = src.Retrieve(ctx, spread(items, most), func(it fetch.Item, r io.Reader, err error) error {
			var p *fetch.Parcel
			if err == nil {
				p, err = fetch.Pack(spoolDir(h.cfg), r)
			}
			if err != nil {
				fmt.Fprintln(e.errOut, "restante:", fmt.Errorf("read %s: %w", messageName(src, path, it), err))
				unread++
				return nil
			}
			defer p.Close()
			done++
			if b != nil {
				b.set(done, 0)
			}
			return do(messageName(src, path, it), p)
		})
		if err = errors.Join(err, src.Close()); err != nil {
			return err
		}
	}
	if unread > 0 {
		return fmt.Errorf("%d could not be read", unread)
	}
	return nil
}

// spread gives at most n of all, evenly chosen.
func spread[T any](all []T, n int) []T {
	if len(all) <= n {
		return all
	}
	some := make([]T, n)
	for i := range some {
		some[i] = all[i*len(all)/n]
	}
	return some
}

// messageName is how a message is told of: its path, and its number where its
// file holds several.
func messageName(src *mbox.Source, path string, it fetch.Item) string {
	rel, n := src.Place(it)
	if rel != "" && rel != "." {
		path = filepath.Join(path, rel)
	}
	if n > 0 {
		return fmt.Sprintf("%s#%d", path, n)
	}
	return path
}
