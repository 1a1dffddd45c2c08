package pop3

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"restante/fetch"
	"restante/fetch/wire"
)

// Report goes through a session with the account's server and tells what it found.
// It deletes nothing and takes no message, though to show the header of the first
// one makes some old servers mark it as read. Beside an error it gives what was
// learnt until then. It is a session as Dial's is: where another one has the
// maildrop, that is fetch.ErrBusy.
func (d *Dialer) Report(ctx context.Context, a fetch.Account) (Report, error) {
	r := Report{Account: a.Name, Address: a.Address()}
	s, err := d.dial(ctx, a, &r)
	if err != nil {
		return r, fmt.Errorf("%s: %w", a.Address(), err)
	}
	defer s.Close()
	if s.late {
		if err := s.do(ctx, func() error { return s.askAgain(s.quirks) }); err != nil {
			return r, fmt.Errorf("%s: %w", a.Address(), err)
		}
	}
	r.oddLogin(s, time.Now())
	for _, step := range []func() error{s.probeStat, s.probeNoop, s.probeListing, s.probeTop, s.probePipelining} {
		if err := s.do(ctx, step); err != nil {
			return r, fmt.Errorf("%s: %w", a.Address(), err)
		}
	}
	if r.Pipelined == Broken {
		return r, nil // what would be read next is unknown
	}
	if err := s.Quit(ctx); err != nil {
		r.odd("it does not answer QUIT with +OK: %v", err)
	}
	return r, nil
}

func (r *Report) odd(format string, args ...any) {
	r.Quirks = append(r.Quirks, fmt.Sprintf(format, args...))
}

func (s *session) probeStat() error {
	st, err := s.command("STAT")
	if err != nil {
		return err
	}
	if !st.OK {
		s.report.odd("it refuses STAT")
		return nil
	}
	f := strings.Fields(st.Text)
	if len(f) < 2 {
		f = []string{"", ""}
	}
	count, cerr := strconv.Atoi(f[0])
	octets, oerr := strconv.ParseInt(f[1], 10, 64)
	if cerr != nil || oerr != nil || count < 0 || octets < 0 {
		s.report.odd("its answer to STAT makes no sense: %q", s.tame(st.Text))
		return nil
	}
	s.report.Messages, s.report.Octets = count, octets
	return nil
}

func (s *session) probeNoop() error {
	start := time.Now()
	st, err := s.command("NOOP")
	if err != nil {
		return err
	}
	s.report.RoundTrip = time.Since(start)
	if !st.OK {
		s.report.odd("it refuses NOOP")
	}
	return nil
}

func (s *session) probeListing() error {
	items, err := s.sizes(s.command)
	if err != nil {
		return err
	}
	if len(items) != s.report.Messages {
		s.report.odd("LIST shows %d messages, and STAT %d", len(items), s.report.Messages)
	}
	refused, err := s.askUIDL(items, s.command)
	if err != nil {
		return err
	}
	s.report.UIDL = ability(refused == nil, s.caps.uidl || !s.caps.known)
	if refused == nil {
		s.report.oddUIDs(items)
	}
	return nil
}

func ability(works, listed bool) Ability {
	switch {
	case works && listed:
		return Works
	case works:
		return Unlisted
	case listed:
		return Broken
	}
	return Missing
}

// probeTop asks for the header of the first message.
func (s *session) probeTop() error {
	if s.report.Messages == 0 {
		return nil
	}
	st, err := s.command("TOP 1 0")
	if err != nil {
		return err
	}
	s.report.TOP = ability(st.OK, s.caps.top || !s.caps.known)
	if !st.OK {
		return nil
	}
	s.link.step(s.dialer.times.Progress)
	b := &body{r: wire.Unstuff(s.r)}
	defer s.traceBody(b)
	head, err := b.start(b)
	if err != nil {
		return err
	}
	if bytes.HasPrefix(head, []byte("+OK")) {
		s.report.odd("it answers TOP with two lines of +OK")
	}
	if end := bytes.Index(head, []byte("\n\r\n")); b.n > maxHead || end >= 0 && end+3 < len(head) {
		s.report.odd("it answers TOP 1 0 with more than the header")
	}
	return nil
}

