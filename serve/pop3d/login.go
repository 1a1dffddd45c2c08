package pop3d

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/emersion/go-sasl"

	"restante/fetch/wire"
)

// mayLogin says whether passwords may come over this connection as it is.
func (x *session) mayLogin() bool {
	switch {
	case x.secure:
		return true
	case x.o.Plaintext == Loopback:
		return x.remote.IsLoopback()
	}
	return x.o.Plaintext == Always
}

func (x *session) mayStartTLS() bool { return x.o.TLS != nil && !x.secure && x.drop == nil }

// refuseClear answers a login where none may be. It has no response code:
// [AUTH] would make the client ask for another password.
func (x *session) refuseClear() {
	if x.mayStartTLS() {
		x.senseless("no logins without TLS here; send STLS first")
		return
	}
	x.senseless("no logins without TLS here")
}

func (x *session) userName(arg []byte) {
	switch {
	case !x.mayLogin():
		x.refuseClear()
	case len(arg) == 0:
		x.senseless("no name")
	default:
		x.claimed = string(arg)
		x.ok("now the password") // for every name: which ones there are is nobody's business
	}
}

// pass takes the rest of the line as it is: passwords may hold spaces.
func (x *session) pass(ctx context.Context, rest []byte, spaced bool) {
	x.trace(ctx, "PASS", nil)
	name := x.claimed
	switch {
	case x.drop != nil:
		x.senseless("already logged in")
	case !x.mayLogin():
		x.refuseClear()
	case name == "":
		x.senseless("the name comes first: USER")
	case !spaced:
		x.senseless("no password")
	default:
		x.claimed = ""
		x.answer(x.login(ctx, name, string(rest)))
	}
	clear(rest)
}

// login asks the porter. Nil means that the session is in the TRANSACTION state.
func (x *session) login(ctx context.Context, name, password string) error {
	drop, err := x.o.Porter.Login(ctx, name, password, x.remote)
	if err != nil {
		return err
	}
	x.user, x.drop = name, drop
	x.unmark()
	return nil
}

// answer tells how a login went: the one table from errors to response codes.
// Only a wrong name or password is [AUTH] (RFC 3206, 4).
func (x *session) answer(err error) {
	switch {
	case err == nil:
		x.ok("welcome")
		return
	case errors.Is(err, ErrAuth):
		x.fail("[AUTH] wrong name or password")
	case errors.Is(err, ErrThrottled):
		x.fail("[SYS/TEMP] too many wrong passwords, try again later")
	case errors.Is(err, ErrInUse):
		x.fail("[IN-USE] another session holds this mailbox")
	case errors.Is(err, ErrDisabled):
		x.fail("[SYS/PERM] this account is closed; ask the administrator")
	default:
		x.fault("login", err)
	}
	if x.failures++; x.failures >= maxFailures {
		x.end = "too many failed logins"
	}
}

// stls starts TLS (RFC 2595, 4). What was sent in clear behind the command is
// thrown away unread: it may be from somebody else.
func (x *session) stls(ctx context.Context) {
	switch {
	case x.secure:
		x.senseless("TLS is on already")
		return
	case x.o.TLS == nil:
		x.senseless("no TLS here")
		return
	}
	x.ok("start TLS now")
	if err := x.flush(); err != nil {
		x.over(ctx, err)
		return
	}
	x.claimed = ""
	x.handshake(ctx)
}

// mechanisms are what AUTH offers, in the order in which they are listed.
var mechanisms = []struct {
	name string
	make func(check func(name, password string) error) sasl.Server
}{
	{sasl.Plain, newPlain},
	{sasl.Login, newLogin},
}

// auth runs a SASL exchange (RFC 5034).
func (x *session) auth(ctx context.Context, arg []byte) {
	words := bytes.Fields(arg)
	if len(words) == 0 {
		x.listMechanisms()
		return
	}
	if !x.mayLogin() {
		x.refuseClear()
		return
	}
	var loginErr error
	var server sasl.Server
	for _, m := range mechanisms {
		if strings.EqualFold(m.name, string(words[0])) {
			server = m.make(func(name, password string) error {
				loginErr = x.login(ctx, name, password)
				return loginErr
			})
		}
	}
	switch {
	case server == nil:
		x.senseless("unknown mechanism")
		return
	case len(words) > 2:
		x.senseless("too many arguments")
		return
	}
	var response []byte // nil: there is no initial response
	if len(words) == 2 {
		var err error
		response, err = decode(words[1])
		clear(words[1]) // it may hold a password
		if err != nil {
			x.senseless("bad base64")
			return
		}
	}
	x.claimed = ""
	x.exchange(ctx, server, response, &loginErr)
}

// exchange goes on until the mechanism is done, the client cancels, or it
// sends what makes no sense.
func (x *session) exchange(ctx context.Context, server sasl.Server, response []byte, loginErr *error) {
	for {
		challenge, done, err := server.Next(response)
		clear(response)
		switch {
		case *loginErr != nil || done && err == nil:
			x.answer(*loginErr)
			return
		case err != nil:
			x.senseless("bad response")
			return
		}
		x.status("+ ", base64.StdEncoding.EncodeToString(challenge))
		line, err := x.readLine(maxResponse)
		switch {
		case errors.Is(err, wire.ErrTooLong):
			x.senseless("line too long")
			return
		case err != nil:
			x.over(ctx, err)
			return
		case string(line) == "*":
			x.fail("cancelled")
			return
		}
		response, err = decode(bytes.TrimRight(line, " \t"))
		clear(line)
		if err != nil {
			x.senseless("bad base64")
			return
		}
	}
}

// decode reads a response. "=" stands for the empty one (RFC 5034, 4), and it
// is never nil.
func decode(b []byte) ([]byte, error) {
	if string(b) == "=" {
		return []byte{}, nil
	}
	return base64.StdEncoding.Strict().AppendDecode([]byte{}, b)
}

// listMechanisms answers AUTH alone, as clients of before RFC 5034 ask.
func (x *session) listMechanisms() {
	x.ok("mechanisms follow")
	w := x.out()
	if x.mayLogin() {
		for _, m := range mechanisms {
			w.WriteString(m.name)
			w.WriteString("\r\n")
		}
	}
	w.WriteString(".\r\n")
}
