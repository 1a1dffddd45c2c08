package letter_test

import (
	"strings"
	"testing"

	"restante/fetch/corpora"
	"restante/filter/letter"
)

// TestRead_OpensTheCorpus opens all the real mail there is at hand.
func TestRead_OpensTheCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("opens 12,223 messages")
	}
	var mails, bare, anonymous, undated int
	for _, name := range []string{"spamassassin", "csdmc2010", "modern"} {
		for _, msg := range corpora.Mail(t, name, 0) {
			l := letter.ReadBytes(msg)
			check(t, l, letter.Defaults())
			mails++
			if !hasContent(l) {
				bare++
			}
			if len(l.From) == 0 {
				anonymous++
			}
			if l.Date.IsZero() {
				undated++
			}
			if l.Size != int64(len(msg)) {
				t.Errorf("Size = %d for %d octets", l.Size, len(msg))
			}
			if strings.Contains(l.Subject, "=?utf-8?") || strings.Contains(l.Subject, "=?iso-8859-1?") {
				t.Errorf("encoded words left in subject %q", l.Subject)
			}
		}
	}
	t.Logf("%d messages: %d without content, %d without sender, %d without date", mails, bare, anonymous, undated)
	for what, n := range map[string]int{"content": bare, "a sender": anonymous} {
		if n*1000 > mails {
			t.Errorf("%d of %d messages without %s, want at most one in a thousand", n, mails, what)
		}
	}
	if undated*200 > mails {
		t.Errorf("%d of %d messages without a date, want at most one in 200", undated, mails)
	}
}

// hasContent tells a letter in which something was found: words, markup (which
// may be pictures alone), an attachment, or a defect.
func hasContent(l *letter.Letter) bool {
	return strings.TrimSpace(l.Text) != "" || l.HTML != "" || len(l.Attachments()) > 0 || len(l.Defects) > 0
}
