package pop3d_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"restante/serve/pop3d"
)

// uidList is a maildrop of empty messages with these UIDs.
type uidList []string

func (u uidList) Len() int         { return len(u) }
func (u uidList) Size(int) int64   { return 0 }
func (u uidList) UID(i int) string { return u[i] }
func (u uidList) Close() error     { return nil }
func (u uidList) Open(context.Context, int) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader("")), nil
}
func (u uidList) Delete(context.Context, []int) error { return nil }

// uids gives names from one number up to another.
func uids(from, to int) (all uidList) {
	for i := from; i < to; i++ {
		all = append(all, fmt.Sprint("u", i))
	}
	return all
}

func TestLog_TellsWhatBecameOfTheUIDs(t *testing.T) {
	var j journal
	at := &struct{ uidList }{}
	s := serve(t, pop3d.Options{Porter: ported{at}, Profile: pop3d.Profile{Plaintext: pop3d.Always}, Log: slog.New(slog.NewTextHandler(&j, nil))})
	var want []string
	for _, step := range []struct {
		list uidList
		say  []string
		want string
	}{
		{uids(0, 3), nil, "first"},
		{uids(0, 3), nil, "same"},
		{uids(0, 500), nil, "grown"},
		{uids(0, 500), nil, "same"},
		{uids(0, 499), nil, "shrunk"},
		{uids(1, 499), nil, "shrunk"},
		{append(uids(1, 100), uids(101, 600)...), nil, "shrunk"}, // one gone in the middle, others new
		{uids(1000, 1700), nil, "renumbered"},
		{uids(1000, 1700), []string{"DELE 1", "DELE 350", "DELE 700"}, "same"},
		{append(uids(1001, 1349), uids(1350, 1699)...), nil, "same"}, // that is what the last one did
		{nil, nil, "shrunk"},
		{nil, nil, "same"},
		{uids(0, 1), []string{"DELE 1"}, "grown"},
		{nil, nil, "same"},
	} {
		at.uidList = step.list
		c := dial(t, s.clear).in()
		for _, line := range append(step.say, "QUIT") {
			c.ask(line, "+OK")
		}
		c.wantEnd()
		want = append(want, step.want)
		for strings.Count(j.String(), "mechanism=user") < len(want) {
			runtime.Gosched() // the line comes after the end of the connection
		}
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range regexp.MustCompile(`user=ada .* mechanism=user .* uidl=(\S+)`).FindAllStringSubmatch(j.String(), -1) {
		got = append(got, m[1])
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the log says %v, want %v", got, want)
	}
}

func TestLog_LineOfASession(t *testing.T) {
	var j journal
	s := serve(t, pop3d.Options{Porter: newSample(t), Log: slog.New(slog.NewTextHandler(&j, nil))})
	c := dial(t, s.clear)
	c.want("+OK")
	c.ask("STLS", "+OK")
	c = c.upgrade()
	c.ask("AUTH PLAIN AGFkYQB4", "-ERR [AUTH]")
	c.ask("AUTH PLAIN "+adaPlain, "+OK")
	c.ask("RETR 1", "+OK")
	c.body()
	c.ask("TOP 2 0", "+OK")
	c.body()
	c.ask("DELE 1", "+OK")
	c.ask("QUIT", "+OK")
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`msg="pop3 session" user=ada mailbox="" device="" remote=127\.0\.0\.1 tls="TLS 1\.3" mechanism=plain failed=1 retr=1 top=1 dele=1 bytes=90 uidl=first took=\S+ end=quit\n`)
	if !want.MatchString(j.String()) {
		t.Errorf("the log says\n%s", &j)
	}
}
