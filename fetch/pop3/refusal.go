package pop3

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"restante/fetch"
	"restante/fetch/wire"
)

// maxText is how much of a server's words an error repeats, in runes.
const maxText = 200

// refusal is -ERR, with the server's words made safe to show.
type refusal struct{ what, text string }

func (r *refusal) Error() string {
	if r.text == "" {
		return r.what + ": the server refused without a word"
	}
	return fmt.Sprintf("%s: the server said %q", r.what, r.text)
}

func (s *session) refuse(what string, st wire.Status) *refusal {
	text := st.Text
	if st.Code != "" && !strings.Contains(text, "["+st.Code+"]") {
		text = strings.TrimSpace("[" + st.Code + "] " + text)
	}
	return &refusal{what, s.tame(text)}
}

// tame takes secrets, control characters and excess out of a server's words.
func (s *session) tame(text string) string { return s.clean(text, maxText) }

// clean hides secrets ahead of the cut, which could leave half of one, and again
// behind the taking out of characters, which could make one whole.
func (s *session) clean(text string, most int) string {
	return shorten(s.blank(printable(s.blank(text))), most)
}

// blank hides secrets.
func (s *session) blank(text string) string {
	for _, secret := range s.secrets {
		text = strings.ReplaceAll(text, secret, hidden)
	}
	return text
}

// printable takes control characters out.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
}

func shorten(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// hidden stands for a secret.
const hidden = "***"

// hide adds to what is never shown.
func (s *session) hide(secrets ...string) {
	for _, secret := range secrets {
		if secret != "" {
			s.secrets = append(s.secrets, secret)
		}
	}
	// One may hold another, of which the rest would be left.
	slices.SortStableFunc(s.secrets, func(a, b string) int { return len(b) - len(a) })
}

// hideCredential hides the forms in which a secret goes over the line.
func (s *session) hideCredential(c credential) {
	if c.secret == "" {
		return
	}
	forms := []string{c.secret, "\x00" + c.user + "\x00" + c.secret}
	if c.token {
		forms = []string{c.secret, xoauth2(c), oauthBearer(s.acct.Host, s.acct.Port, c)}
	}
	for _, f := range forms {
		s.hide(encode([]byte(f)))
	}
	s.hide(c.secret, strings.TrimSpace(c.secret)) // the text of an answer has no blanks around it
}

// verb is what errors may show of a command: never its arguments, since PASS has
// some too.
func verb(line string) string {
	v, _, _ := strings.Cut(line, " ")
	return v
}

// lost says in words that the other side hung up.
func lost(err error) error {
	if err == io.EOF {
		return errHungUp
	}
	return err
}

var errHungUp = fmt.Errorf("the server closed the connection: %w", io.ErrUnexpectedEOF)

// busyWords are for the many servers without codes, from fetchmail's list and
// what providers were seen to say.
var busyWords = []string{
	"wait", "in use", "busy", "too many", "too often", "login limit", "temporar",
	"try again later", "try later", "service unavailable", "another session", "another pop",
}

// unknownWords are how servers say that they do not have a command.
var unknownWords = []string{"unknown", "unrecognized", "unrecognised", "not implemented", "unimplemented", "not supported", "unsupported", "invalid command", "bad command", "no such command"}

func unknownCommand(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(unknownWords, func(w string) bool { return strings.Contains(text, w) })
}

// loginError says what -ERR to a login means: a wrong password must not be
// tried again, a busy server must.
func (s *session) loginError(what string, st wire.Status) error {
	refused := s.refuse(what, st)
	switch {
	case hasCode(st.Code, "IN-USE", "LOGIN-DELAY", "SYS/TEMP"): // RFC 2449, section 8.1, and RFC 3206, section 4
		return fmt.Errorf("%w: %w", fetch.ErrBusy, refused)
	case hasCode(st.Code, "SYS/PERM"): // RFC 3206: trouble, and not with the password
		return errors.New(refused.Error())
	case !hasCode(st.Code, "AUTH") && soundsBusy(st.Text): // a code that nobody knows says nothing
		return fmt.Errorf("%w: %w", fetch.ErrBusy, refused)
	}
	return fmt.Errorf("%w: %w", fetch.ErrAuth, refused)
}

// hasCode tells whether a response code is one of these, or one below it in the
// hierarchy (RFC 2449, section 8).
func hasCode(code string, known ...string) bool {
	return slices.ContainsFunc(known, func(k string) bool { return code == k || strings.HasPrefix(code, k+"/") })
}

func soundsBusy(text string) bool {
	text = strings.ToLower(text)
	for _, w := range busyWords {
		if strings.Contains(text, w) {
			return true
		}
	}
	// A locked maildrop frees itself; a locked or blocked account does not.
	return strings.Contains(text, "lock") && !strings.Contains(text, "block") && !strings.Contains(text, "account")
}
