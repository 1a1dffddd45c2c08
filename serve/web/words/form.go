package words

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// form is how a language writes dates and numbers.
type form struct {
	group, point string
	clock        string // of the day
	thisYear     func(time.Time) string
	date         func(time.Time) string
	weekday      [7]string
}

var english = form{
	group: ",", point: ".", clock: "15:04",
	thisYear: func(t time.Time) string { return t.Format("2 Jan") },
	date:     func(t time.Time) string { return t.Format("2 Jan 2006") },
	weekday:  [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
}

var japanese = form{
	group: ",", point: ".", clock: "15:04",
	thisYear: func(t time.Time) string { return t.Format("1月2日") },
	date:     func(t time.Time) string { return t.Format("2006年1月2日") },
	weekday:  [7]string{"日", "月", "火", "水", "木", "金", "土"},
}

var germanMonths = [...]string{"Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."}

var german = form{
	group: ".", point: ",", clock: "15:04",
	thisYear: func(t time.Time) string { return t.Format("2. ") + germanMonths[t.Month()-1] },
	date:     func(t time.Time) string { return t.Format("2. ") + germanMonths[t.Month()-1] + t.Format(" 2006") },
	weekday:  [7]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"},
}

// Number writes a whole number.
func (l *Language) Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(l.form.group)
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// Decimal writes a number with so many digits behind the point, and its sign in
// front where signed.
func (l *Language) Decimal(x float64, digits int, signed bool) string {
	s := strconv.FormatFloat(x, 'f', digits, 64)
	if signed && x > 0 {
		s = "+" + s
	}
	s = strings.Replace(s, "-", "−", 1)
	return strings.Replace(s, ".", l.form.point, 1)
}

// Percent writes a share of one.
func (l *Language) Percent(x float64) string {
	space := ""
	if l.Code == "de" {
		space = "\u00a0"
	}
	return strconv.FormatFloat(math.Round(x*100), 'f', 0, 64) + space + "%"
}

// Size writes a number of octets, in units of 1,024.
func (l *Language) Size(octets int64) string {
	x := float64(octets)
	for _, unit := range []string{"B", "KiB", "MiB", "GiB"} {
		if math.Abs(x) < 1024 {
			return l.short(x) + "\u00a0" + unit
		}
		x /= 1024
	}
	return l.short(x) + "\u00a0TiB"
}

func (l *Language) short(x float64) string {
	if x >= 10 || x == math.Trunc(x) {
		return l.Number(int64(math.Round(x)))
	}
	return l.Decimal(x, 1, false)
}

// When writes a time for a list: the hour of today, else the day.
func (l *Language) When(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	switch {
	case t.IsZero():
		return "–"
	case t.Year() == now.Year() && t.YearDay() == now.YearDay():
		return t.Format(l.form.clock)
	case t.Year() == now.Year():
		return l.form.thisYear(t)
	}
	return l.form.date(t)
}

// Day writes a date.
func (l *Language) Day(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return l.form.date(t.Local())
}

// Moment writes a date and an hour.
func (l *Language) Moment(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	t = t.Local()
	day := l.form.date(t)
	if l.Code == "ja" {
		return day + " (" + l.form.weekday[t.Weekday()] + ") " + t.Format(l.form.clock)
	}
	return l.form.weekday[t.Weekday()] + " " + day + ", " + t.Format(l.form.clock)
}
