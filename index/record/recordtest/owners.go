package recordtest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"restante/filter"
	"restante/index"
	"restante/index/blob"
)

// view is all that an owner can see.
type view struct {
	Messages map[int64]index.Message
	Boxes    map[string][]index.Listing
	Changes  []index.Change
	Lessons  []index.Lesson
	Model    []byte
	Head     int64
}

// owners lets two owners do anything, also with each other's numbers, and looks
// at the other one's view after each step.
func owners(t *testing.T, db DB) {
	names := []string{"ada", "bob"}
	var ids []int64
	next := 0
	boxes := []string{filter.Inbox, filter.Quarantine}
	rapid.Check(t, func(r *rapid.T) {
		who := rapid.IntRange(0, 1).Draw(r, "who")
		me, other := names[who], names[1-who]
		before := look(r, db, other, ids, boxes)
		var mine []int64
		pick := func() int64 {
			if len(ids) == 0 {
				return 1
			}
			return rapid.SampledFrom(ids).Draw(r, "id")
		}
		switch rapid.IntRange(0, 4).Draw(r, "what") {
		case 0, 1:
			a := Addition(me, next/2) // numbers and so UIDs repeat, between owners too
			next++
			got, err := db.Add(ctx, []index.Addition{a}, blob.Position{})
			if err != nil {
				r.Fatal(err)
			}
			mine = got
		case 2:
			_ = db.Dismiss(ctx, Own(me, rapid.SampledFrom(boxes).Draw(r, "box")), []int64{pick()}) // refused or not: the view tells
		case 3:
			l := index.Lesson{Owner: me, Digest: blob.Digest{byte(next)}, Now: filter.Spam}
			moves := to(rapid.SampledFrom(boxes).Draw(r, "box"), pick())
			number := rapid.Int64Range(1, 9).Draw(r, "lesson")
			switch rapid.IntRange(0, 2).Draw(r, "a lesson") {
			case 0:
				l.Moves = moves
				_ = db.Teach(ctx, []*index.Lesson{&l})
			case 1:
				_ = db.Place(ctx, me, filter.Ham, moves, number)
			case 2:
				l.Undoes = number
				_, _ = db.Undo(ctx, []*index.Lesson{&l})
			}
		case 4:
			if err := db.SaveModel(ctx, me, 1, []byte(me)); err != nil {
				r.Fatal(err)
			}
		}
		if diff := cmp.Diff(before, look(r, db, other, ids, boxes)); diff != "" {
			r.Fatalf("%s changed what %s has:\n%s", me, other, diff)
		}
		ids = append(ids, mine...)
	})
}

func look(t *rapid.T, db DB, owner string, ids []int64, boxes []string) view {
	v := view{Messages: map[int64]index.Message{}, Boxes: map[string][]index.Listing{}}
	for _, id := range ids {
		m, err := db.Message(ctx, owner, id)
		if err != nil {
			continue
		}
		if m.Owner != owner {
			t.Fatalf("%s was given a message of %s", owner, m.Owner)
		}
		v.Messages[id] = m
		held, err := db.Holds(ctx, owner, m.Digest)
		if err != nil || len(held) == 0 || slices.ContainsFunc(held, func(h index.Message) bool { return h.Owner != owner }) {
			t.Fatalf("Holds = %v, %v; want %s's", held, err, owner)
		}
	}
	seen := func(id int64) {
		if v.Messages[id].Owner != owner {
			t.Fatalf("%s was told of message %d", owner, id)
		}
	}
	var err error
	for _, box := range boxes {
		if v.Boxes[box], err = db.List(ctx, Own(owner, box)); err != nil {
			t.Fatal(err)
		}
		for _, l := range v.Boxes[box] {
			seen(l.ID)
		}
	}
	if v.Changes, err = db.Changes(ctx, owner, 0, 1<<30); err != nil {
		t.Fatal(err)
	}
	for _, c := range v.Changes {
		seen(c.Message)
	}
	if v.Lessons, err = db.Lessons(ctx, owner, 0, 1<<30); err != nil {
		t.Fatal(err)
	}
	for _, l := range v.Lessons {
		if l.Owner != owner {
			t.Fatalf("%s was given a lesson of %s", owner, l.Owner)
		}
	}
	if _, v.Model, err = db.Model(ctx, owner); err != nil || v.Model != nil && string(v.Model) != owner {
		t.Fatalf("Model = %q, %v; want %s's", v.Model, err, owner)
	}
	heads, err := db.Heads(ctx)
	if err != nil {
		t.Fatal(err)
	}
	v.Head = heads[owner]
	return v
}
