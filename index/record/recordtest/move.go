package recordtest

import (
	"errors"
	"testing"

	"restante/filter"
	"restante/index"
)

func move(t *testing.T, db DB) {
	ids := add(t, db, Addition("ada", 1), Addition("ada", 2), Addition("bob", 1))
	if err := db.Dismiss(ctx, Own("ada", filter.Inbox), ids[:1]); err != nil {
		t.Fatal(err)
	}
	before := len(changesOf(t, db, "ada", 0))
	if err := db.Move(ctx, "ada", to("bills", ids[0], ids[1])); err != nil {
		t.Fatal(err)
	}
	wantState(t, db, ids[0], state{filter.Ham, "bills", true})
	wantState(t, db, ids[1], state{filter.Ham, "bills", true})
	if err := db.Move(ctx, "ada", to("bills", ids[1])); err != nil {
		t.Fatal(err)
	}
	if n := len(changesOf(t, db, "ada", 0)) - before; n != 2 {
		t.Errorf("%d changes, want one for each message that went elsewhere", n)
	}
	err := db.Move(ctx, "ada", append(to("other", ids[1]), to("other", ids[2])...))
	if !errors.Is(err, index.ErrNotFound) {
		t.Errorf("moving another's message: %v", err)
	}
	wantState(t, db, ids[1], state{filter.Ham, "bills", true})
	if err := db.Move(ctx, "ada", to("", ids[1])); err == nil {
		t.Error("a mailbox without a name was taken")
	}
}
