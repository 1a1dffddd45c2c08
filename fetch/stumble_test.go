package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"restante/fetch"
)

// A process that runs one round, as from cron, has no memory of the last one.
func TestRound_GoesOnBehindAMessageThatBreaksTheSession(t *testing.T) {
	const n, bad = 5, 1
	for _, tt := range []struct {
		name  string
		uid   bool
		fault func(s *server)
	}{
		{"in its middle", true, func(s *server) { s.cutRetr = map[string]bool{text(bad): true} }},
		{"ahead of +OK", true, func(s *server) { s.dropRetr = map[string]bool{"u1": true} }},
		{"without UIDs", false, func(s *server) { s.cutRetr = map[string]bool{text(bad): true} }},
	} {
		for _, keep := range []fetch.Keep{{}, atOnce} {
			t.Run(fmt.Sprint(tt.name, ", keep ", keep), func(t *testing.T) {
				s, a := &server{mail: mail(n)}, newArchive()
				for i := range s.mail {
					if !tt.uid {
						s.mail[i].uid = ""
					}
				}
				tt.fault(s)
				sum, err := fetcher(t, s, a).Round(context.Background(), fetch.Account{Name: "isp", Keep: keep})
				if err != nil || sum.Listed != n || sum.New != n || sum.Taken != n-1 || len(sum.Failed) != 1 || !errors.Is(sum.Failed[0].Err, errCut) {
					t.Errorf("%+v, %v", sum, err)
				}
				for i := range n {
					if want := min(1, max(i-bad, bad-i)); a.kept[text(i)] != want {
						t.Errorf("message %d is kept %d times, want %d", i, a.kept[text(i)], want)
					}
				}
				if left := len(s.uids()); keep.Delete && left != 1 || !keep.Delete && left != n {
					t.Errorf("%d are left upstream", left)
				}
			})
		}
	}
}

// Files are like that: one that cannot be read says nothing of the others.
func TestRound_GoesOnInTheSessionThatOutlivesABadMessage(t *testing.T) {
	s, a := &server{mail: mail(20), outlives: true, cutRetr: map[string]bool{}}, newArchive()
	for i := 0; i < 20; i += 2 {
		s.cutRetr[text(i)] = true
	}
	f := fetcher(t, s, a)
	for range 2 {
		sum, err := f.Round(context.Background(), fetch.Account{Name: "import:ada", Import: true})
		if err != nil || len(sum.Failed) != 10 || len(a.kept) != 10 {
			t.Errorf("%+v, %v, %d kept", sum, err, len(a.kept))
		}
	}
	if s.sessions != 2 {
		t.Errorf("%d sessions for 2 rounds", s.sessions)
	}
}

func TestRound_TriesABreakingMessageLastAndForgetsItWhenItComes(t *testing.T) {
	c := &clock{at: time.Unix(1e9, 0)}
	s, a := &server{mail: mail(5), cutRetr: map[string]bool{text(0): true}}, newArchive()
	f := fetcher(t, s, a, func(o *fetch.Options) { o.Now = c.now })
	acc := fetch.Account{Name: "isp", Keep: atOnce}
	round := func(sessions, taken, failed int) {
		t.Helper()
		was := s.sessions
		sum, err := f.Round(context.Background(), acc)
		if err != nil || sum.Taken != taken || len(sum.Failed) != failed || s.sessions-was != sessions {
			t.Fatalf("%+v, %v, in %d sessions; want %d taken and %d failed in %d", sum, err, s.sessions-was, taken, failed, sessions)
		}
	}
	round(3, 4, 1) // broken, the others, alone
	s.mail = append(s.mail, message{"new", text(9)})
	round(1, 1, 1) // it is left in peace
	c.pass(11 * time.Minute)
	round(2, 0, 1)
	c.pass(11 * time.Minute)
	round(1, 0, 1) // now for twice as long
	s.cutRetr = nil
	c.pass(11 * time.Minute)
	round(2, 1, 0)
	if len(s.uids()) != 0 || len(a.kept) != 6 {
		t.Errorf("%d left, %d kept", len(s.uids()), len(a.kept))
	}
}

// However many break their sessions, the others come in over some rounds of a
// process each, and what is safe is deleted in each round.
func TestRound_DeletesAlsoWhereManyMessagesBreakSessions(t *testing.T) {
	const n = 40
	s, a := &server{mail: mail(n), cutRetr: map[string]bool{}}, newArchive()
	for i := 3; i < n; i += 4 {
		s.cutRetr[text(i)] = true
	}
	for range 100 {
		before := s.sessions
		sum, err := fetcher(t, s, a).Round(context.Background(), fetch.Account{Name: "isp", Keep: atOnce})
		if err != nil && !errors.Is(err, errCut) {
			t.Fatal(err)
		}
		if got := s.sessions - before; got > 6 {
			t.Fatalf("%d sessions", got)
		}
		if left := n - len(s.uids()); left != len(a.kept) {
			t.Fatalf("%d are deleted and %d kept: %+v, %v", left, len(a.kept), sum, err)
		}
		if len(a.kept) == n-len(s.cutRetr) {
			return
		}
	}
	t.Errorf("%d kept, want %d", len(a.kept), n-len(s.cutRetr))
}

