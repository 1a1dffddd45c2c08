package configs

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	idleLeast       = 10 * time.Minute // RFC 1939, section 3
	concurrencyMost = 256
	nameMost        = 64 // characters of a user's or an account's name
	textMost        = 255

	keepSnapshotsMost = 100_000
)

// PHC string format, with the parameters in the order of argon2's reference.
var argon2Form = regexp.MustCompile(`^\$argon2id\$v=\d{1,5}\$m=\d{1,10},t=\d{1,10},p=\d{1,3}\$[A-Za-z0-9+/]{8,128}\$[A-Za-z0-9+/]{16,256}$`)

// check judges what types cannot tell, and notes the faults.
func (s *Settings) check(o Options) {
	s.required("data_dir", s.DataDir)
	s.checkStorage(o)
	s.checkServe(o)
	s.atMost("fetch.concurrency", s.Fetch.Concurrency, concurrencyMost)
	s.atMost("fetch.per_host", s.Fetch.PerHost, concurrencyMost)
	names := map[string]int{}
	for i, u := range s.Users {
		key := fmt.Sprintf("users[%d]", i)
		s.name(key, u.Name, i, names)
		if sep := s.Serve.Separator; sep != "" && strings.Contains(u.Name, sep) {
			s.places.fault(key+".name", fmt.Sprintf("%q holds the separator %q", u.Name, sep), "a name without it")
		}
		s.checkUser(key, u, o)
	}
	names = map[string]int{}
	for i, a := range s.Accounts {
		key := fmt.Sprintf("accounts[%d]", i)
		s.name(key, a.Name, i, names)
		s.checkAccount(key, a, o)
	}
	s.checkMailboxes()
	s.checkFilter()
	s.checkRetention()
	s.schedule("upkeep.verify", s.Upkeep.Verify, Never, o)
	s.schedule("upkeep.expire", s.Upkeep.Expire, Never, o)
	s.checkBackup(o)
	s.listenAddress("web.address", s.Web.Address)
	if s.Web.Address != "" && !s.Web.TLS && !onLoopback(s.Web.Address) {
		s.places.fault("web.tls", "is false, and web.address can be reached from other machines: passwords would go there in clear",
			"true, or an address of this machine only such as \"127.0.0.1:1180\"")
	}
	s.listenAddress("monitor.address", s.Monitor.Address)
	s.oneOf("log.level", s.Log.Level, "debug", "info", "warn", "error")
	s.oneOf("log.format", s.Log.Format, "text", "json")
}

// CheckUsers tells which accounts and rules of retention belong to nobody: their
// user is neither in the settings nor known elsewhere. The error is nil or
// [Faults].
func (s *Settings) CheckUsers(known func(name string) bool) error {
	p := *s.places
	p.faults, p.faulty = nil, map[string]bool{}
	check := func(key, name string) {
		here := slices.ContainsFunc(s.Users, func(u User) bool { return u.Name == name })
		if !here && !known(name) {
			p.fault(key, fmt.Sprintf("nobody is called %q", name), "a name of users, or one made with restante user add")
		}
	}
	for i, a := range s.Accounts {
		check(fmt.Sprintf("accounts[%d].user", i), a.User)
	}
	for i, r := range s.Retention {
		if r.User != "" {
			check(fmt.Sprintf("retention[%d].user", i), r.User)
		}
	}
	return p.err()
}

func (s *Settings) checkUser(key string, u User, o Options) {
	s.oneSecret(key, "password", []string{"password_file", "password_hash", "password"},
		u.PasswordFile != "", u.PasswordHash != "", u.Password != "")
	if o.CheckSecrets {
		s.checkSecretFile(key+".password_file", u.PasswordFile)
	}
	if u.PasswordHash != "" && !argon2Form.MatchString(u.PasswordHash.Reveal()) {
		s.places.fault(key+".password_hash", "is no argon2id hash in PHC form", "$argon2id$v=19$m=…,t=…,p=…$salt$hash")
	}
}

func (s *Settings) checkBackup(o Options) {
	s.schedule("backup.schedule", s.Backup.Schedule, Never, o)
	if n := s.Backup.Keep; n < 0 || n > keepSnapshotsMost {
		s.places.fault("backup.keep", fmt.Sprintf("%d is out of bounds", n), fmt.Sprintf("1 to %d, or 0 for all", keepSnapshotsMost))
	}
	if to := s.Backup.To; to != "" && s.DataDir != "" {
		if ours := s.Holds(to); ours != "" {
			s.places.fault("backup.to", fmt.Sprintf("%s lies in %s, and would be lost with it", to, ours), "a folder elsewhere, on another disk if there is one")
		}
	}
	for i, name := range s.Backup.Recipients {
		if o.CheckRecipient == nil {
			break
		}
		if err := o.CheckRecipient(name); err != nil {
			s.places.fault(fmt.Sprintf("backup.recipients[%d]", i), "is no recipient of age", "a public key that begins with age1")
		}
	}
}

