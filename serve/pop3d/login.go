package pop3d

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"

	"restante/fetch/wire"
)

// mayLogin says whether passwords may come over this connection as it is.
func (x *session) mayLogin() bool {
	switch {
	case x.secure:
		return true
	case x.p.Plaintext == Loopback:
		return x.remote.IsLoopback()
	}
	return x.p.Plaintext == Always
}

func (x *session) mayStartTLS() bool { return x.p.TLS != nil && !x.secure && x.drop == nil }

// refuseClear answers a login where none may be. It has no response code:
// [AUTH] would make the client ask for another password.
func (x *session) refuseClear() {
	if x.mayStartTLS() {
		x.senseless(saySTLS)
		return
	}
	x.senseless(sayNoClear)
}

func (x *session) userName(arg []byte) {
	switch {
	case !x.mayLogin():
		x.refuseClear()
	case len(arg) == 0:
		x.senseless(sayNoName)
	default:
		x.claimed = string(arg)
		x.ok(sayPassword) // for every name: which ones there are is nobody's business
	}
}

// pass takes the rest of the line as it is: passwords may hold spaces.
func (x *session) pass(ctx context.Context, rest []byte, spaced bool) {
	x.trace(ctx, "PASS", nil)
	name := x.claimed
	x.claimed = ""
	switch {
	case x.drop != nil:
		x.senseless(sayLoggedIn)
	case !x.mayLogin():
		x.refuseClear()
	case name == "":
		x.senseless(sayNameFirst)
	case !spaced:
		x.senseless(sayNoPassword)
	default:
		x.answer(ctx, x.login(ctx, "user", name, string(rest)))
	}
	clear(rest)
}

// login asks the porter. Nil means that the session is in the TRANSACTION state.
func (x *session) login(ctx context.Context, mechanism, name, password string) error {
	drop, err := x.o.Porter.Login(ctx, name, password, x.remote)
	return x.enter(ctx, mechanism, name, drop, err)
}

// enter takes what the porter gave as the session's maildrop.
func (x *session) enter(ctx context.Context, mechanism, name string, drop Maildrop, err error) error {
	if err != nil {
		x.overhear(name, Label{})
		return err
	}
	label := Label{Owner: name}
	if l, ok := drop.(interface{ Label() Label }); ok {
		label = l.Label()
	}
	if err = x.s.enter(label, x); err != nil && x.succeed(ctx, label, err) {
		err = x.s.enter(label, x)
	}
	if err != nil {
		return errors.Join(err, drop.Close())
	}
	x.user, x.label, x.mechanism, x.drop = cmp.Or(name, label.Owner), label, mechanism, drop
	x.overhear(x.user, label)
	if !x.utf8 {
		x.plain, _ = drop.(plain)
	}
	x.unmark()
	return nil
}

// answer tells how a login went: the one table from errors to response codes.
// Only a wrong name or password is [AUTH] (RFC 3206, 4). Guesses wait for it.
func (x *session) answer(ctx context.Context, err error) {
	if errors.Is(err, ErrAuth) || errors.Is(err, ErrThrottled) {
		if err := x.flush(); err != nil {
			x.over(ctx, err)
			return
		}
		pause(ctx, x.o.Penalty)
	}
	switch {
	case err == nil:
		x.ok(sayWelcome)
		return
	case errors.Is(err, ErrAuth):
		x.failCode("AUTH", sayWrong)
	case errors.Is(err, ErrThrottled):
		x.failCode("SYS/TEMP", sayThrottled)
	case errors.Is(err, errCrowd):
		x.failCode("IN-USE", sayManyUser)
	case errors.Is(err, ErrInUse):
		x.failCode("IN-USE", sayInUse)
	case errors.Is(err, ErrDisabled):
		x.failCode("SYS/PERM", sayDisabled)
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
		x.senseless(sayTLSOn)
		return
	case x.p.TLS == nil:
		x.senseless(sayNoTLS)
		return
	}
	x.ok(sayStartTLS)
	if err := x.flush(); err != nil {
		x.over(ctx, err)
		return
	}
	x.tongue, x.utf8 = 0, false // LANG and UTF8 may have been somebody else's too
	x.handshake(ctx)
}

