package schedule

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"restante/fetch"
)

// Bounds of waiting.
const (
	mostJitter = 30 * time.Second // of a job's offset
	stepLeast  = time.Minute      // of the ladder
	stepFirst  = 30 * time.Minute // at most, however rarely the account is fetched
	stepMost   = time.Hour
	waitMost   = 25 * time.Hour // of all, a server's wish included
	wishMost   = 24 * time.Hour // that is taken from a server
	guessMost  = time.Hour      // of an interval that no server put in numbers
	guessKept  = 7 * 24 * time.Hour
)

// share is a number in [0,1) that is a name's own, and the same each time.
func share(name string, n int) float64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(n)))
	// FNV's high bits hardly know of the last octets: mix (splitmix64).
	x := h.Sum64()
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x^x>>31)>>11) / (1 << 53)
}

// part is that share of a time.
func part(d time.Duration, name string, n int) time.Duration {
	return time.Duration(float64(d) * share(name, n))
}

// ladder is how long to wait after the n-th trouble in a row: as long as
// between rounds, then twice as long each time, up to an hour. An account that
// is fetched once a day is tried again sooner than that. A tenth more is the
// account's own, so that all accounts of a server in trouble do not come back
// at once.
func ladder(n int, t turn) time.Duration {
	d := min(max(t.job.Schedule.gap(t.ended), stepLeast), stepFirst)
	for i := 1; i < n && d < stepMost; i++ {
		d *= 2
	}
	d = min(d, stepMost)
	return d + part(d/10, t.job.Name, n)
}

// Logins is the least interval between logins that an upstream is known to want.
type Logins struct {
	Least time.Duration `json:"least,omitempty"` // 0: none is known
	Said  bool          `json:"said,omitempty"`  // it told so when asked; else it was learnt from refusals
	At    time.Time     `json:"at,omitzero"`     // when it was learnt
}

// said takes what a session told. No word takes back what was told before.
func (l Logins) said(d time.Duration, now time.Time) Logins {
	switch {
	case d > 0:
		// A second more: servers count in whole ones.
		return Logins{Least: min(d, wishMost) + time.Second, Said: true, At: now}
	case l.Said:
		return Logins{}
	}
	return l
}

// learn takes a refusal that says that logins come too often. Where it names no
// time, the interval is twice that which was too short.
func (l Logins) learn(wait time.Duration, t turn) Logins {
	if wait <= 0 {
		wait = 2 * l.Least
		if !t.before.IsZero() {
			wait = max(wait, 2*t.began.Sub(t.before))
		}
		wait = min(max(wait, stepLeast), guessMost)
	}
	return Logins{Least: max(wait, l.Least), Said: l.Said, At: t.ended}
}

// forget drops what was learnt long ago: a server's bad day is not for ever.
func (l Logins) forget(now time.Time) Logins {
	if !l.Said && now.Sub(l.At) > guessKept {
		return Logins{}
	}
	return l
}

// oftenWords are in refusals that say that logins come too often. Others are
// about the moment: a locked maildrop, a server in trouble.
var oftenWords = []string{"login-delay", "login limit", "login interval", "minimum time", "too often", "too frequent", "frequency", "too many logins"}

// timeWords is a time in the words of a server.
var timeWords = regexp.MustCompile(`(?i)\b(\d{1,7})[ -]?(s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?)\b`)

// asked tells how long a busy upstream wants to be left alone, 0 where it did
// not say, and whether that is because logins come too often.
func asked(err error) (wait time.Duration, often bool) {
	// What stands before is ours: names of accounts and hosts.
	_, text, _ := strings.Cut(err.Error(), fetch.ErrBusy.Error())
	text = strings.ToLower(text)
	for _, w := range oftenWords {
		often = often || strings.Contains(text, w)
	}
	if later, ok := errors.AsType[fetch.Later](err); ok {
		wait = later.Later()
	} else if m := timeWords.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1]) // seven digits at most
		unit := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour}[m[2][0]]
		wait = time.Duration(math.Min(float64(n)*float64(unit), float64(wishMost)))
	}
	return min(max(wait, 0), wishMost), often
}
