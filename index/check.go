package index

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Check refuses what the rows or a record's meta could not give back as it is.
// Whoever keeps messages asks before the bytes are written.
func (ad *Addition) Check() error {
	m := &ad.Message
	err := errors.Join(CheckText("owner", m.Owner), CheckText("UID", m.UID), CheckText("account", m.Account),
		CheckText("mailbox", m.Mailbox), CheckText("receipt's account", ad.Receipt.Account))
	if m.Owner == "" || m.UID == "" {
		err = errors.Join(err, errors.New("a message needs an owner and a UID"))
	}
	return err
}

// CheckText refuses text that one of the databases would refuse.
func CheckText(field, s string) error {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return fmt.Errorf("%s %q: not UTF-8 text without NUL", field, s)
	}
	return nil
}
