package pop3test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/xdg-go/scram"

	"restante/fetch/wire"
)

// errCancelled says that the client broke a SASL exchange off.
var errCancelled = errors.New("cancelled")

// is tells whether a user and a password are right.
func (s *session) is(user, password string) bool {
	return user == s.srv.opts.User && password == s.srv.opts.Password
}

// sasl knows all mechanisms, listed or not. None takes an initial response.
func (s *session) sasl(mech string) error {
	if foreign := s.srv.opts.SASL; foreign != nil {
		ok, err := foreign(mech, s.exporter(), func(c []byte) ([]byte, error) { return s.ask(string(c)) })
		if err != nil {
			return err
		}
		return s.login(ok)
	}
	switch mech {
	case "PLAIN":
		b, err := s.ask("")
		if err != nil {
			return err
		}
		f := bytes.Split(b, []byte{0})
		return s.login(len(f) == 3 && s.is(string(f[1]), string(f[2])))
	case "LOGIN":
		user, err := s.ask("Username:")
		if err != nil {
			return err
		}
		password, err := s.ask("Password:")
		if err != nil {
			return err
		}
		return s.login(s.is(string(user), string(password)))
	case "CRAM-MD5":
		const challenge = "<1896.697170952@postoffice.example.net>"
		b, err := s.ask(challenge)
		if err != nil {
			return err
		}
		mac := hmac.New(md5.New, []byte(s.srv.opts.Password))
		mac.Write([]byte(challenge))
		return s.login(string(b) == s.srv.opts.User+" "+hex.EncodeToString(mac.Sum(nil)))
	case "XOAUTH2", "OAUTHBEARER":
		return s.token(mech)
	}
	if hash, ok := strings.CutPrefix(mech, "SCRAM-SHA-"); ok {
		return s.scram(hash)
	}
	return s.line("-ERR no such mechanism")
}

// apop is RFC 1939, section 7, with the stamp of the greeting.
func (s *session) apop(arg string) error {
	start, end := strings.LastIndex(s.greeting, "<"), strings.LastIndex(s.greeting, ">")
	if start < 0 || end < start {
		return s.line("-ERR unknown command")
	}
	sum := md5.Sum([]byte(s.greeting[start:end+1] + s.srv.opts.Password))
	return s.login(arg == s.srv.opts.User+" "+hex.EncodeToString(sum[:]))
}

// token takes the messages as RFC 7628 and Google write them, to the octet.
func (s *session) token(mech string) error {
	b, err := s.ask("")
	if err != nil {
		return err
	}
	o := s.srv.opts
	want := "user=" + o.User + "\x01auth=Bearer " + o.Token + "\x01\x01"
	if mech == "OAUTHBEARER" {
		a := s.srv.Account("")
		want = fmt.Sprintf("n,a=%s,\x01host=%s\x01port=%d\x01auth=Bearer %s\x01\x01", o.User, a.Host, a.Port, o.Token)
	}
	good := o.Token != "" && string(b) == want
	if !good && s.faults.BadLogin == "" && !s.faults.Echo {
		fault := s.faults.TokenFault
		if fault == "" {
			fault = `{"status":"401","schemes":"bearer","scope":"https://mail.example.org/"}`
		}
		if _, err := s.ask(fault); err != nil {
			return err
		}
	}
	return s.login(good)
}

// scram is RFC 5802, with and without binding to the TLS channel.
func (s *session) scram(hash string) error {
	hash, plus := strings.CutSuffix(hash, "-PLUS")
	conv, err := s.conversation(hash, plus)
	if err != nil {
		return s.line("-ERR " + err.Error())
	}
	first, err := s.ask("")
	if err != nil {
		return err
	}
	challenge, err := conv.Step(string(first))
	if s.faults.SCRAMFirst != "" {
		return s.line(s.faults.SCRAMFirst)
	}
	if err != nil {
		return s.line("-ERR " + challenge)
	}
	final, err := s.ask(challenge)
	if err != nil {
		return err
	}
	if s.faults.Echo {
		return s.login(false)
	}
	proof, err := conv.Step(string(final))
	switch {
	case s.faults.SCRAMLast != "":
		return s.line(s.faults.SCRAMLast)
	case err != nil || !conv.Valid():
		return s.login(false)
	}
	if _, err := s.ask(proof); err != nil {
		return err
	}
	return s.login(true)
}

func (s *session) conversation(hash string, plus bool) (*scram.ServerConversation, error) {
	generator, ok := map[string]scram.HashGeneratorFcn{"1": scram.SHA1, "256": scram.SHA256}[hash]
	if !ok {
		return nil, errors.New("no such mechanism")
	}
	iterations := s.faults.Iterations
	if iterations == 0 {
		iterations = 4096
	}
	srv, err := generator.NewServer(func(user string) (scram.StoredCredentials, error) {
		if user != s.srv.opts.User {
			return scram.StoredCredentials{}, errors.New("no such user")
		}
		c, err := generator.NewClient(user, s.srv.opts.Password, "")
		if err != nil {
			return scram.StoredCredentials{}, err
		}
		return c.GetStoredCredentialsWithError(scram.KeyFactors{Salt: "salt", Iters: iterations})
	})
	if err != nil {
		return nil, err
	}
	listed := strings.Contains(strings.Join(s.capabilities(), " ")+" ", "SCRAM-SHA-"+hash+"-PLUS ")
	c, secure := s.conn.(*tls.Conn)
	switch {
	case plus && !secure:
		return nil, errors.New("there is no TLS to bind to")
	case !secure, !plus && !listed:
		return srv.NewConversation(), nil
	}
	state := c.ConnectionState()
	binding := scram.NewTLSUniqueBinding(state.TLSUnique)
	if state.Version == tls.VersionTLS13 {
		if binding, err = scram.NewTLSExporterBinding(&state); err != nil {
			return nil, err
		}
	}
	if plus {
		return srv.NewConversationWithChannelBindingRequired(binding), nil
	}
	return srv.NewConversationWithChannelBinding(binding), nil
}

// exporter is the channel binding of TLS 1.3.
func (s *session) exporter() []byte {
	c, ok := s.conn.(*tls.Conn)
	if !ok {
		return nil
	}
	state := c.ConnectionState()
	binding, err := scram.NewTLSExporterBinding(&state)
	if err != nil {
		return nil
	}
	return binding.Data
}

// ask sends a challenge and reads the response.
func (s *session) ask(challenge string) ([]byte, error) {
	line := "+ " + base64.StdEncoding.EncodeToString([]byte(challenge))
	if s.faults.PlusOK {
		line = "+OK" + line[1:]
	}
	if s.faults.Challenge != "" {
		line = s.faults.Challenge
	}
	s.line(line)
	if err := s.w.Flush(); err != nil {
		return nil, err
	}
	b, err := wire.ReadLine(s.r, 8192)
	if err != nil {
		return nil, err
	}
	s.last = string(b)
	switch text := s.last; text {
	case "", "AQ==", "*":
		s.srv.heard(text)
	default:
		s.srv.heard("***")
	}
	if s.last == "*" {
		return nil, errCancelled
	}
	return base64.StdEncoding.DecodeString(s.last)
}
