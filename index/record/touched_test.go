package record

import (
	"fmt"
	"slices"
	"testing"

	"restante/index"
	"restante/index/blob"
)

func TestTouches_TellWhatWasWrittenOfAnOwners(t *testing.T) {
	var all touches
	start := all.since("ada", 1<<62).Now
	all.add("ada", []int64{7, 3})
	all.add("bob", []int64{5})
	all.add("ada", []int64{3})
	got := all.since("ada", start)
	if !got.Known || !slices.Equal(got.Messages, []int64{3, 7}) {
		t.Errorf("ada's: %+v", got)
	}
	if again := all.since("ada", got.Now); !again.Known || len(again.Messages) != 0 || again.Last != got.Last {
		t.Errorf("ada's since: %+v", again)
	}
	all.any()
	if got = all.since("bob", got.Now); got.Known {
		t.Errorf("after anything may have been written: %+v", got)
	}
	if got = all.since("bob", got.Now); !got.Known {
		t.Errorf("after it was read again: %+v", got)
	}
}

func TestTouches_AreBounded(t *testing.T) {
	var all touches
	all.add("ada", []int64{1})
	at := all.since("ada", 0).Now
	for i := range 3 * maxTouches {
		all.add("bob", []int64{int64(i)})
	}
	if got := all.since("ada", at); !got.Known || len(got.Messages) != 0 {
		t.Errorf("ada's, of which nothing was written: %+v", got)
	}
	if got := all.since("ada", 0); got.Known {
		t.Errorf("what was written of ada's is known longer than it is kept: %+v", got)
	}
	if got := all.since("bob", at); got.Known || len(all.ring) != maxTouches {
		t.Errorf("all that was written of bob's is known: %d, %d kept", len(got.Messages), len(all.ring))
	}
	if got := all.since("bob", all.now-10); !got.Known || len(got.Messages) != 10 {
		t.Errorf("the last ten of bob's: %+v", got)
	}
}

// A round of the fetcher's writes what no listing is made of: a mailbox of 100,000
// is not read again for it.
func TestTouched_ByMailOnly(t *testing.T) {
	d := openFile(t)
	add := func(uid string) {
		t.Helper()
		if _, err := d.Add(ctx, []index.Addition{{Message: index.Message{Owner: "ada", UID: uid, Mailbox: "inbox", Listed: true}}}, blob.Position{}); err != nil {
			t.Fatal(err)
		}
	}
	add("one")
	before := d.Touched("ada", 0)
	if err := d.Receipts(ctx, 1, index.Receipt{Account: "home", UID: "1"}); err != nil {
		t.Fatal(err)
	}
	if err := d.SetQuirk(ctx, "home", "top", 1, fromNanos(1)); err != nil {
		t.Fatal(err)
	}
	if err := d.AddUser(ctx, index.User{Name: "ada"}); err != nil {
		t.Fatal(err)
	}
	if after := d.Touched("ada", before.Now); !after.Known || len(after.Messages) != 0 || after.Last != before.Last {
		t.Errorf("something was written of ada's: %+v", after)
	}
	add("two")
	if after := d.Touched("ada", before.Now); !after.Known || !slices.Equal(after.Messages, []int64{2}) {
		t.Errorf("one message came: %+v", after)
	}
	if after := d.Touched("bob", before.Now); !after.Known || len(after.Messages) != 0 {
		t.Errorf("nothing came to bob: %+v", after)
	}
}

func TestReplaced_IsTheListingWithSomeLinesAnew(t *testing.T) {
	lines := func(ids ...int64) (out []index.Listing) {
		for _, id := range ids {
			out = append(out, index.Listing{ID: id, UID: fmt.Sprint(id)})
		}
		return out
	}
	for _, x := range []struct{ old, messages, now, want []int64 }{
		{nil, []int64{1}, []int64{1}, []int64{1}},
		{[]int64{1, 2, 3}, nil, nil, []int64{1, 2, 3}},
		{[]int64{1, 2, 3}, []int64{2}, nil, []int64{1, 3}},
		{[]int64{1, 2, 3}, []int64{0, 1, 3, 4}, []int64{0, 3, 4}, []int64{0, 2, 3, 4}},
		{[]int64{5, 9}, []int64{6, 7}, []int64{7}, []int64{5, 7, 9}},
	} {
		old := lines(x.old...)
		if got := replaced(old, x.messages, lines(x.now...)); !slices.Equal(got, lines(x.want...)) || !slices.Equal(old, lines(x.old...)) {
			t.Errorf("%v with %v of %v = %v, want %v", x.old, x.now, x.messages, got, x.want)
		}
	}
}
