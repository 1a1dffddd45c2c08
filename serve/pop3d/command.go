package pop3d

import (
	"bytes"
	"context"
	"strconv"
	"strings"
)

// command answers one line. The verb is up to the first space and of either
// case (RFC 1939, 3); spaces at the end are forgiven, but not to PASS.
func (x *session) command(ctx context.Context, line []byte) {
	word, rest, spaced := bytes.Cut(line, []byte(" "))
	var buf [8]byte
	verb := buf[:copy(buf[:], word)]
	for i, c := range verb {
		if 'a' <= c && c <= 'z' {
			verb[i] = c - 'a' + 'A'
		}
	}
	if string(verb) != "PASS" {
		x.claimed = "" // PASS comes right behind USER (RFC 1939, 7)
	}
	switch {
	case bytes.IndexByte(line, 0) >= 0:
		x.trace(ctx, "?", nil)
		x.senseless(sayNUL)
		return
	case len(word) > 4: // RFC 1939, 3: three or four letters
		x.trace(ctx, "?", nil)
		x.senseless(sayUnknown)
		return
	}
	if string(verb) == "PASS" {
		x.pass(ctx, rest, spaced)
		return
	}
	arg := bytes.TrimRight(rest, " \t")
	x.trace(ctx, string(verb), arg)
	if x.common(ctx, string(verb), arg) {
		return
	}
	if x.drop == nil {
		x.authorization(ctx, string(verb), arg)
	} else {
		x.transaction(ctx, string(verb), arg)
	}
}

// common answers the commands of both states.
func (x *session) common(ctx context.Context, verb string, arg []byte) bool {
	switch verb {
	case "CAPA":
		x.bare(arg, func() { x.capa(ctx) })
	case "LANG":
		x.lang(string(bytes.TrimLeft(arg, " \t")))
	case "UTF8": // after the login too: so does Outlook
		x.bare(arg, x.utf8Mode)
	case "QUIT":
		x.bare(arg, func() { x.quit(ctx) })
	default:
		return false
	}
	return true
}

// bare runs a command that has no argument.
func (x *session) bare(arg []byte, run func()) {
	if len(arg) > 0 {
		x.senseless(sayNoArgument)
		return
	}
	run()
}

func (x *session) authorization(ctx context.Context, verb string, arg []byte) {
	switch verb {
	case "USER":
		x.userName(arg)
	case "AUTH":
		x.auth(ctx, arg)
	case "STLS":
		x.bare(arg, func() { x.stls(ctx) })
	case "STAT", "LIST", "RETR", "DELE", "NOOP", "RSET", "TOP", "UIDL":
		x.senseless(sayLogInFirst)
	default:
		x.senseless(sayUnknown)
	}
}

func (x *session) transaction(ctx context.Context, verb string, arg []byte) {
	switch verb {
	case "STAT":
		x.bare(arg, x.stat)
	case "LIST":
		x.list(arg, sizes)
	case "UIDL":
		x.list(arg, uids)
	case "RETR":
		x.message(ctx, arg)
	case "TOP":
		x.head(ctx, arg)
	case "DELE":
		x.mark(arg)
	case "NOOP":
		x.bare(arg, func() { x.ok(sayNothing) })
	case "RSET":
		x.bare(arg, x.reset)
	case "USER", "AUTH", "STLS":
		x.senseless(sayLoggedIn)
	default:
		x.senseless(sayUnknown)
	}
}

// capa says what we can (RFC 2449, 5). A client that asks in either state sees
// the same, but for what is of no more use after the login.
func (x *session) capa(ctx context.Context) {
	x.ok(sayCapa)
	w := x.out()
	w.WriteString("TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n" +
		"EXPIRE " + x.expire() + "\r\nLOGIN-DELAY 0\r\nUTF8\r\nLANG\r\nIMPLEMENTATION restante\r\n")
	if x.mayLogin() {
		w.WriteString("USER\r\nSASL " + strings.Join(x.offered(ctx), " ") + "\r\n")
	}
	if x.mayStartTLS() {
		w.WriteString("STLS\r\n")
	}
	w.WriteString(".\r\n")
	if x.heard() {
		x.note("S: [capabilities]")
	}
}

// expire says for how many days mail is listed (RFC 2449, 6.7): after the login
// in this maildrop, before it in whichever lists it for the shortest time.
func (x *session) expire() string {
	days, user := 0, ""
	if d, ok := x.drop.(interface{ Expire() int }); ok {
		days = d.Expire()
	}
	if x.drop == nil && x.o.Expire != nil {
		days, user = x.o.Expire(), " USER"
	}
	if days <= 0 {
		return "NEVER"
	}
	return strconv.Itoa(days) + user
}

// quit ends the session. After a login it is the UPDATE state: the answer
// tells how the deletions went (RFC 1939, 6), and when the client reads it the
// maildrop is free again.
func (x *session) quit(ctx context.Context) {
	x.end = "quit"
	if x.drop == nil {
		x.ok(sayBye)
		return
	}
	marks := x.marks()
	var err error
	if len(marks) > 0 {
		err = x.drop.Delete(ctx, marks)
	}
	if err != nil {
		x.closeDrop()
		x.fault("delete", err)
		return
	}
	x.dele = len(marks)
	x.closeDrop()
	x.ok(sayBye)
}
