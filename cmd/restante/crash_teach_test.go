package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"restante/configs"
	"restante/filter"
	"restante/filter/letter"
	"restante/index"
	"restante/index/killtest"
)

// A teacher is killed (SIGKILL) again and again while it teaches, one letter or
// several in a commit. In the end every lesson that was acknowledged stands, a
// commit stands whole or not at all, and the model is what the lessons say.
const teachKills = 40

func init() { programs["restante-teacher"] = teachForEver }

// taughtLetter is the letter of a number.
func taughtLetter(i int) []byte {
	words := "flats seaside terrace"
	if i%2 == 0 {
		words = "committee minutes budget"
	}
	return fmt.Appendf(nil, "From: a@example.org\r\nSubject: letter %d\r\n\r\n%s %d\r\n", i, words, i)
}

// batch is how many letters the teacher teaches in the commit that begins with i.
func batch(i int) int { return 1 + i%3 }

// teachForEver teaches from the letter of its second argument on, and prints
// the number of each commit's last letter once it is taught.
func teachForEver() {
	ctx := context.Background()
	cfg, err := configs.Load(os.Args[1], configs.Options{CheckSchedule: checkSchedule})
	if err != nil {
		panic(err)
	}
	h, err := open(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		panic(err)
	}
	first, err := strconv.Atoi(os.Args[2])
	if err != nil {
		panic(err)
	}
	for i := first; ; {
		var ms []index.Material
		class := filter.Class(1 + i%2)
		n := batch(i)
		for range n {
			raw := taughtLetter(i)
			ms = append(ms, index.Material{Digest: sha256.Sum256(raw), Letter: letter.ReadBytes(raw), From: index.Origin{By: index.ByClick}})
			i++
		}
		if _, err := h.archive.TeachAll(ctx, "alice", class, ms); err != nil {
			panic(err)
		}
		fmt.Println(i)
	}
}

func TestCrash_KillsLoseNoLesson(t *testing.T) {
	t.Parallel()
	conf := settings(t, "")
	next := 0 // the first letter of which nobody said that it was taught
	for kill := range teachKills {
		cmd := exec.Command("restante-teacher", conf, strconv.Itoa(next))
		said, lived := killtest.After(t, cmd, 1+kill%17, 0)
		if !lived {
			t.Fatal("the teacher ended by itself")
		}
		var err error
		if next, err = strconv.Atoi(said[len(said)-1]); err != nil {
			t.Fatal(err)
		}
		next = checkTaught(t, conf, next)
	}
	t.Logf("%d letters taught through %d kills", next, teachKills)
}

// checkTaught wants the first n letters taught, and whole commits behind them at
// most, and gives how many there are.
func checkTaught(t *testing.T, conf string, n int) int {
	t.Helper()
	cfg, err := configs.Load(conf, configs.Options{CheckSchedule: checkSchedule})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	h, err := open(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := h.close(ctx); err != nil {
			t.Fatal(err)
		}
	}()
	acts, err := h.archive.Acts(ctx, "alice", index.ActQuery{Standing: true})
	if err != nil {
		t.Fatal(err)
	}
	taught := map[[32]byte]bool{}
	for _, a := range acts {
		taught[a.Digest] = true
	}
	for i := range n {
		if !taught[sha256.Sum256(taughtLetter(i))] {
			t.Fatalf("letter %d was acknowledged, and is not taught", i)
		}
	}
	for n < len(acts) {
		n += batch(n)
	}
	if n != len(acts) {
		t.Fatalf("%d lessons: a commit is there in part", len(acts))
	}
	s, err := h.archive.FilterStats(ctx, "alice", time.Now())
	if err != nil || s.Model.Ham+s.Model.Spam != n {
		t.Fatalf("the model has %d ham and %d spam of %d lessons, %v", s.Model.Ham, s.Model.Spam, n, err)
	}
	return n
}