// offered are the mechanisms of this connection, the strongest first: clients
// that do not choose take the first that they know.
func (x *session) offered(ctx context.Context) (names []string) {
	if p, ok := x.o.Porter.(Prover); ok && p.Proves(ctx) {
		if _, can := x.binding(); can {
			names = append(names, scramSHA256Plus)
		}
		names = append(names, scramSHA256)
	}
	names = append(names, sasl.Plain, sasl.Login)
	if x.tokens() != nil { // whose client has a token was told so by its user
		names = append(names, sasl.OAuthBearer, xoauth2)
	}
	return names
}

// tokens tells which tokens are taken; nil: none.
func (x *session) tokens() *Tokens {
	if b, ok := x.o.Porter.(Bearer); ok {
		return b.Bears()
	}
	return nil
}

// begins begins an exchange of a mechanism that is offered; nil where it is
// not. What the login came to is put into loginErr.
func (x *session) begins(ctx context.Context, name string, loginErr *error) sasl.Server {
	all := x.offered(ctx)
	i := slices.IndexFunc(all, func(m string) bool { return strings.EqualFold(m, name) })
	if i < 0 {
		return nil
	}
	name = all[i]
	mechanism := strings.ToLower(name)
	check := func(name, password string) error {
		*loginErr = x.login(ctx, mechanism, name, password)
		return *loginErr
	}
	ended := func(err error) error {
		*loginErr = err
		return err
	}
	switch name {
	case sasl.Plain:
		return newPlain(check, ended)
	case sasl.Login:
		return newLogin(check)
	case sasl.OAuthBearer, xoauth2:
		return &bearerServer{old: name == xoauth2, tokens: *x.tokens(), bring: func(user, token string) error {
			drop, err := x.o.Porter.(Bearer).Bring(ctx, user, token, x.remote)
			return x.enter(ctx, mechanism, user, drop, err)
		}, ended: ended}
	}
	p := x.o.Porter.(Prover)
	begin := func(name string) (Challenge, error) { return p.Challenge(ctx, name, x.remote) }
	return x.newScram(name == scramSHA256Plus, begin, func(name string, by *Keys, wrong error) error {
		*loginErr = wrong
		if by != nil {
			drop, err := p.Proved(ctx, name, *by, x.remote)
			*loginErr = x.enter(ctx, mechanism, name, drop, err)
		}
		return *loginErr
	})
}

// auth runs a SASL exchange (RFC 5034).
func (x *session) auth(ctx context.Context, arg []byte) {
	words := bytes.Fields(arg)
	if len(words) == 0 {
		x.listMechanisms(ctx)
		return
	}
	if !x.mayLogin() {
		x.refuseClear()
		return
	}
	var loginErr error
	server := x.begins(ctx, string(words[0]), &loginErr)
	switch {
	case server == nil:
		x.senseless(sayMechanism)
		return
	case len(words) > 2:
		x.senseless(sayArguments)
		return
	}
	var response []byte // nil: there is no initial response
	if len(words) == 2 {
		var err error
		response, err = decode(words[1])
		clear(words[1]) // it may hold a password
		if err != nil {
			x.senseless(sayBase64)
			return
		}
	}
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
			x.answer(ctx, *loginErr)
			return
		case err != nil:
			x.senseless(sayResponse)
			return
		}
		x.status("+ ", base64.StdEncoding.EncodeToString(challenge))
		line, err := x.readLine(maxResponse)
		if err == nil && x.heard() {
			x.note("C: ***")
		}
		switch {
		case errors.Is(err, wire.ErrTooLong):
			x.senseless(sayLong)
			return
		case err != nil:
			x.over(ctx, err)
			return
		case string(line) == "*":
			if b, ok := server.(*bearerServer); ok && b.refused != nil {
				continue // it has heard why, and hears the verdict all the same
			}
			x.senseless(sayCancelled)
			return
		}
		response, err = decode(bytes.TrimRight(line, " \t"))
		clear(line)
		if err != nil {
			x.senseless(sayBase64)
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
func (x *session) listMechanisms(ctx context.Context) {
	x.ok(sayMechanisms)
	w := x.out()
	if x.mayLogin() {
		for _, m := range x.offered(ctx) {
			w.WriteString(m)
			w.WriteString("\r\n")
		}
	}
	w.WriteString(".\r\n")
}
