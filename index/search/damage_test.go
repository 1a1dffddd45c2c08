package search_test

import (
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"restante/filter"
	"restante/index"
	"restante/index/search"
)

// damages are ways in which a file may come back other than it was written.
var damages = []struct {
	name string
	do   func(r *rand.Rand, b []byte) []byte
}{
	{"a bit flipped", func(r *rand.Rand, b []byte) []byte {
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		return b
	}},
	{"some octets of noise", func(r *rand.Rand, b []byte) []byte {
		at := r.IntN(len(b))
		for i := at; i < min(at+1+r.IntN(64), len(b)); i++ {
			b[i] = byte(r.Uint32())
		}
		return b
	}},
	{"a page of zeros", func(r *rand.Rand, b []byte) []byte {
		at := r.IntN(len(b)) &^ 4095
		clear(b[at:min(at+4096, len(b))])
		return b
	}},
	{"cut", func(r *rand.Rand, b []byte) []byte { return b[:r.IntN(len(b))] }},
	{"two pages swapped", func(r *rand.Rand, b []byte) []byte {
		i, j := r.IntN(1+len(b)/4096)*4096, r.IntN(1+len(b)/4096)*4096
		for k := range min(4096, len(b)-max(i, j)) {
			b[i+k], b[j+k] = b[j+k], b[i+k]
		}
		return b
	}},
}

// askedOfDamage are questions that read files in every way there is.
var askedOfDamage = []string{
	"note", "n17", "no*", "body:no*", "nots~", "body:nots~", `"numbered note"`, "subject:note", "from:ann", "before:2030", "larger:100 -n3",
	"in:inbox OR in:spam", "is:ham", "has:link", "id:n12@example.net",
}

// What happens to two messages of sampleIndex last.
const altered, removed = 5, 8