func (s *Settings) checkStorage(o Options) {
	st := s.Storage
	if st.KeyFile != "" && st.PassphraseFile != "" {
		s.places.fault("storage", "has both key_file and passphrase_file", "one of them, or neither")
	}
	s.exists("storage.key_file", st.KeyFile)
	if o.CheckSecrets {
		s.checkSecretFile("storage.passphrase_file", st.PassphraseFile)
	} else {
		s.exists("storage.passphrase_file", st.PassphraseFile)
	}
}

func (s *Settings) checkFilter() {
	ham, spam := s.Filter.HamCutoff, s.Filter.SpamCutoff
	if !(ham >= 0 && ham < spam && spam <= 1) { // false for NaN too
		key := "filter.spam_cutoff"
		if !s.places.given(key) && s.places.given("filter.ham_cutoff") {
			key = "filter.ham_cutoff"
		}
		s.places.fault(key, fmt.Sprintf("ham_cutoff %v and spam_cutoff %v do not fit", ham, spam), "0 ≤ ham_cutoff < spam_cutoff ≤ 1")
	}
	s.oneOf("filter.spam", s.Filter.Spam, "quarantine", "tag")
	for i, path := range s.Filter.Rules {
		s.required(fmt.Sprintf("filter.rules[%d]", i), path)
		s.exists(fmt.Sprintf("filter.rules[%d]", i), path)
	}
}

// name checks a name that must be there, fit for a login and a log, and unique.
func (s *Settings) name(key, name string, i int, seen map[string]int) {
	s.required(key+".name", name)
	bad := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
	if utf8.RuneCountInString(name) > nameMost || strings.ContainsFunc(name, bad) {
		s.places.fault(key+".name", fmt.Sprintf("%.80q is none", name), fmt.Sprintf("1 to %d characters, no blanks", nameMost))
	}
	if first, twice := seen[name]; twice && name != "" {
		list := key[:strings.IndexByte(key, '[')]
		s.places.fault(key+".name", fmt.Sprintf("%q is the name of %s[%d] already", name, list, first), "a name of its own")
		return
	}
	seen[name] = i
}

// atMost wants a number of one at least.
func (s *Settings) atMost(key string, n, most int) {
	if n < 1 || n > most {
		s.places.fault(key, fmt.Sprintf("%d is out of bounds", n), fmt.Sprintf("1 to %d", most))
	}
}

// oneSecret wants exactly one of the sources. A source that has a fault of
// its own says enough.
func (s *Settings) oneSecret(key, what string, sources []string, set ...bool) {
	n := 0
	for i, source := range sources {
		if s.places.faulty[key+"."+source] {
			return
		}
		if set[i] {
			n++
		}
	}
	allowed := "exactly one of " + strings.Join(sources, ", ")
	switch {
	case n == 0:
		s.places.fault(key, "has no "+what, allowed)
	case n > 1:
		s.places.fault(key, fmt.Sprintf("has %d of them", n), allowed)
	}
}

func (s *Settings) required(key, value string) {
	if value == "" {
		s.places.fault(key, "is missing", "")
	}
}

func (s *Settings) oneOf(key, value string, allowed ...string) {
	if slices.Contains(allowed, value) {
		return
	}
	problem := fmt.Sprintf("%.40q is none of them", value)
	if n, ok := Near(value, allowed); ok {
		problem = fmt.Sprintf("%.40q is none of them, did you mean %s?", value, n)
	}
	s.places.fault(key, problem, strings.Join(allowed, ", "))
}

// exists wants a file that is named to be there. Whether this process may
// read it is for the moment of reading: a check may run as somebody else.
func (s *Settings) exists(key, path string) {
	if path == "" {
		return
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.places.fault(key, fmt.Sprintf("the file %s does not exist", path), "")
	case err == nil && info.IsDir():
		s.places.fault(key, fmt.Sprintf("%s is a folder", path), "a file")
	}
}

// onLoopback tells an address that only this machine reaches.
func onLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

func (s *Settings) listenAddress(key, address string) {
	if address == "" {
		return
	}
	_, port, err := net.SplitHostPort(address)
	n, perr := strconv.Atoi(port)
	if err != nil || perr != nil || n < 0 || n > 65535 {
		s.places.fault(key, fmt.Sprintf("%.80q is no address", address), `host:port such as "127.0.0.1:1110", or "" for off`)
	}
}
