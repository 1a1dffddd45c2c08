package pop3d_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xdg-go/scram"

	"restante/serve/pop3d"
)

// The tests here keep what mail programs in the field need of a server, by the
// numbers of the table that was made of their sources.

var always = pop3d.Profile{Plaintext: pop3d.Always}

func TestField01_FaultIsNeverAnEmptyMaildrop(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: &shaky{login: errors.New("locked")}, Profile: always})
	c := dial(t, s.clear)
	c.want("+OK")
	c.send("USER ada", "PASS engine one", "STAT", "UIDL")
	c.want("+OK")
	c.want("-ERR [SYS/TEMP]")
	c.want("-ERR")
	c.want("-ERR")
}

func TestField02_UIDsAreShortAndOfPlainLetters(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newSample(t), Profile: always})
	c := dial(t, s.clear).in()
	c.ask("UIDL", "+OK")
	seen := map[string]bool{}
	for line := range strings.Lines(c.body()) {
		_, uid, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		outside := func(r rune) bool { return r < 0x21 || r > 0x7E }
		if uid == "" || len(uid) > 70 || strings.ContainsFunc(uid, outside) || seen[uid] {
			t.Errorf("UID %q", uid)
		}
		seen[uid] = true
	}
}

func TestField03_UIDsOfOthersStayWhenMailGoes(t *testing.T) {
	keep(t, []rule{{"first gone", do("in", "> DELE 1", "< +OK", "> QUIT", "< +OK", "end", "left 2 3 4")}})
}

func TestField04_WhatIsListedCanBeRetrieved(t *testing.T) {
	c, _ := serveRotten(t, 5000, func() (io.ReadCloser, error) { return nil, errRotten })
	c.ask("RETR 1", "+OK 5000")
	if n := len(c.body()); n != 5000 {
		t.Errorf("%d octets", n)
	}
	c.ask("DELE 1", "+OK")
}

func TestField05_NothingExpiresThatIsNotAnnounced(t *testing.T) {
	keep(t, []rule{{"EXPIRE", do("> CAPA", "< +OK", ". TOP|UIDL|RESP-CODES|AUTH-RESP-CODE|PIPELINING|EXPIRE NEVER*")}})
	s := serve(t, pop3d.Options{Porter: ported{ageing{uids(0, 3)}}, Profile: always, Expire: func() int { return 7 }})
	c := dial(t, s.clear)
	c.want("+OK")
	for _, want := range []string{"\nEXPIRE 7 USER\r\n", "\nEXPIRE 30\r\n"} {
		c.ask("CAPA", "+OK")
		if got := c.body(); !strings.Contains(got, want) {
			t.Errorf("CAPA says %q, want %q", got, want)
		}
		if want == "\nEXPIRE 7 USER\r\n" {
			c.ask("USER ada", "+OK")
			c.ask("PASS engine one", "+OK")
		}
	}
}

// ageing is a maildrop that lists mail for 30 days.
type ageing struct{ uidList }

func (ageing) Expire() int { return 30 }

func TestField06_CAPATellsAllInBothStates(t *testing.T) {
	keep(t, []rule{{"CAPA", do("> CAPA", "< +OK", ". "+capaClear+"|STLS", "in", "> CAPA", "< +OK", ". "+capaClear)}})
}

func TestField07_EveryWayToAUTH(t *testing.T) {
	keep(t, []rule{
		{"Thunderbird and K-9", do("> AUTH PLAIN", "< + ", "> "+adaPlain, "< +OK")},
		{"fall back to LOGIN and USER", do("> AUTH PLAIN", "< + ", "> *", "< -ERR", "> AUTH LOGIN", "< + ", "> *", "< -ERR", "in")},
		{"Outlook Express", do("> AUTH", "< +OK", ". PLAIN|LOGIN", "> AUTH LOGIN", "< + ", "> "+adaName, "< + ", "> "+adaPass, "< +OK")},
	})
}

func TestField08_ProofsAndTokensLogIn(t *testing.T) {
	proved := dial(t, serve(t, pop3d.Options{Porter: newProver(t), Profile: always}).clear)
	proved.want("+OK")
	user, err := scram.SHA256.NewClient("ada", "engine one", "")
	if err != nil {
		t.Fatal(err)
	}
	if got := proved.prove("SCRAM-SHA-256", user.NewConversation(), true); !strings.HasPrefix(got, "+OK") {
		t.Errorf("SCRAM-SHA-256: %q", got)
	}
	tokens := serve(t, pop3d.Options{Porter: newBearer(t), Profile: always})
	for mechanism, response := range map[string]string{
		"XOAUTH2":     "user=ada\x01auth=Bearer " + goodToken + "\x01\x01",
		"OAUTHBEARER": "n,a=ada,\x01auth=Bearer " + goodToken + "\x01\x01",
	} {
		c := dial(t, tokens.clear)
		c.want("+OK")
		c.ask("AUTH "+mechanism, "+ ")
		c.ask(b64(response), "+OK")
	}
}