// shortly is how long a server may think about a pipelined NOOP.
const shortly = 5 * time.Second

// probePipelining sends two commands at once where CAPA says that it may.
func (s *session) probePipelining() error {
	if !s.caps.pipelining {
		s.report.Pipelined = Missing
		return nil
	}
	s.link.step(min(shortly, s.dialer.times.Command))
	err := s.send("NOOP\r\nNOOP")
	for range 2 {
		if err == nil {
			_, err = s.status("NOOP")
		}
	}
	if err != nil && s.link.wasCut() {
		return err
	}
	s.report.Pipelined = ability(err == nil, true)
	if err != nil {
		s.report.odd("it lists PIPELINING and stalls at it: %v", err)
	}
	return nil
}

// oddLogin tells what is odd in the way to the maildrop.
func (r *Report) oddLogin(s *session, now time.Time) {
	switch {
	case s.quirks.noCapa:
		r.odd("it does not survive CAPA, which is not asked therefore")
	case !s.caps.known:
		r.odd("it does not know CAPA")
	}
	if s.quirks.noPipelining {
		r.odd("it stalled at pipelined commands before")
	}
	if r.TLS == nil {
		r.odd("there is no TLS: who is on the way can read all the mail")
	} else if now.After(r.TLS.NotAfter) {
		r.odd("its certificate ended on %s", r.TLS.NotAfter.Format(time.DateOnly))
	} else if days := r.TLS.DaysLeft(now); days < soon {
		r.odd("its certificate is good for %d more days only", days)
	}
	before := r.Greeted
	if r.Secured != nil {
		before = r.Secured
	}
	if more := without(r.LoggedIn, before); len(more) > 0 && before != nil {
		r.odd("it lists some capabilities after login only: %s", strings.Join(more, ", "))
	}
	for _, line := range r.LoggedIn {
		switch f := strings.Fields(strings.ToUpper(line)); {
		case len(f) < 2:
		case f[0] == "LOGIN-DELAY":
			r.odd("it wants %s seconds between two logins", f[1])
		case f[0] == "EXPIRE" && f[1] != "NEVER":
			r.odd("it deletes mail by itself: EXPIRE %s (days)", f[1])
		}
	}
}

// soon is how many days before its end a certificate is worth a word.
const soon = 14

// without gives the lines of a that are not in b.
func without(a, b []string) (more []string) {
	have := map[string]bool{}
	for _, line := range b {
		have[strings.ToUpper(line)] = true
	}
	for _, line := range a {
		if !have[strings.ToUpper(line)] {
			more = append(more, line)
		}
	}
	return more
}

// maxUID is how long RFC 1939 lets a UID be, in octets.
const maxUID = 70

// oddUIDs tells what is odd in the UIDs.
func (r *Report) oddUIDs(items []fetch.Item) {
	seen := make(map[string]bool, len(items))
	var empty, twice, long, strange int
	for _, it := range items {
		switch {
		case it.UID == "":
			empty++
			continue
		case seen[it.UID]:
			twice++
		}
		seen[it.UID] = true
		if len(it.UID) > maxUID {
			long++
		}
		if strings.ContainsFunc(it.UID, func(r rune) bool { return r < '!' || r > '~' }) || strings.Contains(it.UID, `\x`) {
			strange++
		}
	}
	for _, o := range []struct {
		n    int
		what string
	}{
		{empty, "have no UID, and are known by their contents"},
		{twice, "have the UID of another"},
		{long, "have UIDs of more than 70 octets"},
		{strange, "have UIDs that are not in visible ASCII"},
	} {
		if o.n > 0 {
			r.odd("%d of %d messages %s", o.n, len(items), o.what)
		}
	}
}
