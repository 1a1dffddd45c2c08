package index_test

import (
	"testing"

	"restante/filter"
	"restante/index"
)

func TestMove_ListsElsewhereAndBack(t *testing.T) {
	h := &house{t: t, dir: t.TempDir()}
	h.open(nil, nil)
	t.Cleanup(h.close)
	h.shelve(sorted(t, "ada", "isp", "u1", text(1)))
	ctx := t.Context()
	inbox, err := h.View(ctx, "ada", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	const id = 1
	lists := func(want bool) {
		t.Helper()
		got, err := h.Lists(ctx, inbox, []int64{id, id + 1})
		if err != nil || got[id] != want || got[id+1] {
			t.Errorf("the inbox lists %v, %v; want it listed: %v", got, err, want)
		}
	}
	lists(true)
	if err := h.Move(ctx, "ada", []index.Move{{Message: id, Mailbox: "bills"}}); err != nil {
		t.Fatal(err)
	}
	lists(false)
	if got := h.drops("ada", "bills", nil); len(got) != 1 {
		t.Errorf("bills lists %v", got)
	}
	if err := h.Move(ctx, "ada", []index.Move{{Message: id, Mailbox: filter.Inbox}}); err != nil {
		t.Fatal(err)
	}
	lists(true)
	if err := h.Dismiss(ctx, inbox, []int64{id}); err != nil {
		t.Fatal(err)
	}
	lists(false)
	if again, listed, err := h.Redeliver(ctx, inbox, []int64{id}, false); again != 1 || listed != 0 || err != nil {
		t.Errorf("delivered again: %d, %d, %v", again, listed, err)
	}
	lists(true)
	if err := h.Dismiss(ctx, inbox, []int64{id}); err != nil {
		t.Fatal(err)
	}
	lists(false)
}