func TestField09_PlainUIDLOfManyComesAtOnce(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: ported{uids(0, 100_000)}, Profile: always})
	c := dial(t, s.clear).in()
	c.ask("UIDL", "+OK 100000")
	if n := strings.Count(c.body(), "\n"); n != 100_000 {
		t.Errorf("%d lines", n)
	}
}

func TestField10_TheOrderThatProgramsUse(t *testing.T) {
	keep(t, []rule{{"in full", do("> CAPA", "< +OK", ".", "> USER ada", "< +OK", "> PASS engine one", "< +OK", "> STAT", "< +OK 4 123", "> LIST", "< +OK", ".", "> UIDL", "< +OK", ".",
		"> TOP 1 0", "< +OK", ".", "> TOP 1 20", "< +OK", ".", "> RETR 1", "< +OK", ".", "> DELE 1", "< +OK", "> QUIT", "< +OK", "end", "left 2 3 4")}})
}

func TestField11_TOPOfAllIsTheWholeMessage(t *testing.T) {
	keep(t, []rule{{"fetchmail", do("in", "> TOP 2 99999999", "< +OK", ". .leading: dot in the first line||..two|.|end")}})
}

func TestField12_SizesAreWhatIsSent(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newSample(t), Profile: always})
	c := dial(t, s.clear).in()
	total := 0
	for n := 1; n <= 4; n++ {
		var size, same int
		if _, err := fmt.Sscanf(c.ask(fmt.Sprint("LIST ", n), "+OK"), "+OK %d %d", &same, &size); err != nil {
			t.Fatal(err)
		}
		c.ask(fmt.Sprint("RETR ", n), "+OK")
		if got := len(c.body()); got != size {
			t.Errorf("message %d has %d octets, listed as %d", n, got, size)
		}
		total += size
	}
	c.ask("STAT", fmt.Sprint("+OK 4 ", total))
}

func TestField13_AUIDsBytesAreTheSameEachTime(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newSample(t), Profile: always})
	var first string
	for range 3 {
		c := dial(t, s.clear).in()
		for _, cmd := range []string{"RETR 1", "TOP 1 9999"} {
			c.ask(cmd, "+OK")
			got := c.body()
			if first == "" {
				first = got
			}
			if got != first {
				t.Errorf("%s gives %q, first it was %q", cmd, got, first)
			}
		}
		c.ask("QUIT", "+OK")
	}
}

func TestField14_DeletedShowsNowhere(t *testing.T) {
	keep(t, []rule{{"DELE", do("in", "> DELE 2", "< +OK", "> LIST", "< +OK", ". 1 55|3 18|4 0", "> UIDL", "< +OK", ". 1 m00000001|3 m00000003|4 m00000004", "> STAT", "< +OK 3 73$",
		"> DELE 2", "< -ERR", "> DELE 0", "< -ERR", "> RETR 0", "< -ERR", "> RSET", "< +OK", "> STAT", "< +OK 4 123$")}})
}

func TestField15_QUITAnswersWhenItIsDone(t *testing.T) {
	drop := &shaky{delete: errors.New("disk is full")}
	s := serve(t, pop3d.Options{Porter: drop, Profile: always})
	c := dial(t, s.clear).in()
	c.ask("DELE 1", "+OK")
	c.ask("QUIT", "-ERR [SYS/TEMP]")
	if n := drop.deleted.Load(); n != 1 {
		t.Errorf("answered after %d tries to delete", n)
	}
}

func TestField16_IdleLimitIsTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, pop3d.Options{Porter: newSample(t), Profile: always, Exclusive: true})
		defer b.end()
		c := b.dial("192.0.2.1:5").in()
		time.Sleep(10*time.Minute - time.Second)
		c.ask("NOOP", "+OK")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		b.dial("192.0.2.1:6").in() // and the maildrop is free again
	})
}

func TestField17_DevicesAreInTogether(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newSample(t), Profile: always})
	one, two := dial(t, s.clear).in(), dial(t, s.clear).in()
	one.ask("DELE 1", "+OK")
	one.ask("QUIT", "+OK")
	two.ask("STAT", "+OK 4 123")
	two.ask("RETR 1", "+OK 55")
	two.body()
}

func TestField18_TheNextLoginMayComeAtOnce(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newSample(t), Profile: always})
	for range 20 {
		c := dial(t, s.clear).in()
		c.ask("QUIT", "+OK")
	}
}

