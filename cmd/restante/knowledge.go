package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"

	"restante/index/backup"
	"restante/index/blob"
	"restante/index/record"
)

// rescue tells a person what to do when the database or the segments cannot be
// read.
func rescue(doing string, err error) error {
	err = fmt.Errorf("%s: %w", doing, err)
	if errors.Is(err, blob.ErrDamaged) || errors.Is(err, syscall.EIO) {
		err = fmt.Errorf("%w\nNothing was changed. Ways to go on: restante rebuild makes the database anew from the segments; "+
			"restante restore brings a backup into an empty data_dir; a disk that fails is copied first", err)
	}
	return err
}

// beginAnew readies a database that is fresh, where there is knowledge of an
// earlier one: the rows then come from the segments, and learn gives them what
// these do not know.
func (h *house) beginAnew(ctx context.Context) error {
	if unfinished, err := h.store.Unfinished(ctx); unfinished || err != nil {
		return err
	}
	fresh, err := h.store.Fresh(ctx)
	if !fresh || err != nil {
		return err
	}
	_, err = h.fromKnowledge(func(_ string, r io.Reader) error { return h.store.Begin(ctx, r, spoolDir(h.cfg)) })
	return err
}

// learn gives rows that were made anew what the segments do not know.
func (h *house) learn(ctx context.Context) error {
	unfinished, err := h.store.Unfinished(ctx)
	if !unfinished || err != nil {
		return err
	}
	back, err := h.recall(ctx)
	if err != nil {
		return err
	}
	file, err := h.fromKnowledge(func(file string, r io.Reader) error {
		h.lost = nil
		l, err := h.store.Learn(ctx, r, spoolDir(h.cfg), func(m record.Lost) error {
			if h.lost = append(h.lost, m); len(h.lost) > 1 {
				return nil
			}
			return backup.KeepForLost(file) // of the messages, should they come back
		})
		h.learnt = &l
		return err
	})
	if err == nil && file == "" {
		err = fmt.Errorf("the database is being made anew, and the knowledge for it is gone from %s: put it back, or move the database away", h.cfg.Segments())
	}
	if err != nil {
		h.learnt = nil
		return err
	}
	h.log.Warn("the database was made anew from the segments, and has learnt what they do not know",
		"file", file, "of", h.learnt.Made, "newer", h.learnt.Newer, "missing", h.learnt.Missing)
	for _, file := range back {
		if err := os.Remove(file); err != nil {
			return fmt.Errorf("remove knowledge that is no longer needed: %w", err)
		}
	}
	return nil
}

// recall tells rows what was known of messages before they were lost, the oldest
// first, and gives the files all of whose messages are back.
func (h *house) recall(ctx context.Context) (back []string, err error) {
	files, err := backup.LostFiles(h.cfg.Segments())
	if err != nil {
		return nil, err
	}
	for _, file := range slices.Backward(files) {
		var missing int64
		err := backup.ReadKnowledge(file, h.secrets.open, func(r io.Reader) (err error) {
			missing, err = h.store.Recall(ctx, r, spoolDir(h.cfg))
			return err
		})
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			h.log.Error("what was known of messages before they were lost cannot be read", "file", file, "err", err)
		case missing > 0:
			h.log.Warn("messages that were lost earlier are still missing", "messages", missing, "known of in", file)
		default:
			back = append(back, file)
		}
	}
	return back, nil
}

// fromKnowledge has the last knowledge read, or the one before where that one is
// broken, and gives its file; none where there is no knowledge.
func (h *house) fromKnowledge(do func(file string, r io.Reader) error) (file string, err error) {
	dir := h.cfg.Segments()
	files, err := backup.KnowledgeFiles(dir)
	if err != nil || len(files) == 0 {
		return "", err
	}
	var errs []error
	for _, file := range files {
		err := backup.ReadKnowledge(file, h.secrets.open, func(r io.Reader) error { return do(file, r) })
		if err == nil {
			return file, nil
		}
		errs = append(errs, err)
		h.log.Error("what only the database knew cannot be read", "file", file, "err", err)
	}
	return "", fmt.Errorf("%w; put a whole one into %s, or move those away and do without users, lessons and the places of mail", errors.Join(errs...), dir)
}
