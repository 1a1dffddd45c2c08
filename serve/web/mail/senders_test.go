package mail_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"restante/filter"
	"restante/serve/web/webtest"
)

// place tells where a message hangs and what it is taken for.
func place(t *testing.T, h *webtest.House, id int64) string {
	t.Helper()
	m, err := h.Archive.Message(t.Context(), "ada", id)
	if err != nil {
		t.Fatal(err)
	}
	return m.Class.String() + " in " + m.Mailbox
}

var undoToken = regexp.MustCompile(`name="did" value="([A-Z0-9]+)"`)

func TestAct_BlocksAndAllowsSendersFromThenOnAndBack(t *testing.T) {
	h := house(t)
	first := h.Deliver("ada", "", note("Eve <eve@shop.example>", "One", "Hello."))
	caught := h.Deliver("ada", filter.Quarantine, note("Zoe <zoe@nice.example>", "Two", "Hello."))
	h.CatchUp()
	before := place(t, h, first)
	act := func(do string, ids ...int64) webtest.Reply {
		t.Helper()
		form := url.Values{"do": {do}, "back": {"/mail"}}
		for _, id := range ids {
			form.Add("id", fmt.Sprint(id))
		}
		return h.Post("ada", "/mail/act", form)
	}
	r := act("block-domain", first)
	if !strings.Contains(r.Body, "Blocked shop.example, and learnt 1 message as spam.") || place(t, h, first) != "spam in spam" {
		t.Errorf("blocked: %s, %s", place(t, h, first), r.Body)
	}
	next := h.Deliver("ada", "", note("Other <other@mail.shop.example>", "Three", "Another thing."))
	if got := place(t, h, next); got != "spam in spam" {
		t.Errorf("the next of the domain is %s", got)
	}
	others := h.Deliver("eve", "", note("Other <other@mail.shop.example>", "Three", "Another thing."))
	if m, err := h.Archive.Message(t.Context(), "eve", others); err != nil || m.Mailbox != filter.Inbox {
		t.Errorf("what ada blocks is %v in %s for eve, %v", m.Class, m.Mailbox, err)
	}
	why := h.Get("ada", fmt.Sprintf("/mail/%d?show=why", next))
	if !strings.Contains(why.Body, "SENDER_BLOCKED: you block shop.example") || !strings.Contains(why.Body, "Block other@mail.shop.example") {
		t.Errorf("the evidence: %s", why.Body)
	}
	r = h.Post("ada", "/undo", url.Values{"did": {undoToken.FindStringSubmatch(r.Body)[1]}, "back": {"/mail"}})
	if got := place(t, h, first); got != before || !strings.Contains(r.Body, "Undone.") {
		t.Errorf("undone it is %s, and was %s", got, before)
	}
	after := h.Deliver("ada", "", note("Other <other@mail.shop.example>", "Four", "A third thing."))
	if got := place(t, h, after); !strings.HasSuffix(got, "in inbox") {
		t.Errorf("undone, the next is %s", got)
	}
	if r := act("allow", caught); !strings.Contains(r.Body, "Allowed zoe@nice.example") || place(t, h, caught) != "ham in inbox" {
		t.Errorf("allowed: %s, %s", place(t, h, caught), r.Body)
	}
	spammy := note("Zoe <Zoe@Nice.example>", "You won", "Click here http://192.0.2.1/win and claim.")
	if got := place(t, h, h.Deliver("ada", "", spammy)); got != "ham in inbox" {
		t.Errorf("mail of who is allowed is %s", got)
	}
	forged := "Authentication-Results: mx.isp.example; dmarc=fail\n" + note("Zoe <Zoe@Nice.example>", "You won again", "Click here http://192.0.2.1/win and claim.")
	if got := place(t, h, h.Deliver("ada", "", forged)); got == "ham in inbox" {
		t.Error("a forged sender was let in because he is allowed")
	}
}

func TestAct_OfSendersSaysWhatIsWrong(t *testing.T) {
	h := house(t)
	nobody := h.Deliver("ada", "", "Subject: from nobody\n\nHello.\n")
	h.CatchUp()
	form := url.Values{"do": {"block"}, "id": {fmt.Sprint(nobody)}, "back": {"/mail"}}
	if r := h.Post("ada", "/mail/act", form); r.Status != http.StatusBadRequest || !strings.Contains(r.Body, "no sender") {
		t.Errorf("a letter of nobody: %d", r.Status)
	}
	if r := h.Post("eve", "/mail/act", form); r.Status != http.StatusNotFound {
		t.Errorf("the letter of another: %d", r.Status)
	}
}

// What was released is not caught again, whatever way the same bytes come.
func TestAct_WhatWasReleasedIsNotCaughtWhenItComesAgain(t *testing.T) {
	h := house(t)
	text := note("Win <win@spam.example>", "You won", "Click here http://192.0.2.1/win and claim your prize.")
	other := h.Deliver("ada", "", note("Win <win@spam.example>", "Other", "Click here http://192.0.2.1/win and claim."))
	caught := h.Deliver("ada", filter.Quarantine, text)
	h.CatchUp()
	h.Post("ada", "/mail/act", url.Values{"do": {"ham"}, "id": {fmt.Sprint(caught)}, "back": {"/mail"}})
	h.Post("ada", "/mail/act", url.Values{"do": {"block"}, "id": {fmt.Sprint(other)}, "back": {"/mail"}})
	again := h.DeliverBy("ada", "other-isp", text)
	if again == caught {
		t.Fatal("another account's copy is no message of its own")
	}
	if got := place(t, h, again); got != "ham in inbox" {
		t.Errorf("released it came again and is %s", got)
	}
}