func TestRound_TakesNewMailWhereTopBreaksTheSession(t *testing.T) {
	c := &clock{at: time.Unix(1e9, 0)}
	s, a := &server{mail: mail(3), cutTop: map[string]bool{"u0": true}}, newArchive()
	f := fetcher(t, s, a, func(o *fetch.Options) { o.Now = c.now })
	acc := fetch.Account{Name: "isp", Keep: fetch.Keep{Delete: true, After: 14 * 24 * time.Hour}}
	if _, err := f.Round(context.Background(), acc); err != nil {
		t.Fatal(err)
	}
	c.pass(15 * 24 * time.Hour)
	s.mail = append(s.mail, message{"new", text(99)})
	sum, err := f.Round(context.Background(), acc)
	if err != nil || a.kept[text(99)] != 1 || sum.Deleted != 3 {
		t.Errorf("%+v, %v, kept %v", sum, err, a.kept)
	}
	if left := s.uids(); !slices.Equal(left, []string{"new"}) {
		t.Errorf("%v are left; those due can be retrieved again to be sure of them", left)
	}
}

// A change of the settings from forever to 0 makes all the mail due at once.
func TestRound_AsksForABoundedNumberOfHeaders(t *testing.T) {
	const n = 5100
	s, a := &server{mail: mail(n)}, newArchive()
	f := fetcher(t, s, a)
	if _, err := f.Round(context.Background(), fetch.Account{Name: "isp"}); err != nil {
		t.Fatal(err)
	}
	sum, err := f.Round(context.Background(), fetch.Account{Name: "isp", Keep: atOnce})
	if err != nil || s.tops != 5000 || sum.Deleted != 5000 {
		t.Errorf("%d headers, %+v, %v", s.tops, sum, err)
	}
	if sum, err = f.Round(context.Background(), fetch.Account{Name: "isp", Keep: atOnce}); err != nil || sum.Deleted != 100 {
		t.Errorf("%+v, %v", sum, err)
	}
}

// An upstream that counts anew each time has the same UIDs for other mail, even
// of the same size.
func TestRound_LooksAtMailWhoseUIDsAreTheMessageNumbers(t *testing.T) {
	a := newArchive()
	for i, job := range []string{"111", "222"} {
		s := &server{mail: []message{{"1", "Subject: cron " + job + "\r\n\r\njob ok\r\n"}, {"2", text(1)}}}
		f := fetcher(t, s, a)
		for range 3 {
			if _, err := f.Round(context.Background(), fetch.Account{Name: "isp"}); err != nil {
				t.Fatal(err)
			}
		}
		if len(a.kept) != 2+i || a.n != 2+i {
			t.Errorf("job %s: %d kept, want %d; %d downloaded, want no more", job, len(a.kept), 2+i, a.n)
		}
	}
}

// One UID that names another message than before makes all of them doubtful.
func TestRound_ChecksAllKnownUIDsOnceOneWasReused(t *testing.T) {
	s, a := &server{mail: mail(6)}, newArchive()
	f := fetcher(t, s, a)
	round := func() {
		t.Helper()
		if _, err := f.Round(context.Background(), fetch.Account{Name: "isp"}); err != nil {
			t.Fatal(err)
		}
	}
	round()
	round() // looks at a handful, and not again within the hour
	if round(); s.tops > 4 {
		t.Fatalf("%d headers were asked for without need", s.tops)
	}
	s.mail[0].text = text(1000) // another size: seen at once
	s.mail[3].text = text(9)    // the same size
	round()
	if a.kept[text(1000)] != 1 || a.kept[text(9)] != 1 {
		t.Errorf("kept %v", a.kept)
	}
	tops := s.tops
	if round(); s.tops != tops {
		t.Errorf("%d headers more for what was just checked", s.tops-tops)
	}
}

func TestRound_LeavesUpstreamWhatIsTooLong(t *testing.T) {
	long := "Subject: long\r\n\r\n" + strings.Repeat("long ", 1000)
	s, a := &server{mail: append([]message{{"long", long}}, mail(3)...)}, newArchive()
	f := fetcher(t, s, a, func(o *fetch.Options) { o.MaxSize = 1000 })
	acc := fetch.Account{Name: "isp", Keep: atOnce}
	check := func(sessions, kept int) {
		t.Helper()
		before := s.sessions
		sum, err := f.Round(context.Background(), acc)
		if err != nil || len(sum.Failed) != 0 || sum.Skipped != 1 || s.sessions-before != sessions {
			t.Errorf("%+v, %v, in %d sessions", sum, err, s.sessions-before)
		}
		if len(a.kept) != kept || len(s.uids()) != 1 {
			t.Errorf("%d kept, %v left", len(a.kept), s.uids())
		}
	}
	check(1, 3)
	s.mail = append(s.mail, message{"new", text(9)})
	s.noSizes = true // and so it has to be found out
	check(2, 4)
	check(1, 4)
}

func TestRound_APanicInADeliveryFailsThatMessageAlone(t *testing.T) {
	s, a := &server{mail: mail(5)}, newArchive()
	f := fetcher(t, s, a, func(o *fetch.Options) { o.Sink = panics{a} })
	sum, err := f.Round(context.Background(), fetch.Account{Name: "isp", Keep: atOnce})
	if err != nil || sum.Taken != 4 || len(sum.Failed) != 1 || sum.Failed[0].UID != "u2" {
		t.Errorf("%+v, %v", sum, err)
	}
	if left := s.uids(); !slices.Equal(left, []string{"u2"}) {
		t.Errorf("%v are left", left)
	}
}

type panics struct{ *archive }

func (p panics) Deliver(ctx context.Context, parcel *fetch.Parcel) error {
	if parcel.UID == "u2" {
		panic("a mistake of ours")
	}
	return p.archive.Deliver(ctx, parcel)
}
