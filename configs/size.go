package configs

import (
	"errors"
	"strconv"
	"strings"
)

// sizeAllowed is what somebody may write for a Size.
const sizeAllowed = "0 for no bound, or a size such as 512KiB, 50MiB or 1GB"

// sizeMost bounds a Size. More is meant as no bound.
const sizeMost = 1 << 40

// Size is a number of octets; 0 is no bound.
type Size int64

// sizeUnits are the units, the largest first (IEC 80000-13).
var sizeUnits = []struct {
	name   string
	octets int64
}{
	{"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"kB", 1e3}, {"KB", 1e3}, {"B", 1},
}

// String gives the form that the settings use: 0, or a number with the largest
// unit that leaves a whole one.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if s != 0 && int64(s)%u.octets == 0 {
			return strconv.FormatInt(int64(s)/u.octets, 10) + u.name
		}
	}
	return "0"
}

// MarshalText gives the form of String.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads 0, or a whole number and B, kB, MB, GB (powers of 1000),
// KiB, MiB or GiB (of 1024). No number goes without its unit but 0.
func (s *Size) UnmarshalText(text []byte) error {
	t := string(text)
	if t == "0" {
		*s = 0
		return nil
	}
	for _, u := range sizeUnits {
		number, ok := strings.CutSuffix(t, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSuffix(number, " "), 10, 63)
		switch {
		case err != nil && !errors.Is(err, strconv.ErrRange):
			return errors.New("is no whole number of " + u.name)
		case err != nil || n > uint64(sizeMost/u.octets):
			return errors.New("is more than 1024GiB")
		}
		*s = Size(int64(n) * u.octets)
		return nil
	}
	if _, err := strconv.Atoi(t); err == nil {
		return errors.New("has no unit")
	}
	return errors.New("is no size")
}
