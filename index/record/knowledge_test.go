package record_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"restante/fetch"
	"restante/fetch/schedule"
	"restante/filter"
	"restante/index"
	"restante/index/blob"
	"restante/index/record"
	"restante/index/record/recordtest"
)

// must is for what cannot fail in a test.
func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// lived is a database that knows more than its segments: additions 1 to 5, of
// which 2 was hidden, 3 taught and moved, 4 deleted upstream, 5 renamed there. A
// device hid 1, and 2 was delivered to it again.
func lived(t testing.TB, dsn string) *record.DB {
	t.Helper()
	db := open(t, dsn)
	ids := must[[]int64](t)(db.Add(ctx, additions(1, 5), blob.Position{Segment: 1, Offset: 5}))
	when := time.Unix(1_700_000_000, 1).UTC()
	dels := []fetch.Deletion{{UID: "uidl-4", At: when}}
	twin := recordtest.Addition("ada", 1).Receipt
	twin.Account = "ada-work"
	err := errors.Join(
		db.AddUser(ctx, index.User{Name: "ada", Password: "$argon2id$", Created: when}),
		db.Dismiss(ctx, recordtest.Own("ada", filter.Inbox), ids[1:2]),
		db.Teach(ctx, []*index.Lesson{{Owner: "ada", Digest: recordtest.Addition("ada", 3).Message.Digest, Now: filter.Spam, At: when, Change: []byte{7},
			Moves: []index.Move{{Message: ids[2], Mailbox: filter.Quarantine}}}}),
		db.Mark(ctx, "ada", "ada-home", dels),
		db.Rename(ctx, "ada", "ada-home", map[string]string{"uidl-5": "renamed-5"}),
		db.Receipts(ctx, ids[0], twin),
		db.SetStanding(ctx, "ada-home", schedule.Standing{State: schedule.Paused, Why: "holidays"}),
		db.Note(ctx, "ada", "ada-home", []fetch.Note{{UID: "big", Kind: fetch.NoteRefused, Since: when}}, nil),
		db.SetQuirk(ctx, "ada-home", "no-top", 2, when),
		db.SetLoginKeys(ctx, "ada", []index.LoginKeys{{Owner: "ada", Secret: [32]byte{1}, Keys: "SCRAM-SHA-256$"}}),
		db.SetFactor(ctx, "ada", index.Factor{Secret: []byte{0xff}, Step: 7, Made: when}, [][32]byte{{1}, {2}}),
		db.AddToken(ctx, &index.Token{Owner: "ada", Name: "backup", Scopes: []string{"read"}, Made: when}),
	)
	phone := index.Device{Owner: "ada", Name: "phone", Secret: [32]byte{1}, Mailboxes: []string{filter.Inbox}, Shown: index.AllMail, Made: when}
	err = errors.Join(err, db.AddDevice(ctx, &phone))
	err = errors.Join(err, db.Dismiss(ctx, phoneView(phone), ids[:2]))
	must[int](t)(db.Redeliver(ctx, phoneView(phone), []index.Redelivery{{Message: ids[1], UID: "again"}}, when))
	must[string](t)(db.KeySeed(ctx)) // its row has no octets where others have a secret
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func phoneView(d index.Device) index.View {
	return index.View{Owner: d.Owner, Device: d.ID, Boxes: []index.Box{{Name: filter.Inbox}}}
}

// buried lets an addition expire.
func buried(t testing.TB, db *record.DB, n int) {
	t.Helper()
	a := recordtest.Addition("ada", n)
	id := must[[]index.Message](t)(db.Holds(ctx, "ada", a.Message.Digest))[0].ID
	when := time.Unix(1_700_000_000, 0)
	if err := db.SetMarks(ctx, []index.Mark{{Message: id, Owner: "ada", Rule: "r", Shown: when}}, nil); err != nil {
		t.Fatal(err)
	}
	out, err := db.Bury(ctx, index.Burial{Owner: "ada", Messages: []int64{id}, Rules: []string{"r"}, Shown: when, Head: 1 << 40, At: when})
	if err != nil || len(out.Gone) != 1 {
		t.Fatalf("Bury = %+v, %v", out, err)
	}
}

// What expired stays so, and is not fetched again.
func TestLearn_WhatExpiredDoesNotComeBack(t *testing.T) {
	for name, e := range engines {
		t.Run(name, func(t *testing.T) {
			old := lived(t, e.dsn(t))
			defer old.Close()
			buried(t, old, 4)
			want := must[[]index.Tombstone](t)(old.Tombstones(ctx, 9))
			places := must[[]index.Place](t)(old.Unerased(ctx, 9))
			receipts := must[map[string]fetch.Taken](t)(old.Taken(ctx, "ada", "ada-home"))
			var text bytes.Buffer
			must[record.Contents](t)(old.Knowledge(ctx, &text))

			db := open(t, e.dsn(t))
			defer db.Close()
			if err := db.Begin(ctx, bytes.NewReader(text.Bytes()), t.TempDir()); err != nil {
				t.Fatal(err)
			}
			uid := want[0].UID
			if gone := must[map[string]bool](t)(db.BuriedUIDs(ctx, "ada", []string{uid})); !gone[uid] {
				t.Error("who replays the segments is not told what expired")
			}
			replayed := slices.Delete(additions(1, 5), 3, 4)
			must[[]int64](t)(db.Add(ctx, replayed, blob.Position{Segment: 1, Offset: 5}))
			l, err := db.Learn(ctx, &text, t.TempDir(), nil)
			if err != nil || l.Missing != 0 || l.Newer != 0 {
				t.Fatalf("Learn = %+v, %v", l, err)
			}
			if diff := cmp.Diff(want, must[[]index.Tombstone](t)(db.Tombstones(ctx, 9))); diff != "" {
				t.Errorf("tombstones (-before +after):\n%s", diff)
			}
			if diff := cmp.Diff(places, must[[]index.Place](t)(db.Unerased(ctx, 9))); diff != "" {
				t.Errorf("to be erased (-before +after):\n%s", diff)
			}
			if diff := cmp.Diff(receipts, must[map[string]fetch.Taken](t)(db.Taken(ctx, "ada", "ada-home"))); diff != "" {
				t.Errorf("taken (-before +after):\n%s", diff)
			}
		})
	}
}

func additions(from, to int) (all []index.Addition) {
	for n := from; n <= to; n++ {
		all = append(all, recordtest.Addition("ada", n))
	}
	return all
}

// remembered is what an owner must find again, by UID.
func remembered(t testing.TB, db *record.DB) map[string]any {
	t.Helper()
	all := map[string]any{}
	byID := map[int64]string{}
	err := db.Each(ctx, func(m index.Message) error {
		byID[m.ID] = m.UID
		m.ID = 0
		all["message "+m.Owner+" "+m.UID] = m
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, box := range []string{filter.Inbox, filter.Quarantine} {
		var uids []string
		for _, l := range must[[]index.Listing](t)(db.List(ctx, recordtest.Own("ada", box))) {
			uids = append(uids, l.UID)
		}
		all["mailbox "+box] = uids
	}
	for _, account := range []string{"ada-home", "ada-work"} {
		all["taken "+account] = must[map[string]fetch.Taken](t)(db.Taken(ctx, "ada", account))
		dels := must[[]fetch.Deletion](t)(db.Deletions(ctx, "ada", account, 9))
		for i := range dels {
			all["deleted "+dels[i].UID] = byID[dels[i].Message]
			dels[i].Message = 0
		}
		all["deletions "+account] = dels
	}
	devices := must[[]index.Device](t)(db.Devices(ctx, ""))
	all["devices"] = devices
	for _, l := range must[[]index.Listing](t)(db.List(ctx, phoneView(devices[0]))) {
		all["phone lists "+l.UID] = byID[l.ID]
	}
	all["lessons"] = must[[]index.Lesson](t)(db.Lessons(ctx, "ada", 0, 9))
	all["users"] = must[[]index.User](t)(db.Users(ctx))
	all["standings"] = must[map[string]schedule.Standing](t)(db.Standings(ctx))
	all["notes"] = must[[]fetch.Note](t)(db.Notes(ctx, "ada", "ada-home"))
	err = db.Quirks(ctx, "ada-home", func(quirk string, strikes int, last time.Time) {
		all["quirk "+quirk] = last.Add(time.Duration(strikes))
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestLearn_GivesRowsMadeAnewWhatTheSegmentsDoNotKnow(t *testing.T) {
	for name, e := range engines {
		t.Run(name, func(t *testing.T) {
			old := lived(t, e.dsn(t))
			defer old.Close()
			var text bytes.Buffer
			if _, err := old.Knowledge(ctx, &text); err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"X-Restante", `"models"`, `"changes"`} {
				if strings.Contains(text.String(), secret) {
					t.Errorf("the knowledge has %s, which follows from the segments", secret)
				}
			}
			want := remembered(t, old)

			// Numbers differ in the database made anew: another owner's mail came first.
			db := open(t, e.dsn(t))
			defer db.Close()
			if fresh, err := db.Fresh(ctx); !fresh || err != nil {
				t.Fatalf("Fresh = %v, %v", fresh, err)
			}
			if err := db.Begin(ctx, bytes.NewReader(text.Bytes()), t.TempDir()); err != nil {
				t.Fatal(err)
			}
			bob := recordtest.Addition("bob", 1)
			must[[]int64](t)(db.Add(ctx, append([]index.Addition{bob}, additions(1, 5)...), blob.Position{Segment: 1, Offset: 5}))
			if un, err := db.Unfinished(ctx); !un || err != nil {
				t.Fatalf("Unfinished = %v, %v", un, err)
			}
			l, err := db.Learn(ctx, bytes.NewReader(text.Bytes()), t.TempDir(), nil)
			if err != nil || l.Missing != 0 || l.Newer != 1 {
				t.Fatalf("Learn = %+v, %v; want one newer message, bob's", l, err)
			}
			if un, err := db.Unfinished(ctx); un || err != nil {
				t.Errorf("Unfinished = %v, %v", un, err)
			}
			if fresh, err := db.Fresh(ctx); fresh || err != nil {
				t.Errorf("Fresh = %v, %v of a full one", fresh, err)
			}
			got := remembered(t, db)
			delete(got, "message bob "+bob.Message.UID)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
			goesOn(t, db)
		})
	}
}

// goesOn wants the numbers to go on behind those that were given.
func goesOn(t *testing.T, db *record.DB) {
	t.Helper()
	l := &index.Lesson{Owner: "ada", Now: filter.Spam, Change: []byte{1}}
	if err := db.Teach(ctx, []*index.Lesson{l}); err != nil || l.Number != 2 {
		t.Errorf("the next lesson has number %d, %v; want 2", l.Number, err)
	}
	dels := []fetch.Deletion{{UID: "uidl-1"}}
	if err := db.Mark(ctx, "ada", "ada-home", dels); err != nil || dels[0].ID != 2 {
		t.Errorf("the next deletion has number %d, %v; want 2", dels[0].ID, err)
	}
}

// What the segments lost is to be fetched again; what is newer stays as it came.
func TestLearn_MissingAndNewerMessages(t *testing.T) {
	for name, e := range engines {
		t.Run(name, func(t *testing.T) {
			old := lived(t, e.dsn(t))
			defer old.Close()
			var text bytes.Buffer
			if _, err := old.Knowledge(ctx, &text); err != nil {
				t.Fatal(err)
			}
			db := open(t, e.dsn(t))
			defer db.Close()
			if err := db.Begin(ctx, bytes.NewReader(text.Bytes()), t.TempDir()); err != nil {
				t.Fatal(err)
			}
			newer := additions(5, 7)
			newer[2].Receipt.UID = "uidl-1" // used again by the upstream
			must[[]int64](t)(db.Add(ctx, newer, blob.Position{Segment: 1, Offset: 7}))
			l, err := db.Learn(ctx, &text, t.TempDir(), nil)
			if err != nil || l.Missing != 4 || l.Newer != 2 {
				t.Fatalf("Learn = %+v, %v; want 4 missing, 2 newer", l, err)
			}
			taken := must[map[string]fetch.Taken](t)(db.Taken(ctx, "ada", "ada-home"))
			if len(taken) != 3 || taken["renamed-5"].Size != 5 || taken["uidl-1"].Size != 7 || taken["uidl-6"].Size != 6 {
				t.Errorf("Taken = %v; want the receipts of 5, 6 and 7 only", taken)
			}
			dels := must[[]fetch.Deletion](t)(db.Deletions(ctx, "ada", "ada-home", 9))
			if len(dels) != 1 || dels[0].Message != 4 {
				t.Errorf("Deletions = %+v; want the one of the lost message, under its number", dels)
			}
			if _, err := db.Message(ctx, "ada", 4); !errors.Is(err, index.ErrNotFound) {
				t.Errorf("Message = %v; want no other to have the number", err)
			}
		})
	}
}

// What was lost and came back is as it was before; what is known since wins.
func TestRecall_GivesMessagesThatCameBackWhatWasKnownOfThem(t *testing.T) {
	for name, e := range engines {
		t.Run(name, func(t *testing.T) {
			old := lived(t, e.dsn(t))
			defer old.Close()
			want := remembered(t, old)
			var before, after bytes.Buffer
			must[record.Contents](t)(old.Knowledge(ctx, &before))

			// Messages 1 to 3 are lost, and one that is left is deleted.
			lossy := open(t, e.dsn(t))
			defer lossy.Close()
			if err := lossy.Begin(ctx, bytes.NewReader(before.Bytes()), t.TempDir()); err != nil {
				t.Fatal(err)
			}
			ids := must[[]int64](t)(lossy.Add(ctx, additions(4, 5), blob.Position{Segment: 2, Offset: 5}))
			var lost []record.Lost
			l, err := lossy.Learn(ctx, bytes.NewReader(before.Bytes()), t.TempDir(), func(m record.Lost) error {
				lost = append(lost, m)
				return nil
			})
			if err != nil || l.Missing != 3 || len(lost) != 3 {
				t.Fatalf("Learn = %+v, %v; lost %v", l, err, lost)
			}
			if m := recordtest.Addition("ada", 3).Message; lost[2] != (record.Lost{Owner: "ada", UID: m.UID, Mailbox: filter.Quarantine}) {
				t.Errorf("lost %+v", lost[2])
			}
			if err := lossy.Dismiss(ctx, index.View{Owner: "ada", Boxes: []index.Box{{Name: filter.Inbox}}}, ids[1:]); err != nil {
				t.Fatal(err)
			}
			gone := must[index.Message](t)(lossy.Message(ctx, "ada", ids[1]))
			must[record.Contents](t)(lossy.Knowledge(ctx, &after))

			db := open(t, e.dsn(t))
			defer db.Close()
			if err := db.Begin(ctx, bytes.NewReader(after.Bytes()), t.TempDir()); err != nil {
				t.Fatal(err)
			}
			must[[]int64](t)(db.Add(ctx, additions(2, 5), blob.Position{Segment: 2, Offset: 5}))
			if missing, err := db.Recall(ctx, bytes.NewReader(before.Bytes()), t.TempDir()); err != nil || missing != 1 {
				t.Fatalf("Recall = %d, %v; want the first to be missing still", missing, err)
			}
			if l, err := db.Learn(ctx, &after, t.TempDir(), nil); err != nil || l.Missing != 0 || l.Newer != 2 {
				t.Fatalf("Learn = %+v, %v", l, err)
			}
			got := remembered(t, db)
			for _, n := range []int{2, 3, 4} {
				key := "message ada " + recordtest.Addition("ada", n).Message.UID
				if diff := cmp.Diff(want[key], got[key]); diff != "" {
					t.Errorf("%s (-before +after):\n%s", key, diff)
				}
			}
			gone.ID = 0
			if diff := cmp.Diff(any(gone), got["message ada "+gone.UID]); diff != "" || gone.Listed {
				t.Errorf("deleted since the loss (-before +after):\n%s", diff)
			}
		})
	}
}

func TestLearn_OfAnOlderSchema(t *testing.T) {
	old := must[[]byte](t)(os.ReadFile("testdata/v1.ndjson"))
	lines := strings.SplitAfter(string(old), "\n")
	var text strings.Builder
	for i, l := range lines {
		switch {
		case i == 0:
			l = strings.Replace(l, `"rows"`, `"knowledge"`, 1)
		case strings.HasPrefix(l, `{"table":"messages"`):
			l = `{"table":"messages","columns":["id","owner","uid","mailbox","class","listed"],"types":["integer","text","text","text","integer","integer"],"last_id":5}` + "\n"
		case strings.HasPrefix(l, `[5,"ada"`):
			l = `[5,"ada","aaaabbbbccccdddd","spam",2,1]` + "\n"
		case strings.HasPrefix(l, `{"table":"state"`), strings.HasPrefix(l, `[7,4096`), strings.HasPrefix(l, `{"table":"changes"`),
			strings.HasPrefix(l, `["ada",1,1,5]`), strings.HasPrefix(l, `["ada",2,2,5]`), strings.HasPrefix(l, `{"table":"models"`),
			strings.HasPrefix(l, `["ada",1,"yv4="]`):
			continue
		case strings.HasPrefix(l, `{"end"`):
			l = `{"end":{"users":1,"owners":1,"messages":1,"receipts":1,"lessons":1}}` + "\n"
		}
		text.WriteString(l)
	}
	db := open(t, engines["SQLite"].dsn(t))
	defer db.Close()
	if err := db.Begin(ctx, strings.NewReader(text.String()), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	l, err := db.Learn(ctx, strings.NewReader(text.String()), t.TempDir(), nil)
	if err != nil || l.Schema != 1 || l.Missing != 1 {
		t.Fatalf("Learn = %+v, %v", l, err)
	}
	u, err := db.User(ctx, "ada")
	if err != nil || u.Password != "$argon2id$" {
		t.Errorf("User = %+v, %v", u, err)
	}
}

func TestLearn_BrokenKnowledgeChangesNothing(t *testing.T) {
	old := lived(t, engines["SQLite"].dsn(t))
	defer old.Close()
	var text, rows bytes.Buffer
	must[record.Contents](t)(old.Knowledge(ctx, &text))
	must[record.Contents](t)(old.Dump(ctx, &rows))
	db := open(t, engines["SQLite"].dsn(t))
	defer db.Close()
	if err := db.Begin(ctx, bytes.NewReader(text.Bytes()), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	scratch := t.TempDir()
	for name, broken := range map[string]string{"cut": text.String()[:text.Len()/2], "a dump of rows": rows.String(), "empty": ""} {
		if _, err := db.Learn(ctx, strings.NewReader(broken), scratch, nil); err == nil {
			t.Errorf("%s: learnt", name)
		}
		if un, err := db.Unfinished(ctx); !un || err != nil {
			t.Errorf("%s: Unfinished = %v, %v", name, un, err)
		}
	}
	if left := must[[]os.DirEntry](t)(os.ReadDir(scratch)); len(left) != 0 {
		t.Errorf("%v is left in the scratch folder", left)
	}
}
