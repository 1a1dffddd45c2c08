package configs_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"restante/configs"
)

func TestPeriod_ReadsWhatItWrites(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]configs.Period{
		"forever":    {Forever: true},
		"1d":         {For: day},
		"24h":        {For: day},
		"36h":        {For: 36 * time.Hour},
		"8w":         {For: 56 * day},
		"1y":         {For: 366 * day},
		"10y":        {For: 3660 * day},
		"100y":       {For: 36600 * day},
		"0":          {},
		"23h59m":     {},
		"-1d":        {},
		"101y":       {},
		"9999999999": {},
		"99999999y":  {},
		"1m":         {}, // a minute
		"1.5y":       {},
		"10 y":       {},
		"":           {},
	} {
		var got configs.Period
		err := got.UnmarshalText([]byte(text))
		if (err == nil) != (want != configs.Period{}) || got != want {
			t.Errorf("%q is %+v, %v; want %+v", text, got, err, want)
			continue
		}
		var back configs.Period
		if err == nil && (back.UnmarshalText([]byte(got.String())) != nil || back != got) {
			t.Errorf("%q is written %q, which is %+v", text, got, back)
		}
	}
}

// Ten years end never before the day ten years on.
func TestPeriod_AYearIsNeverShorterThanOneOfTheCalendar(t *testing.T) {
	var ten configs.Period
	if err := ten.UnmarshalText([]byte("10y")); err != nil {
		t.Fatal(err)
	}
	for from := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC); from.Year() < 2030; from = from.AddDate(0, 0, 7) {
		if from.Add(ten.For).Before(from.AddDate(10, 0, 0)) {
			t.Fatalf("ten years from %v end on %v", from, from.Add(ten.For))
		}
	}
}

func TestRetention_KeepsEverythingByDefault(t *testing.T) {
	s, err := load(t, "", nil)
	if err != nil || len(s.Retention) != 0 || s.RetentionNotice.For != 7*24*time.Hour {
		t.Errorf("rules %v, notice %v, %v", s.Retention, s.RetentionNotice, err)
	}
}

func TestRetention_ReadsRulesInOrder(t *testing.T) {
	s, err := load(t, "retention:\n- { name: taxes, user: ada, mailbox: bills, keep: 10y }\n- { rule: LOGIN_CODE, class: ham, keep: 2w }\n- { keep: forever }\nretention_notice: 36h\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []configs.Retention{
		{Name: "taxes", User: "ada", Mailbox: "bills", Keep: configs.Period{For: 3660 * 24 * time.Hour}},
		{Rule: "LOGIN_CODE", Class: "ham", Keep: configs.Period{For: 14 * 24 * time.Hour}},
		{Keep: configs.Period{Forever: true}},
	}
	for i := range want {
		if i >= len(s.Retention) || s.Retention[i] != want[i] {
			t.Errorf("rules %+v, want %+v", s.Retention, want)
			break
		}
	}
	if s.RetentionNotice.For != 36*time.Hour {
		t.Errorf("notice %v", s.RetentionNotice)
	}
}

func TestRetention_TellsAllFaultsWithTheirLines(t *testing.T) {
	const text = `retention:
- { name: junk, class: spam, keep: 30d }
- { name: junk, class: Spam, keep: 0 }
- { user: ada, class: spam,
    mailbox: spam, keep: forever }
- { mailbox: x }
- { mailbox: x, class: ham, keep: 1 }
- { maibox: y, keep: 30 d }
retention_notice: forever
`
	got := faults(t, text, nil)
	want := []string{
		`3: retention[1].keep: "0" is less than a day; allowed: forever, or a time such as`,
		`3: retention[1].class: "Spam" is none of them, did you mean spam?`,
		`3: retention[1].name: "junk" is the name of retention[0] already`,
		`4: retention[2]: never matches: retention[0] on line 2 takes all of its mail; allowed: the narrower rule first`,
		`6: retention[3].keep: is missing; allowed: forever, or`,
		`7: retention[4].keep: "1" has no unit`,
		`7: retention[4]: never matches: retention[3] on line 6`,
		`8: retention[5].maibox: is unknown, did you mean mailbox?`,
		`8: retention[5].keep: "30 d" is no whole number of days, weeks or years`,
		`9: retention_notice: forever is none; allowed: a time such as`,
	}
	for _, w := range want {
		found := false
		for _, g := range got {
			found = found || strings.HasPrefix(g, w)
		}
		if !found {
			t.Errorf("not told: %s", w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d faults, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
}

// A rule that protects somebody whose name is misspelt protects nobody.
func TestCheckUsers_LooksAtRulesOfRetention(t *testing.T) {
	s, err := load(t, "users: [{ name: ada, password: x }]\nretention:\n- { user: adda, keep: forever }\n- { user: ada, keep: 1y }\n- { keep: 2y }\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	err = s.CheckUsers(func(string) bool { return false })
	var fs configs.Faults
	if !errors.As(err, &fs) || len(fs) != 1 || fs[0].Key != "retention[0].user" {
		t.Errorf("CheckUsers = %v, want the first rule's user told", err)
	}
	if err := s.CheckUsers(func(name string) bool { return name == "adda" }); err != nil {
		t.Errorf("CheckUsers = %v of a user of the database", err)
	}
}
