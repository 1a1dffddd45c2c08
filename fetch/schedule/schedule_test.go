package schedule_test

import (
	"strings"
	"testing"
	"time"

	"restante/fetch/schedule"
)

func TestParse_RefusesWhatWouldPanicLoopOrNeverRing(t *testing.T) {
	for _, expr := range []string{
		"", " ", "TZ=UTC", "CRON_TZ=Europe/Berlin", "TZ=0", "TZ=", "TZ= * * * * *", "CRON_TZ=", "TZ=Local * * * * *",
		"CRON_TZ=Nowhere/Town * * * * *", "CRON_TZ=../../etc/passwd * * * * *", "TZ=UTC TZ=UTC", "TZ=UTC CRON_TZ=UTC * * * * *",
		"@every", "@every 0s", "@every -5s", "@every 900ms", "@every 9000h", "@every soon", "@every5", "@reboot", "@never",
		"0 0 30 2 *", "0 0 31 4,6,9,11 *", ", * * * *", "* * * , *", "1,,2 * * * *", "1, * * * *",
		"* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "5-1 * * * *", "*/0 * * * *", "-1 * * * *",
		"99999999999999999999 * * * *", "a b c d e", strings.Repeat("1,", 200) + "1 * * * *",
	} {
		s, err := schedule.Parse(expr)
		if err == nil {
			t.Errorf("%q is taken, and rings at %v", expr, s.Next(time.Now()))
		}
	}
}

func TestParse_ErrorNamesTheExpression(t *testing.T) {
	_, err := schedule.Parse("0 0 30 2 *")
	if err == nil || err.Error() != `schedule "0 0 30 2 *": never comes: there is no such date` {
		t.Errorf("err = %v", err)
	}
}

func TestParse_TakesIntervalsOfWholeSeconds(t *testing.T) {
	s, err := schedule.Parse("@every 1s")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if got := s.Next(from); !got.Equal(from.Add(time.Second)) {
		t.Errorf("Next = %v", got)
	}
	for _, expr := range []string{"@every 500ms", "@every 0s", "@every -1s"} {
		if _, err := schedule.Parse(expr); err == nil {
			t.Errorf("%s is taken", expr)
		}
	}
}

func TestNext(t *testing.T) {
	tests := []struct{ expr, from, want string }{
		{"@every 5m", "2026-01-01T00:00:01Z", "2026-01-01T00:05:01Z"},
		{"@daily", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"},
		{"*/15 * * * *", "2026-01-01T00:14:59Z", "2026-01-01T00:15:00Z"},
		{"0 7 * * mon-fri", "2026-01-02T07:00:00Z", "2026-01-05T07:00:00Z"},
		{"0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"},           // 2100 has no leap day
		{"30 9 * * *", "2026-01-01T10:00:00+02:00", "2026-01-01T11:30:00+02:00"}, // UTC, whatever the location of from
		{"CRON_TZ=Asia/Tokyo 0 9 * * *", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"},
		{"TZ=Europe/Berlin  0 9 * * *", "2026-07-01T00:00:00Z", "2026-07-01T07:00:00Z"},
		// The spring day in Berlin has no 02:30: it is skipped.
		{"CRON_TZ=Europe/Berlin 30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z"},
		// The autumn day has it twice: it rings twice.
		{"CRON_TZ=Europe/Berlin 30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},
		{"CRON_TZ=Europe/Berlin 30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"},
		{"CRON_TZ=Europe/Berlin 30 2 * * *", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"},
		// The interval knows nothing of it.
		{"@every 1h", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"},
		// Midnight itself is left out.
		{"CRON_TZ=Africa/Cairo 0 0 * * *", "2026-04-23T12:00:00Z", "2026-04-24T21:00:00Z"},
	}
	for _, tt := range tests {
		s, err := schedule.Parse(tt.expr)
		if err != nil {
			t.Errorf("%s: %v", tt.expr, err)
			continue
		}
		from, err := time.Parse(time.RFC3339, tt.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Next(from).Format(time.RFC3339); got != tt.want {
			t.Errorf("%s after %s: %s, want %s", tt.expr, tt.from, got, tt.want)
		}
	}
}

func TestNext_ZeroScheduleNeverRings(t *testing.T) {
	if got := (schedule.Schedule{}).Next(time.Now()); !got.IsZero() {
		t.Errorf("Next = %v", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, expr := range []string{
		"@every 10s", "@monthly", "*/5 1-3 * jan,feb sun", "CRON_TZ=America/Sao_Paulo 0 0 * * *", "TZ=UTC", "0 0 29 2 *",
		"CRON_TZ=Pacific/Apia 59 23 30 12 *", "TZ=Africa/Cairo 0 0 31 * 5", ",",
	} {
		f.Add(expr, int64(1700000000))
	}
	f.Fuzz(func(t *testing.T, expr string, unix int64) {
		s, err := schedule.Parse(expr)
		if err != nil {
			return
		}
		const century = 100 * 365 * 24 * 3600
		at := time.Unix((unix%century+century)%century, 0).UTC()
		for range 3 {
			next := s.Next(at)
			if !next.After(at) {
				t.Fatalf("%q after %v: %v", expr, at, next)
			}
			at = next
		}
	})
}
