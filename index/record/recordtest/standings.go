package recordtest

import (
	"testing"
	"time"

	"restante/fetch/schedule"
)

func standings(t *testing.T, db DB) {
	want := map[string]schedule.Standing{}
	set := func(account string, s schedule.Standing) {
		t.Helper()
		if err := db.SetStanding(ctx, account, s); err != nil {
			t.Fatalf("SetStanding(%s): %v", account, err)
		}
		want[account] = s
		got, err := db.Standings(ctx)
		if err != nil {
			t.Fatalf("Standings: %v", err)
		}
		same(t, "Standings", got, want)
	}
	if got, err := db.Standings(ctx); err != nil || len(got) != 0 {
		t.Fatalf("Standings = %v, %v; want none", got, err)
	}
	set("new", schedule.Standing{})
	set("isp", schedule.Standing{
		State: schedule.Waiting, Since: when, Why: "\"it\" said\x00 <later> \u2028 ü", Due: when.Add(time.Nanosecond), Tried: when, Good: when,
		Open: true, Troubles: 3, Refusals: 2, Refused: when, Seal: "abc",
		Logins: schedule.Logins{Least: 15 * time.Minute, Said: true, At: when},
		Mail:   schedule.Mail{Last: when, Day: when, Gaps: []int{1, 2}, Quiet: true},
	})
	set("isp", schedule.Standing{State: schedule.OK, Since: when, Due: when})
	set("Zoë", schedule.Standing{State: schedule.Paused})
	if err := db.SetStanding(ctx, "a\x00", schedule.Standing{}); err == nil {
		t.Error("a name that is no text was taken")
	}
}
