package pop3d_test

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	"restante/serve/pop3d"
)

func TestMemory_SessionsKeepTheListingOfTheirLogin(t *testing.T) {
	box := newSample(t)
	s := serve(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Always}})
	phone, laptop := dial(t, s.clear).in(), dial(t, s.clear).in()
	phone.ask("DELE 1", "+OK")
	phone.ask("DELE 3", "+OK")
	phone.ask("QUIT", "+OK")
	if _, err := box.Add("ada", []byte("Subject: late\n\n")); err != nil {
		t.Fatal(err)
	}
	laptop.ask("STAT", "+OK 4 123")
	laptop.ask("RETR 1", "+OK 55")
	if got := laptop.body(); got != crlf(sample[0]) {
		t.Errorf("message 1 is %q", got)
	}
	laptop.ask("DELE 1", "+OK") // gone already, which is as wanted
	laptop.ask("DELE 2", "+OK")
	laptop.ask("QUIT", "+OK")
	if got, want := box.UIDs("ada"), []string{"m00000004", "m00000005"}; !slices.Equal(got, want) {
		t.Errorf("left are %v, want %v", got, want)
	}
}

func TestMemory_NeverReusesAUID(t *testing.T) {
	box := newSample(t)
	s := serve(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Always}})
	c := dial(t, s.clear).in()
	c.ask("DELE 4", "+OK")
	c.ask("QUIT", "+OK")
	if uid, err := box.Add("ada", []byte("x")); err != nil || uid != "m00000005" {
		t.Errorf("the next UID is %q, %v", uid, err)
	}
}

func TestMemory_KnowsItsUsers(t *testing.T) {
	box := newSample(t)
	if _, err := box.Add("eve", []byte("x")); err == nil {
		t.Error("a message for nobody is no error")
	}
	if got := box.UIDs("eve"); got != nil {
		t.Errorf("nobody has %v", got)
	}
	box.AddUser("ada", "new")
	if _, err := box.Login(t.Context(), "ada", "engine one", netip.Addr{}); !errors.Is(err, pop3d.ErrAuth) {
		t.Errorf("the old password: %v", err)
	}
	if drop, err := box.Login(t.Context(), "ada", "new", netip.Addr{}); err != nil || drop.Len() != 4 {
		t.Errorf("the new password: %v", err)
	}
}
