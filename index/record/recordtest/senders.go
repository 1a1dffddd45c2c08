package recordtest

import (
	"errors"
	"testing"

	"restante/filter/sender"
	"restante/index"
)

func senders(t *testing.T, db DB) {
	eve := sender.Sender{Name: "eve@example.com", Blocked: true, Since: when}
	example := sender.Sender{Name: "example.org", Since: when.Add(1)}
	change := func(owner string, forget []string, keep ...sender.Sender) []sender.Sender {
		t.Helper()
		before, err := db.ChangeSenders(ctx, owner, forget, keep, 2)
		if err != nil {
			t.Fatalf("ChangeSenders: %v", err)
		}
		return before
	}
	list := func(owner string, want ...sender.Sender) {
		t.Helper()
		got, err := db.Senders(ctx, owner)
		if err != nil {
			t.Fatal(err)
		}
		all := sender.List{}
		for _, s := range want {
			all[s.Name] = s
		}
		if len(got)+len(all) > 0 {
			same(t, "Senders of "+owner, got, all)
		}
	}
	if was := change("ada", nil, eve, example); len(was) != 0 {
		t.Errorf("there were %v", was)
	}
	change("bob", nil, eve)
	forgiven := sender.Sender{Name: eve.Name, Since: when.Add(2)}
	same(t, "what was changed", change("ada", []string{"example.org", "nobody.example", "\xff"}, forgiven), []sender.Sender{example, eve})
	list("ada", forgiven)
	same(t, "what was changed back", change("ada", []string{eve.Name}, example, eve), []sender.Sender{forgiven})
	list("ada", eve, example)
	if _, err := db.ChangeSenders(ctx, "ada", nil, []sender.Sender{{Name: "third.example", Since: when}}, 2); !errors.Is(err, index.ErrMany) {
		t.Errorf("a third of two: %v", err)
	}
	change("ada", []string{eve.Name})
	list("ada", example)
	list("bob", eve)
	for _, nobody := range []string{"", "eve", "\xff"} {
		list(nobody)
	}
	for _, s := range []sender.Sender{{Name: "\xff"}, {Name: "\x00"}} {
		if _, err := db.ChangeSenders(ctx, "ada", nil, []sender.Sender{s}, 9); err == nil {
			t.Errorf("it took %q", s.Name)
		}
	}
	if _, err := db.ChangeSenders(ctx, "", nil, []sender.Sender{eve}, 9); err == nil {
		t.Error("it took a sender of nobody's")
	}
}
