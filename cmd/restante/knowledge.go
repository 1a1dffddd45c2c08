package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"restante/index/backup"
	"restante/index/blob"
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
	_, err = h.fromKnowledge(func(r io.Reader) error { return h.store.Begin(ctx, r, spoolDir(h.cfg)) })
	return err
}

// learn gives rows that were made anew what the segments do not know.
func (h *house) learn(ctx context.Context) error {
	unfinished, err := h.store.Unfinished(ctx)
	if !unfinished || err != nil {
		return err
	}
	file, err := h.fromKnowledge(func(r io.Reader) error {
		l, err := h.store.Learn(ctx, r, spoolDir(h.cfg))
		h.learnt = &l
		return err
	})
	if err == nil && file == "" {
		err = fmt.Errorf("the database is being made anew, and the knowledge for it is gone from %s: put it back, or move the database away", blobDir(h.cfg))
	}
	if err != nil {
		h.learnt = nil
		return err
	}
	h.log.Warn("the database was made anew from the segments, and has learnt what they do not know",
		"file", file, "of", h.learnt.Made, "newer", h.learnt.Newer, "missing", h.learnt.Missing)
	return nil
}

// fromKnowledge has the last knowledge read, or the one before where that one is
// broken, and gives its file; none where there is no knowledge.
func (h *house) fromKnowledge(do func(r io.Reader) error) (file string, err error) {
	dir := blobDir(h.cfg)
	files, err := backup.KnowledgeFiles(dir)
	if err != nil || len(files) == 0 {
		return "", err
	}
	var errs []error
	for _, file := range files {
		err := backup.ReadKnowledge(file, do)
		if err == nil {
			return file, nil
		}
		errs = append(errs, err)
		h.log.Error("what only the database knew cannot be read", "file", file, "err", err)
	}
	return "", fmt.Errorf("%w; put a whole one into %s, or move those away and do without users, lessons and the places of mail", errors.Join(errs...), dir)
}
