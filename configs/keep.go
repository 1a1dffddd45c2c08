package configs

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// keepAllowed is what somebody may write for a Keep.
const keepAllowed = `forever, 0, or a time such as 36h, 14d, 2w or 1y (of 366 days)`

// keepMost bounds a Keep: a hundred years. Longer is meant as forever.
const keepMost = 100 * year

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// Keep says how long a message stays on the upstream once it is safe here.
// The zero value keeps for ever.
type Keep struct {
	Delete bool          // false: keep for ever
	After  time.Duration // with Delete: this long after it was first seen; 0: as soon as it is safe
}

// String gives the form that the settings use: forever, 0, 14d or 36h0m0s.
func (k Keep) String() string {
	switch {
	case !k.Delete:
		return "forever"
	case k.After == 0:
		return "0"
	case k.After%day == 0:
		return strconv.Itoa(int(k.After/day)) + "d"
	}
	return k.After.String()
}

// MarshalText gives the form of String.
func (k Keep) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads forever, 0, a Go duration, or a whole number of days (d),
// weeks (w) or years of 366 days (y). Nothing negative, and no number without its unit but 0.
func (k *Keep) UnmarshalText(text []byte) error {
	s := string(text)
	switch s {
	case "forever":
		*k = Keep{}
		return nil
	case "0":
		*k = Keep{Delete: true}
		return nil
	}
	d, err := keepTime(s)
	if err != nil {
		return err
	}
	if d < 0 {
		return errors.New("is negative")
	}
	if d > keepMost {
		return errors.New("is more than a hundred years")
	}
	*k = Keep{Delete: true, After: d}
	return nil
}

func keepTime(s string) (time.Duration, error) {
	for unit, length := range map[string]time.Duration{"d": day, "w": week, "y": year} {
		number, ok := strings.CutSuffix(s, unit)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(number, 10, 32)
		if err != nil {
			return 0, errors.New("is no whole number of days, weeks or years")
		}
		return min(time.Duration(n), keepMost/length+1) * length, nil // more would overflow
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		if _, err := strconv.Atoi(s); err == nil {
			return 0, errors.New("has no unit")
		}
		return 0, errors.New("is no time")
	}
	return d, nil
}