func TestField19_OnlyTheClientsMistakeIsAUTH(t *testing.T) {
	for _, fault := range []error{errors.New("ours"), pop3d.ErrThrottled, pop3d.ErrInUse, pop3d.ErrDisabled} {
		s := serve(t, pop3d.Options{Porter: &shaky{login: fault}, Profile: always})
		c := dial(t, s.clear)
		c.want("+OK")
		c.ask("USER ada", "+OK")
		if got := c.ask("PASS x", "-ERR ["); strings.Contains(got, "[AUTH]") {
			t.Errorf("%v: %q", fault, got)
		}
	}
}

func TestField20_OutlookGetsNoNULAndAnEndOfTheHeader(t *testing.T) {
	box := pop3d.NewMemory()
	box.AddUser("ada", "engine one")
	if _, err := box.Add("ada", []byte("a: b\x00c\n")); err != nil {
		t.Fatal(err)
	}
	s := serve(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Always, Mend: true}})
	c := dial(t, s.clear).in()
	c.ask("RETR 1", "+OK")
	if got := c.body(); got != "a: b\x80c\r\n\r\n" {
		t.Errorf("Outlook gets %q", got)
	}
}

func TestField21_EveryMessageHasItsLastLineEnd(t *testing.T) {
	drop := &rotten{size: 14}
	drop.open = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("a: b\n\nx\ny\r\nz")), nil }
	s := serve(t, pop3d.Options{Porter: ported{drop}, Profile: always})
	c := dial(t, s.clear).in()
	c.ask("RETR 1", "+OK")
	if got := c.body(); got != "a: b\r\n\r\nx\r\ny\r\nz\r\n" {
		t.Errorf("comes as %q", got)
	}
	c.ask("NOOP", "+OK")
}

func TestField22_DotsAreStuffedInTheFirstLineAndInTOP(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newSample(t), Profile: always})
	c := dial(t, s.clear).in()
	for _, cmd := range []string{"RETR 2", "TOP 2 0"} {
		c.ask(cmd, "+OK")
		if got := c.line(); got != "..leading: dot in the first line" {
			t.Errorf("%s begins with %q", cmd, got)
		}
		c.body()
	}
}

func TestField23_NOOPsBatchesAndClosingRightBehindQUIT(t *testing.T) {
	keep(t, []rule{
		{"NOOP between", do("in", "> NOOP", "> RETR 1", "> NOOP", "< +OK", "< +OK", ".", "< +OK")},
		{"40tude closes without waiting", do("in", "> DELE 1", "< +OK", "> QUIT", "cut", "left 2 3 4")},
	})
}

func TestField24_SloppyCommandsAreUnderstood(t *testing.T) {
	keep(t, []rule{{"sloppy", do("in", "> list ", "< +OK", ".", "> sTaT  ", "< +OK 4", "> retr 3  ", "< +OK", ".", "> "+long("NOOP", 4000), "< -ERR", "> stat", "< +OK 4")}})
}

func TestField26_LASTIsNoCommand(t *testing.T) {
	keep(t, []rule{{"LAST", do("in", "> LAST", "< -ERR", "> NOOP", "< +OK")}})
}

func TestField27_FetchersFindImplicitTLSAndUIDL(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newSample(t)})
	conn, err := tls.Dial("tcp", s.tls, clientTLS)
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, conn).in()
	c.ask("UIDL", "+OK")
	c.body()
}

func TestField28_OldDevicesHaveADoorOfTheirOwn(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newSample(t)})
	dial(t, s.openDoor(t, always)).in().ask("STAT", "+OK 4")
	c := dial(t, s.clear)
	c.want("+OK")
	c.ask("USER ada", "-ERR") // the other door stays shut
}

// whoLogsIn notes under which names people come.
type whoLogsIn struct {
	mu    sync.Mutex // guards the field below
	names []string
}

func (w *whoLogsIn) Login(_ context.Context, name, _ string, _ netip.Addr) (pop3d.Maildrop, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.names = append(w.names, name)
	return nil, pop3d.ErrDisabled
}

func TestField29_NamesComeAsTheyWereSent(t *testing.T) {
	var w whoLogsIn
	s := serve(t, pop3d.Options{Porter: &w, Profile: always})
	want := []string{"ada+spam", "ada@example.net", "user@host#pop.example.net", "ada%x", "a b"}
	for _, name := range want {
		c := dial(t, s.clear)
		c.want("+OK")
		c.ask("USER "+name, "+OK")
		c.ask("PASS x", "-ERR [SYS/PERM]")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if fmt.Sprint(w.names) != fmt.Sprint(want) {
		t.Errorf("came %q", w.names)
	}
}

func TestField30_NoVersionIsTold(t *testing.T) {
	keep(t, []rule{{"IMPLEMENTATION", do("> CAPA", "< +OK", ". "+capaClear+"*")}})
}

func TestField31_OneLineTellsASession(t *testing.T) { TestLog_LineOfASession(t) }