// sampleIndex makes a catalogue of several segments, some of whose messages are
// gone, and the truth about it.
func sampleIndex(t *testing.T, dir string) (*memory, map[string][]int64) {
	t.Helper()
	s := newMemory()
	c, err := search.Open(dir, search.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 45 {
		s.add(index.Message{}, mail(fmt.Sprintf("a numbered note n%d of https://example.net/%d", i, i), "Subject: note "+fmt.Sprint(i),
			"From: Ann <ann@example.net>", fmt.Sprintf("Message-ID: <n%d@example.net>", i), "References: <all@example.net>"))
		if i%15 == 14 {
			catchUp(t, c, s)
		}
	}
	s.alter(altered, filter.Quarantine, filter.Spam)
	s.remove(removed)
	catchUp(t, c, s)
	truth := map[string][]int64{}
	for _, query := range askedOfDamage {
		if truth[query] = find(t, c, "ada", query); len(truth[query]) == 0 && query != "is:ham" {
			t.Fatalf("%s finds nothing: the test would show nothing", query)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return s, truth
}

// askAll asks in every way, where each answer must be an error or hold: no message
// that does not belong there, and all that do unless some are behind.
func askAll(t *testing.T, c *search.Catalogue, s *memory, truth map[string][]int64, must bool) (faults int) {
	t.Helper()
	behind, err := c.Behind(t.Context(), s)
	if err != nil {
		behind = 1
	}
	for _, query := range askedOfDamage {
		q, err := search.Parse(query, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, byScore := range []bool{false, true} {
			got, err := c.Search(t.Context(), "ada", q, search.Page{Limit: 100, ByScore: byScore, Facets: true})
			if err != nil {
				faults++
				continue
			}
			var ids []int64
			for _, h := range got.Hits {
				ids = append(ids, h.ID)
			}
			for _, id := range ids {
				// Bleve may go back to a snapshot of before the last changes.
				if before := behind > 0 && (id == altered || id == removed); must && !before && !slices.Contains(truth[query], id) {
					t.Errorf("%s finds %d, which it does not mean", query, id)
				}
			}
			if must && behind == 0 && len(ids) != len(truth[query]) {
				t.Errorf("%s finds %v, want %v", query, ids, truth[query])
			}
		}
		if _, err := c.Conversations(t.Context(), "ada", q, search.Page{}); err != nil {
			faults++
		}
		if _, err := c.Among(t.Context(), "ada", q, 0, []int64{1, 2, 8, 44}); err != nil {
			faults++
		}
		if _, _, err := c.Numbers(t.Context(), "ada", q, 100); err != nil {
			faults++
		}
	}
	return faults
}

// mended wants every answer right after a pass.
func mended(t *testing.T, c *search.Catalogue, s *memory, truth map[string][]int64) {
	t.Helper()
	catchUp(t, c, s)
	if faults := askAll(t, c, s, truth, true); faults > 0 {
		t.Errorf("%d questions are answered with an error after the pass", faults)
	}
}

func files(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestOpen_SurvivesAnyDamage damages files of a closed catalogue, at random: what
// was written since shows in the file's time, and what rots does not.
func TestOpen_SurvivesAnyDamage(t *testing.T) {
	t.Parallel()
	whole := filepath.Join(t.TempDir(), "whole")
	s, truth := sampleIndex(t, whole)
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	aside := 0
	for n := range rounds {
		r := rand.New(rand.NewPCG(6, uint64(n)))
		how := damages[n%len(damages)]
		t.Run(fmt.Sprintf("%d %s", n, how.name), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "catalogue")
			if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			all := files(t, whole)
			name := all[r.IntN(len(all))]
			hit, err := filepath.Rel(whole, name)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(hit)
			b, err := os.ReadFile(name)
			if err != nil || len(b) == 0 {
				t.Fatal(name, err)
			}
			if err := os.WriteFile(filepath.Join(dir, hit), how.do(r, b), 0o600); err != nil {
				t.Fatal(err)
			}
			if n%2 == 0 { // what rots is not written
				for _, was := range all {
					i, err := os.Stat(was)
					if err != nil {
						t.Fatal(err)
					}
					rel, _ := filepath.Rel(whole, was)
					if err := os.Chtimes(filepath.Join(dir, rel), time.Time{}, i.ModTime()); err != nil {
						t.Fatal(err)
					}
				}
			}
			if n%3 == 0 { // the house was killed: nothing is known of the files
				if err := os.Remove(filepath.Join(dir, "sums.json")); err != nil {
					t.Fatal(err)
				}
			}
			c := open(t, dir)
			askAll(t, c, s, truth, true)
			mended(t, c, s, truth)
			if gone, _ := filepath.Glob(dir + ".broken-*"); len(gone) > 0 {
				aside++
			}
		})
	}
	if aside < rounds/10 {
		t.Errorf("%d of %d damaged catalogues were moved aside: the test shows little", aside, rounds)
	}
}

// TestSearch_SurvivesDamageWhileOpen damages a segment that is mapped into memory.
func TestSearch_SurvivesDamageWhileOpen(t *testing.T) {
	t.Parallel()
	whole := filepath.Join(t.TempDir(), "whole")
	s, truth := sampleIndex(t, whole)
	rounds := 100
	if testing.Short() {
		rounds = 20
	}
	broke := 0
	for n := range rounds {
		r := rand.New(rand.NewPCG(7, uint64(n)))
		how := damages[n%len(damages)]
		t.Run(fmt.Sprintf("%d %s", n, how.name), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "catalogue")
			if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			c := open(t, dir)
			all := segments(whole)
			name := filepath.Join(dir, "store", filepath.Base(all[r.IntN(len(all))]))
			f, err := os.OpenFile(name, os.O_RDWR, 0)
			if err != nil {
				t.Skip("it was merged into another meanwhile")
			}
			b, err := io.ReadAll(f)
			if err != nil {
				t.Fatal(err)
			}
			b = how.do(r, b)
			if _, err := f.WriteAt(b, 0); err != nil {
				t.Fatal(err)
			}
			if err := f.Truncate(int64(len(b))); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if askAll(t, c, s, truth, false) > 0 {
				broke++
			}
			_ = c.Verify(t.Context(), 0) // finds it, unless a search did before or it was merged into another
			catchUp(t, c, s)
			askAll(t, c, s, truth, false)
			if err := c.Rebuild(t.Context(), s, nil); err != nil {
				t.Fatal(err)
			}
			mended(t, c, s, truth)
		})
	}
	if broke < rounds/20 {
		t.Errorf("%d of %d damaged segments gave an error: the test shows little", broke, rounds)
	}
}
