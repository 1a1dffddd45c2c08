package pop3d

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"time"
)

// A Tracer hears the dialogues of some sessions. It is used by several goroutines.
type Tracer interface {
	// Listens tells whether any session may be heard. It is asked when one begins.
	Listens() bool

	// Hears gives who hears a session, once name has logged in, or was refused: then
	// the label is empty. Nil: nobody does. What was said before comes first. It is
	// called in order, with a line that begins with "C: ", "S: " or "-- ", and holds
	// no secret and nothing of any mail.
	Hears(name string, l Label, remote netip.Addr) func(at time.Time, line string)
}

// What a session may say before it is known who hears it.
const maxEarly = 64

// said is a line of a dialogue.
type said struct {
	at   time.Time
	line string
}

// note lets a line of the dialogue be heard. Callers ask heard first, so that
// nothing is put together for nobody.
func (x *session) note(line string) {
	switch s := (said{time.Now(), line}); {
	case x.ear != nil:
		x.ear(s.at, s.line)
	case len(x.early) < maxEarly:
		x.early = append(x.early, s)
	}
}

// heard tells whether anybody may hear what is said.
func (x *session) heard() bool { return x.ear != nil || x.listening }

// overhear finds out who hears the session of a name. Who is refused may try again
// under another.
func (x *session) overhear(name string, l Label) {
	if !x.listening {
		return
	}
	if l != (Label{}) {
		x.ear, x.listening = nil, false
	}
	if ear := x.o.Trace.Hears(name, l, x.remote); ear != nil {
		x.ear = ear
		for _, s := range x.early {
			ear(s.at, s.line)
		}
		x.early = nil
	}
	if !x.listening {
		x.early = nil
	}
}

// trace shows a command to who reads debug lines or hears the dialogue. Arguments
// are shown where they are numbers and the verb wants numbers: all else may be a
// secret, or a secret behind a misspelt verb.
func (x *session) trace(ctx context.Context, verb string, arg []byte) {
	if !x.debug && !x.heard() {
		return
	}
	shown := ""
	switch verb {
	case "LIST", "UIDL", "RETR", "TOP", "DELE":
		if len(bytes.Trim(arg, "0123456789 ")) == 0 {
			shown = string(arg)
		}
	case "USER", "PASS", "STAT", "NOOP", "RSET", "QUIT", "CAPA", "STLS", "AUTH", "LANG", "UTF8":
	default:
		verb = "?"
	}
	if x.debug {
		x.o.Log.LogAttrs(ctx, slog.LevelDebug, "pop3 command", slog.Any("remote", x.remote),
			slog.String("verb", verb), slog.String("arg", shown))
	}
	if x.heard() {
		x.note("C: " + verb + blanked(verb, arg, shown))
	}
}

// blanked is an argument as it may be told: a user's name, a mechanism, numbers.
func blanked(verb string, arg []byte, shown string) string {
	const secret = " ***"
	switch {
	case verb == "PASS":
		return secret
	case len(arg) == 0:
		return ""
	case shown != "":
		return " " + shown
	case verb == "USER":
		return fmt.Sprintf(" %.100q", arg)
	case verb == "AUTH":
		mechanism, _, more := bytes.Cut(arg, []byte(" "))
		if len(mechanism) > 20 || len(bytes.Trim(mechanism, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")) > 0 {
			return secret
		}
		if more {
			return " " + string(mechanism) + secret
		}
		return " " + string(mechanism)
	}
	return secret
}

// noteCount lets a number of what was sent be heard, in place of it.
func (x *session) noteCount(n int64, of string) {
	if x.heard() {
		x.note("S: [" + strconv.FormatInt(n, 10) + " " + of + "]")
	}
}
