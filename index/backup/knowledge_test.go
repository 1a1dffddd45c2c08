package backup_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"restante/index/backup"
	"restante/index/record"
)

// knower counts how often it was asked.
type knower struct {
	all, dear, asked atomic.Int64
	takes            time.Duration
	err              error
}

func (k *knower) Writes() (all, dear int64) { return k.all.Load(), k.dear.Load() }

func (k *knower) did(dear bool) {
	k.all.Add(1)
	if dear {
		k.dear.Add(1)
	}
}

func (k *knower) Knowledge(_ context.Context, w io.Writer) (record.Contents, error) {
	time.Sleep(k.takes) // in a bubble
	k.asked.Add(1)
	if k.err != nil {
		return record.Contents{}, k.err
	}
	_, err := io.WriteString(w, "known")
	return record.Contents{}, err
}

func TestKeeper_WritesSoonAfterWhatPeopleDid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		of := &knower{}
		k := must[*backup.Keeper](t)(backup.NewKeeper(t.TempDir(), of, backup.Recipients{}, nil))
		go k.Run(t.Context())
		after := func(d time.Duration, want int64, when string) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			if n := of.asked.Load(); n != want {
				t.Errorf("%s: written %d times, want %d", when, n, want)
			}
		}
		after(time.Minute, 1, "at first")
		after(24*time.Hour, 1, "nothing happened")
		of.did(true)
		after(time.Minute, 2, "a lesson after a long time")
		of.did(true)
		after(4*time.Minute, 2, "a lesson right after")
		after(2*time.Minute, 3, "five minutes later")
		of.did(false)
		after(50*time.Minute, 3, "a round of fetching")
		after(15*time.Minute, 4, "an hour later")
		of.takes = 10 * time.Second // a big house
		of.did(true)
		after(time.Minute, 5, "a lesson")
		of.did(true)
		after(15*time.Minute, 5, "a lesson after a writing that took ten seconds")
		after(3*time.Minute, 6, "a thousand seconds later")
	})
}

func TestKeeper_CloseWritesWhatIsNew(t *testing.T) {
	dir := t.TempDir()
	of := &knower{}
	of.did(true) // as the database was opened
	k := must[*backup.Keeper](t)(backup.NewKeeper(dir, of, backup.Recipients{}, nil))
	for want, does := range []func(){func() {}, func() { of.did(true) }} {
		does()
		if err := k.Close(ctx); err != nil || of.asked.Load() != int64(want) {
			t.Errorf("Close = %v; written %d times, want %d", err, of.asked.Load(), want)
		}
	}
	of.did(false)
	if err := k.Close(ctx); err != nil || of.asked.Load() != 1 {
		t.Errorf("Close = %v; written for what is found out again", err)
	}
}

// What a killed process did is kept by the next one, however short that lives.
func TestKeeper_CloseWritesWhatAKilledOneDidNot(t *testing.T) {
	dir := t.TempDir()
	of := &knower{}
	must[*backup.Keeper](t)(backup.NewKeeper(dir, of, backup.Recipients{}, nil))
	of.did(true) // and is killed
	for range 2 {
		k := must[*backup.Keeper](t)(backup.NewKeeper(dir, of, backup.Recipients{}, nil))
		if err := k.Close(ctx); err != nil || of.asked.Load() != 1 {
			t.Errorf("Close = %v; written %d times, want once", err, of.asked.Load())
		}
	}
}

func TestKeeper_KeepsTheLastTwoForTheirOwner(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "000001.mbox.zst"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	of := &knower{}
	k := must[*backup.Keeper](t)(backup.NewKeeper(dir, of, backup.Recipients{}, nil))
	for range 3 {
		if err := k.Write(ctx); err != nil {
			t.Fatal(err)
		}
	}
	of.err = errBroke
	if err := k.Write(ctx); !errors.Is(err, errBroke) {
		t.Errorf("Write = %v", err)
	}
	files := must[[]string](t)(backup.KnowledgeFiles(dir))
	if len(files) != 2 || filepath.Base(files[0]) != "knowledge-000003.ndjson.zst" || filepath.Base(files[1]) != "knowledge-000002.ndjson.zst" {
		t.Fatalf("%v; want the last two, the last first", files)
	}
	if info := must[os.FileInfo](t)(os.Stat(files[0])); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	err := backup.ReadKnowledge(files[0], nil, func(r io.Reader) error {
		if text := must[[]byte](t)(io.ReadAll(r)); string(text) != "known" {
			t.Errorf("%q", text)
		}
		return errBroke
	})
	if !errors.Is(err, errBroke) || !strings.Contains(err.Error(), files[0]) {
		t.Errorf("ReadKnowledge = %v; want its file's name", err)
	}
	if err := k.Close(ctx); err != nil || len(all(t, dir)) != 3 {
		t.Errorf("%v", all(t, dir))
	}
}

func TestKeeper_SealsWithTheKeyOfTheArchive(t *testing.T) {
	dir := t.TempDir()
	to, ids, err := backup.Shared(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	_, others, err := backup.Shared(bytes.Repeat([]byte("o"), 32))
	if err != nil {
		t.Fatal(err)
	}
	k := must[*backup.Keeper](t)(backup.NewKeeper(dir, &knower{}, to, nil))
	if err := k.Write(ctx); err != nil {
		t.Fatal(err)
	}
	file := must[[]string](t)(backup.KnowledgeFiles(dir))[0]
	if text := must[[]byte](t)(os.ReadFile(file)); !bytes.HasPrefix(text, []byte("age-encryption.org/")) || bytes.Contains(text, []byte("known")) {
		t.Errorf("%q", text)
	}
	for _, wrong := range []backup.Identities{nil, others} {
		if err := backup.ReadKnowledge(file, wrong, func(io.Reader) error { return nil }); !errors.Is(err, backup.ErrSealed) || !strings.Contains(err.Error(), file) {
			t.Errorf("ReadKnowledge without the key = %v", err)
		}
	}
	err = backup.ReadKnowledge(file, ids, func(r io.Reader) error {
		if text := must[[]byte](t)(io.ReadAll(r)); string(text) != "known" {
			t.Errorf("%q", text)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestKeepForLost_OutlivesLaterKnowledge(t *testing.T) {
	dir := t.TempDir()
	k := must[*backup.Keeper](t)(backup.NewKeeper(dir, &knower{}, backup.Recipients{}, nil))
	for range 3 {
		if err := k.Write(ctx); err != nil {
			t.Fatal(err)
		}
		if err := backup.KeepForLost(must[[]string](t)(backup.KnowledgeFiles(dir))[0]); err != nil {
			t.Fatal(err)
		}
	}
	files := must[[]string](t)(backup.LostFiles(dir))
	if len(files) != 3 || filepath.Base(files[0]) != "lost-000003.ndjson.zst" || len(all(t, dir)) != 6 { // and the mark of an open house
		t.Fatalf("%v of %v; want three, the last first", files, all(t, dir))
	}
	err := backup.ReadKnowledge(files[2], nil, func(r io.Reader) error {
		if text := must[[]byte](t)(io.ReadAll(r)); string(text) != "known" {
			t.Errorf("%q", text)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
