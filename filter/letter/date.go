package letter

import (
	"strconv"
	"strings"
	"time"
)

// zones are the names of RFC 5322, section 4.3 and others that mail uses, in
// minutes east of Greenwich. An unknown name counts as UTC, as there.
var zones = map[string]int{
	"EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
	"BST": 60, "IST": 60, "WET": 0, "WEST": 60, "CET": 60, "CEST": 120, "MET": 60, "MEST": 120, "MEZ": 60, "MESZ": 120,
	"EET": 120, "EEST": 180, "MSK": 180, "MSD": 240, "JST": 540, "KST": 540, "HKT": 480, "SGT": 480,
	"AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780, "HST": -600, "AKST": -540, "AKDT": -480, "AST": -240, "ADT": -180,
}

var months = map[string]time.Month{
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
	"mrz": 3, "mä": 3, "mai": 5, "okt": 10, "dez": 12, // German mailers
}

// parseDate reads a Date field from whatever words of it make a date, in any
// order. One set of rules serves RFC 5322, section 3.3 and all that is not of
// it: net/mail tries a layout after the other and makes an error of each.
func parseDate(v string) (time.Time, bool) {
	v = strings.TrimSpace(v[:min(len(v), 200)])
	for i := strings.IndexByte(v, '('); i >= 0; i = strings.IndexByte(v, '(') {
		var skip strings.Builder
		n := readComment(&skip, v[i+1:])
		v = v[:i] + " " + v[min(len(v), i+2+n):]
	}
	var d dateWords
	for w := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' || r == '"' }) {
		d.word(w)
	}
	return d.time()
}

func plausible(year int) bool { return year >= 1970 && year <= 2200 }

// dateWords are the pieces of a date as they are found.
type dateWords struct {
	year, day    int
	month        time.Month
	h, m, s      int
	clock, zoned bool
	east         int // minutes
}

// word takes one word of a date.
func (d *dateWords) word(w string) {
	if date, clock, ok := strings.Cut(w, "T"); ok && strings.Count(date, "-") == 2 && strings.Contains(clock, ":") {
		d.word(date)
		w = clock
	}
	switch {
	case strings.Contains(w, ":") && w[0] >= '0' && w[0] <= '9':
		d.readClock(w)
	case w[0] == '+' || w[0] == '-' && d.clock:
		d.offset(w)
	case strings.ContainsAny(w, "-/.") && w[0] >= '0' && w[0] <= '9':
		d.joined(strings.FieldsFunc(w, func(r rune) bool { return r == '-' || r == '/' || r == '.' }))
	case w[0] >= '0' && w[0] <= '9':
		d.number(w)
	default:
		d.name(w)
	}
}

// name takes a month, a zone, AM or PM. Days of the week say nothing new.
func (d *dateWords) name(w string) {
	up := strings.ToUpper(strings.TrimRight(w, "."))
	if m, ok := months[strings.ToLower(w[:min(3, len(w))])]; ok && d.month == 0 {
		d.month = m
		return
	}
	switch {
	case up == "PM" && d.h < 12:
		d.h += 12
	case up == "AM" && d.h == 12:
		d.h = 0
	case strings.HasPrefix(up, "GMT") || strings.HasPrefix(up, "UTC"):
		d.zoned = true
		if len(up) > 3 {
			d.offset(up[3:])
		}
	default:
		if east, ok := zones[up]; ok && !d.zoned {
			d.east, d.zoned = east, true
		}
	}
}

// number takes a bare number: a day of the month, or a year.
func (d *dateWords) number(w string) {
	n, err := strconv.Atoi(strings.TrimRight(w, "stndrh."))
	switch {
	case err != nil:
	case d.day == 0 && n >= 1 && n <= 31 && len(w) <= 4:
		d.day = n
	case d.year == 0 && (n >= 100 || len(w) <= 3):
		d.year = fullYear(n)
	}
}

// joined takes 2006-01-02, 02-Jan-2006 and 02.01.2006. With slashes between
// numbers the order is not known; the day is taken to come second, as in the
// country that writes so.
func (d *dateWords) joined(f []string) {
	if len(f) != 3 {
		return
	}
	if len(f[0]) == 4 {
		d.year, _ = strconv.Atoi(f[0])
		d.middle(f[1])
		d.day, _ = strconv.Atoi(f[2])
		return
	}
	d.day, _ = strconv.Atoi(f[0])
	d.middle(f[1])
	y, _ := strconv.Atoi(f[2])
	d.year = fullYear(y)
	if d.month > 12 && d.day <= 12 {
		d.day, d.month = int(d.month), time.Month(d.day)
	}
}

func (d *dateWords) middle(w string) {
	if m, ok := months[strings.ToLower(w[:min(3, len(w))])]; ok {
		d.month = m
		return
	}
	n, _ := strconv.Atoi(w)
	d.month = time.Month(n)
}

// readClock takes 15:04, 15:04:05, 15:04:05.123, and a zone that sticks to it.
func (d *dateWords) readClock(w string) {
	if d.clock {
		return
	}
	if i := strings.IndexAny(w, "+-Zz"); i > 0 {
		d.offset(w[i:])
		w = w[:i]
	}
	f := strings.Split(w, ":")
	if len(f) < 2 || len(f) > 3 {
		return
	}
	var n [3]int
	for i, s := range f {
		s, _, _ = strings.Cut(s, ".")
		v, err := strconv.Atoi(s)
		if err != nil || v < 0 || v > 60 {
			return
		}
		n[i] = v
	}
	d.h, d.m, d.s, d.clock = n[0], n[1], n[2], true
}

// offset takes +0100, +01:00, +1 or Z.
func (d *dateWords) offset(w string) {
	if w == "Z" || w == "z" {
		d.zoned = true
		return
	}
	digits := strings.ReplaceAll(w[1:], ":", "")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || n > 2400 || w[0] != '+' && w[0] != '-' {
		return
	}
	if len(digits) <= 2 {
		n *= 100
	}
	d.east, d.zoned = n/100*60+n%100, true
	if w[0] == '-' {
		d.east = -d.east
	}
}

// fullYear completes years of two and three digits, RFC 5322, section 4.3.
func fullYear(n int) int {
	switch {
	case n < 50:
		return n + 2000
	case n < 1000:
		return n + 1900
	}
	return n
}

// time makes a time of the pieces. Without a clock or a zone, midnight and UTC
// are taken; without day, month or year there is none.
func (d *dateWords) time() (time.Time, bool) {
	if d.day < 1 || d.day > 31 || d.month < 1 || d.month > 12 || !plausible(d.year) || d.h > 24 {
		return time.Time{}, false
	}
	loc := time.UTC
	if d.east != 0 {
		loc = time.FixedZone("", d.east*60)
	}
	return time.Date(d.year, d.month, d.day, d.h, d.m, d.s, 0, loc), true
}
