package pop3d

import (
	"errors"
	"fmt"

	"github.com/emersion/go-sasl"
)

// newPlain is PLAIN (RFC 4616). Nobody may log in as somebody else, which is
// answered as a wrong password is: whose it was cannot be seen (RFC 3206, 4).
func newPlain(check func(name, password string) error, refuse func(error) error) sasl.Server {
	return sasl.NewPlainServer(func(identity, name, password string) error {
		switch {
		case name == "":
			return errors.New("no name")
		case identity != "" && identity != name:
			return refuse(fmt.Errorf("%w: authorization identity is not the name", ErrAuth))
		}
		return check(name, password)
	})
}

// loginServer is LOGIN (draft-murchison-sasl-login), which old clients know
// best. A name may come as the initial response.
type loginServer struct {
	check func(name, password string) error
	asked bool // for the name
	name  string
}

func newLogin(check func(name, password string) error) sasl.Server {
	return &loginServer{check: check}
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case !l.asked && response == nil:
		l.asked = true
		return []byte("Username:"), false, nil
	case l.name == "":
		if len(response) == 0 {
			return nil, true, errors.New("no name")
		}
		l.name = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.name, string(response))
}
