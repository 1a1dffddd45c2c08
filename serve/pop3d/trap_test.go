package pop3d_test

import (
	"fmt"
	"strings"
	"testing"

	"restante/serve/pop3d"
)

// The tests here are of what other servers got wrong.

func TestTrap_TOPIsNoMoreThanWasAskedFor(t *testing.T) { // Mailpit, Stalwart, James
	keep(t, []rule{{"TOP", do("in", "> TOP 1 0", "< +OK", ". Subject: one|", "> TOP 1 1", "< +OK", ". Subject: one||first", "> TOP 1 2", "< +OK", ". Subject: one||first|.dot")}})
}

func TestTrap_NumbersDoNotShift(t *testing.T) { // WildDuck
	keep(t, []rule{{"DELE", do("in", "> DELE 1", "< +OK", "> LIST", "< +OK", ". 2 50|3 18|4 0", "> DELE 2", "< +OK", "> QUIT", "< +OK", "left 3 4")}})
}

func TestTrap_ZeroIsNoMessage(t *testing.T) { // Stalwart
	keep(t, []rule{{"0", do("in", "> LIST 0", "< -ERR", "> UIDL 0", "< -ERR", "> RETR 0", "< -ERR", "> TOP 0 0", "< -ERR", "> DELE 0", "< -ERR", "> QUIT", "< +OK", "left 1 2 3 4")}})
}

func TestTrap_ListingIsTheWholeMailbox(t *testing.T) { // WildDuck and Mailpit show the newest only
	s := serve(t, pop3d.Options{Porter: ported{uids(0, 2000)}, Profile: always})
	c := dial(t, s.clear).in()
	c.ask("STAT", "+OK 2000 ")
	c.ask("LIST", "+OK")
	if n := strings.Count(c.body(), "\n"); n != 2000 {
		t.Errorf("%d messages are listed", n)
	}
}

func TestTrap_DELEandRSETandDELEAgain(t *testing.T) { // Dovecot lost memory
	s := serve(t, pop3d.Options{Porter: ported{uids(0, 20_000)}, Profile: always})
	c := dial(t, s.clear).in()
	again := func(times int) {
		for range times {
			c.send("DELE 1", "RSET", "DELE 20000", "RSET", "DELE 1", "DELE 2", "RSET")
			for range 7 {
				c.want("+OK")
			}
		}
		c.ask("STAT", "+OK 20000 0")
	}
	again(10)
	before := inUse()
	again(300) // whose marks are 2.5 KB each
	if after := inUse(); after > before+1<<20 {
		t.Errorf("%d octets more than before are held", after-before)
	}
}

func TestTrap_ResponsesAreBounded(t *testing.T) { // James
	s := serve(t, pop3d.Options{Porter: newSample(t), Profile: always})
	c := dial(t, s.clear)
	c.want("+OK")
	c.ask("AUTH PLAIN", "+ ")
	c.ask(strings.Repeat("A", 20_000), "-ERR line too long")
	c.ask("AUTH PLAIN "+adaPlain, "+OK")
}

func TestTrap_NoLineIsTooLong(t *testing.T) { // Inbucket ended a message at 64 KiB, as if it were whole
	box := pop3d.NewMemory()
	box.AddUser("ada", "engine one")
	body := "Subject: x\r\n\r\n" + strings.Repeat("x", 200_000) + "\r\n.\r\nlast\r\n"
	if _, err := box.Add("ada", []byte(body)); err != nil {
		t.Fatal(err)
	}
	s := serve(t, pop3d.Options{Porter: box, Profile: always})
	c := dial(t, s.clear).in()
	for _, cmd := range []string{"RETR 1", "TOP 1 3"} {
		c.ask(cmd, "+OK")
		if got := c.body(); got != body {
			t.Errorf("%s gives %d octets of %d", cmd, len(got), len(body))
		}
		c.ask("NOOP", "+OK") // and nothing is left of an answer
	}
}

