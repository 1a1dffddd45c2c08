package letter_test

import (
	"strings"
	"testing"

	"restante/filter/letter"
)

func TestRead_OpensAPlainMessage(t *testing.T) {
	l := letter.Read(strings.NewReader("From: \"Lovelace, Ada\" <ada@EXAMPLE.org>\r\nTo: b@x.org, c@y.org\r\n" +
		"Subject: =?utf-8?Q?Gr=C3=BC?=\r\n =?utf-8?Q?=C3=9Fe?=\r\nDate: Mon, 02 Jan 2006 15:04:05 -0700\r\n" +
		"Message-ID: <1@example.org>\r\n\r\nHello\r\nhttp://example.org/a.\r\n"))
	if len(l.From) != 1 || l.From[0] != (letter.Address{Name: "Lovelace, Ada", Addr: "ada@example.org"}) {
		t.Errorf("From = %+v", l.From)
	}
	if l.Subject != "Grüße" || l.MessageID != "1@example.org" || l.Date.Unix() != 1136239445 || len(l.To) != 2 {
		t.Errorf("Subject %q, MessageID %q, Date %v, To %v", l.Subject, l.MessageID, l.Date, l.To)
	}
	if l.Text != "Hello\nhttp://example.org/a.\n" || len(l.Links) != 1 || l.Links[0].URL != "http://example.org/a" {
		t.Errorf("Text %q, Links %v", l.Text, l.Links)
	}
	if len(l.Defects) != 0 {
		t.Errorf("Defects = %v, want none", l.Defects)
	}
}