func TestTrap_TOPIsStuffedToo(t *testing.T) { // Mailpit
	box := pop3d.NewMemory()
	box.AddUser("ada", "engine one")
	if _, err := box.Add("ada", []byte(".a: b\n\n.\n..\n.c\nrest\n")); err != nil {
		t.Fatal(err)
	}
	s := serve(t, pop3d.Options{Porter: box, Profile: always})
	c := dial(t, s.clear).in()
	for lines, want := range []string{"", "..|", "..|...|", "..|...|..c|"} {
		c.ask(fmt.Sprint("TOP 1 ", lines), "+OK")
		for _, line := range strings.Split("..a: b||"+want+".", "|") {
			if got := c.line(); got != line {
				t.Fatalf("TOP 1 %d says %q, want %q", lines, got, line)
			}
		}
	}
}

func TestTrap_DeletedIsHiddenFromEachListing(t *testing.T) { // Mailpit and Stalwart
	keep(t, []rule{{"DELE", do("in", "> DELE 1", "< +OK", "> DELE 4", "< +OK", "> LIST", "< +OK", ". 2 50|3 18", "> UIDL", "< +OK", ". 2 m00000002|3 m00000003",
		"> STAT", "< +OK 2 68$", "> LIST 1", "< -ERR", "> UIDL 4", "< -ERR", "> TOP 4 0", "< -ERR", "> RETR 1", "< -ERR")}})
}

func TestTrap_TheDebugLogHasNoPASS(t *testing.T) { // Mailpit
	var j journal
	s := serve(t, pop3d.Options{Porter: newSample(t), Profile: always, Log: j.logger()})
	c := dial(t, s.clear).in()
	c.ask("QUIT", "+OK")
	c.wantEnd()
	if got := j.String(); !strings.Contains(got, "verb=PASS") || strings.Contains(got, "engine") {
		t.Errorf("the log says\n%s", got)
	}
}

func TestTrap_TOPCountsNoLineOfTheHeader(t *testing.T) { // Stalwart
	box := pop3d.NewMemory()
	box.AddUser("ada", "engine one")
	header := strings.Repeat("X-Line: of the header\r\n", 50) + "\r\n"
	if _, err := box.Add("ada", []byte(header+"one\r\ntwo\r\nthree\r\n")); err != nil {
		t.Fatal(err)
	}
	s := serve(t, pop3d.Options{Porter: box, Profile: always})
	c := dial(t, s.clear).in()
	for lines, want := range []string{"", "one\r\n", "one\r\ntwo\r\n"} {
		c.ask(fmt.Sprint("TOP 1 ", lines), "+OK")
		if got := c.body(); got != header+want {
			t.Errorf("TOP 1 %d ends with %q", lines, strings.TrimPrefix(got, header))
		}
	}
}

func TestTrap_ListingAgainDeletesNoOther(t *testing.T) { // WildDuck
	keep(t, []rule{{"list, delete the second that is listed", do("in", "> DELE 1", "< +OK", "> UIDL", "< +OK", ". 2 m00000002|3 m00000003|4 m00000004",
		"> DELE 3", "< +OK", "> UIDL", "< +OK", ". 2 m00000002|4 m00000004", "> RETR 4", "< +OK 0", ". ", "> QUIT", "< +OK", "end", "left 2 4")}})
}

func TestTrap_QUITIsAnswered(t *testing.T) { // Stalwart hung up without a word
	keep(t, []rule{
		{"before the login", do("> QUIT", "< +OK", "end")},
		{"after deletions", do("in", "> DELE 1", "< +OK", "> QUIT", "< +OK", "end", "left 2 3 4")},
	})
}

func TestTrap_PIPELININGIsToldAndMeant(t *testing.T) { // POPFile and SpamBayes took it out
	keep(t, []rule{{"a batch", do("> CAPA", "< +OK", ". TOP|UIDL|RESP-CODES|AUTH-RESP-CODE|PIPELINING*", "in",
		"> RETR 3", "> TOP 1 0", "> UIDL 2", "> DELE 3", "> QUIT", "< +OK 18", ". Subject: no body", "< +OK", ". Subject: one|", "< +OK 2 m00000002$", "< +OK", "< +OK", "end", "left 1 2 4")}})
}
