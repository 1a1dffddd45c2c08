package sample_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image/png"
	"mime"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"restante/cmd/restante/sample"
)

var now = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

// messages are made once: they are only read, and a photograph is dear.
var messages = sync.OnceValue(func() []sample.Message { return sample.Messages(now) })

// wellFormed are the messages that are not broken on purpose.
func wellFormed() []sample.Message {
	var out []sample.Message
	for _, m := range messages() {
		if m.Broken == "" {
			out = append(out, m)
		}
	}
	return out
}

func TestMessages_FillBothMailboxesAndTheLesson(t *testing.T) {
	count := make(map[string]int)
	for _, m := range messages() {
		place := fmt.Sprintf("account %d", m.Account)
		if m.Train {
			place = "lesson"
		}
		count[place+" "+m.Gold]++
	}
	want := map[string]int{
		"lesson ham": 56, "lesson spam": 56,
		"account 0 ham": 85, "account 0 spam": 33,
		"account 1 ham": 64, "account 1 spam": 28,
	}
	for key, n := range want {
		if count[key] != n {
			t.Errorf("%s: %d messages, want %d", key, count[key], n)
		}
		delete(count, key)
	}
	for key, n := range count {
		t.Errorf("%s: %d messages, want none", key, n)
	}
}

func TestMessages_ComeLessonFirstThenOldToNew(t *testing.T) {
	var last time.Time
	train := true
	for _, m := range wellFormed() {
		if m.Train && !train {
			t.Fatal("a message for training stands after one of the mailboxes")
		}
		header, _ := open(t, m.Raw)
		date, err := header.Date()
		if err != nil {
			t.Fatalf("date of %q: %v", head(m.Raw), err)
		}
		if m.Train != train {
			train, last = false, time.Time{}
		}
		if date.Before(last) {
			t.Errorf("%v stands after %v", date, last)
		}
		last = date
	}
}

func TestMessages_DatesSpreadOverTheTwoYearsBeforeNow(t *testing.T) {
	quarters := make(map[int]int)
	for _, m := range wellFormed() {
		header, _ := open(t, m.Raw)
		date, err := header.Date()
		if err != nil {
			t.Fatal(err)
		}
		age := now.Sub(date)
		if age < 0 || age > 731*24*time.Hour {
			t.Errorf("%v is not in the two years before %v", date, now)
		}
		quarters[int(age/(91*24*time.Hour))]++
	}
	for q := range 8 {
		if quarters[q] < 10 {
			t.Errorf("quarter %d back holds %d messages, want at least 10", q, quarters[q])
		}
	}
}

func TestMessages_SameMomentGivesSameBytes(t *testing.T) {
	a, b := messages(), sample.Messages(now.In(time.FixedZone("", 3600)))
	if len(a) != len(b) {
		t.Fatalf("%d messages, then %d", len(a), len(b))
	}
	for i := range a {
		if !bytes.Equal(a[i].Raw, b[i].Raw) {
			t.Fatalf("message %d differs:\n%s\n%s", i, head(a[i].Raw), head(b[i].Raw))
		}
	}
}

func TestMessages_EndEveryLineInCRLF(t *testing.T) {
	unended := 0
	for _, m := range messages() {
		rest := bytes.ReplaceAll(m.Raw, []byte("\r\n"), nil)
		if at := bytes.IndexAny(rest, "\r\n"); at >= 0 {
			t.Errorf("bare line end in %q", head(rest[at:]))
		}
		if !bytes.HasSuffix(m.Raw, []byte("\r\n")) {
			unended++
		}
	}
	if unended != 1 {
		t.Errorf("%d messages lack their final line end, want 1", unended)
	}
}

func TestMessages_AreWellFormedUnlessTheySayOtherwise(t *testing.T) {
	ids := make(map[string]bool)
	for _, m := range messages() {
		fault := faultOf(m.Raw)
		if got, want := fault != "", m.Broken != ""; got != want {
			t.Errorf("fault %q, but Broken is %q: %q", fault, m.Broken, head(m.Raw))
		}
		if fault != "" {
			continue
		}
		header, _ := open(t, m.Raw)
		id := header.Get("Message-ID")
		if ids[id] {
			t.Errorf("Message-ID %s stands twice", id)
		}
		ids[id] = true
		for _, ref := range strings.Fields(header.Get("References")) {
			if !strings.HasPrefix(ref, "<") || !strings.HasSuffix(ref, ">") {
				t.Errorf("reference %q", ref)
			}
		}
	}
}

// faultOf names the first rule that a message breaks.
func faultOf(raw []byte) string {
	top, _, ended := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !ended {
		return "header without end"
	}
	for _, b := range top {
		if b >= 0x80 {
			return "8-bit header"
		}
	}
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if len(line) > 998 {
			return "long line"
		}
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err.Error()
	}
	parser := mail.AddressParser{WordDecoder: &words}
	for _, name := range []string{"From", "To"} {
		if _, err := parser.ParseList(m.Header.Get(name)); err != nil {
			return err.Error()
		}
	}
	if _, err := m.Header.Date(); err != nil {
		return err.Error()
	}
	if _, params, err := mime.ParseMediaType(m.Header.Get("Content-Type")); err != nil {
		return err.Error()
	} else if b := params["boundary"]; b != "" && !bytes.Contains(raw, []byte("--"+b+"--\r\n")) {
		return "no closing boundary"
	}
	return ""
}

func TestMessages_BreakEachRuleOnce(t *testing.T) {
	rules := make(map[string]bool)
	for _, m := range messages() {
		if m.Broken == "" {
			continue
		}
		if rules[m.Broken] {
			t.Errorf("rule %q is broken twice", m.Broken)
		}
		rules[m.Broken] = true
	}
	if len(rules) != 7 {
		t.Errorf("%d rules are broken, want 7: %v", len(rules), rules)
	}
}

func TestMessages_BodiesAreAllDifferent(t *testing.T) {
	seen := make(map[string]string)
	for _, m := range wellFormed() {
		subject, text := readable(t, m.Raw)
		if before, ok := seen[text]; ok {
			t.Errorf("%q and %q have the same text", before, subject)
		}
		seen[text] = subject
	}
}

func TestMessages_CharsetLabelsAreTrue(t *testing.T) {
	charsets := make(map[string]int)
	for _, m := range wellFormed() {
		readable(t, m.Raw) // fails where a subject is not in the charset it names
		header, leaves := open(t, m.Raw)
		eightBit := slices.ContainsFunc(m.Raw, func(b byte) bool { return b >= 0x80 })
		if got := header.Get("Content-Transfer-Encoding") == "8bit"; got != eightBit {
			t.Errorf("labelled 8bit: %v, holds 8-bit octets: %v: %q", got, eightBit, head(m.Raw))
		}
		for _, l := range leaves {
			if l.charset != "" {
				charsets[l.charset]++ // open failed where the label is untrue
			}
			if l.transfer == "7bit" && slices.ContainsFunc(l.wire, func(b byte) bool { return b >= 0x80 }) {
				t.Errorf("8-bit octets in a part labelled 7bit: %q", head(l.wire))
			}
		}
	}
	for charset, least := range map[string]int{"US-ASCII": 60, "UTF-8": 40, "ISO-2022-JP": 25, "ISO-8859-1": 5, "Shift_JIS": 1} {
		if charsets[charset] < least {
			t.Errorf("%d parts in %s, want at least %d", charsets[charset], charset, least)
		}
	}
}

func TestMessages_AttachmentsAreWhatTheySay(t *testing.T) {
	count := make(map[string]int)
	for _, m := range wellFormed() {
		_, leaves := open(t, m.Raw)
		for _, l := range leaves {
			if l.name == "" {
				continue
			}
			count[l.kind]++
			var err error
			switch l.kind {
			case "image/png":
				_, err = png.Decode(bytes.NewReader(l.data))
			case "application/zip":
				_, err = zip.NewReader(bytes.NewReader(l.data), int64(len(l.data)))
			case "application/pdf":
				if !bytes.HasPrefix(l.data, []byte("%PDF-1.4\n")) || !bytes.HasSuffix(l.data, []byte("%%EOF\n")) {
					err = fmt.Errorf("no PDF: %q", head(l.data))
				}
			case "message/rfc822":
				_, err = mail.ReadMessage(bytes.NewReader(l.data))
			}
			if err != nil {
				t.Errorf("%s: %v", l.name, err)
			}
		}
	}
	for kind, least := range map[string]int{"text/plain": 4, "image/png": 3, "application/pdf": 6, "application/zip": 2, "application/ics": 3, "message/rfc822": 1} {
		if count[kind] < least {
			t.Errorf("%d attachments of %s, want at least %d", count[kind], kind, least)
		}
	}
}

func TestMessages_HoldListsThreadsAndInvitations(t *testing.T) {
	count := make(map[string]int)
	large := 0
	for _, m := range wellFormed() {
		header, leaves := open(t, m.Raw)
		for _, name := range []string{"List-Id", "List-Unsubscribe", "References"} {
			if header.Get(name) != "" {
				count[name]++
			}
		}
		for _, l := range leaves {
			count[l.kind]++
		}
		if len(m.Raw) > 1<<20 {
			large++
		}
	}
	for what, least := range map[string]int{"List-Id": 20, "List-Unsubscribe": 20, "References": 15, "text/html": 40, "text/calendar": 3} {
		if count[what] < least {
			t.Errorf("%s: %d, want at least %d", what, count[what], least)
		}
	}
	if large != 1 {
		t.Errorf("%d messages of more than a mebibyte, want 1", large)
	}
}

var (
	hosts    = regexp.MustCompile(`(?:@|://)([A-Za-z0-9.-]+)`)
	literals = regexp.MustCompile(`\[([0-9.]+)\]`)
	reserved = regexp.MustCompile(`^(?:.*\.)?(?:example|example\.(?:com|net|org))\.?$`)
)

func TestMessages_NameNobodysDomain(t *testing.T) {
	for _, m := range messages() {
		text := string(m.Raw)
		if m.Broken == "" {
			subject, body := readable(t, m.Raw)
			top, _, _ := strings.Cut(text, "\r\n\r\n")
			text = top + "\n" + subject + "\n" + body
		}
		for _, found := range hosts.FindAllStringSubmatch(text, -1) {
			if !reserved.MatchString(found[1]) {
				t.Errorf("%q is no reserved domain", found[1])
			}
		}
		for _, found := range literals.FindAllStringSubmatch(text, -1) {
			if !strings.HasPrefix(found[1], "198.51.100.") {
				t.Errorf("%s is not kept for documentation", found[1])
			}
		}
	}
}

func TestNeedles_StandInOneMessageEach(t *testing.T) {
	found := make(map[string]int)
	for _, m := range messages() {
		text := string(m.Raw)
		if m.Broken == "" {
			subject, body := readable(t, m.Raw)
			text = subject + "\n" + strings.Join(strings.Fields(body), " ")
			if strings.Contains(subject, sample.Needle) || strings.Contains(subject, sample.NeedleJa) {
				t.Errorf("a needle stands in the subject %q", subject)
			}
		}
		for _, needle := range append(strings.Fields(sample.Needle), sample.Needle, sample.NeedleJa) {
			if strings.Contains(text, needle) {
				found[needle]++
				if m.Train || m.Gold != "ham" {
					t.Errorf("%q stands in a message that is in no inbox", needle)
				}
			}
		}
	}
	for _, needle := range append(strings.Fields(sample.Needle), sample.Needle, sample.NeedleJa) {
		if found[needle] != 1 {
			t.Errorf("%q stands in %d messages, want 1", needle, found[needle])
		}
	}
}

func TestNeedleJa_StandsInRunningTextOfISO2022JP(t *testing.T) {
	for _, m := range wellFormed() {
		_, leaves := open(t, m.Raw)
		for _, l := range leaves {
			before, after, ok := strings.Cut(l.text, sample.NeedleJa)
			if !ok {
				continue
			}
			if l.charset != "ISO-2022-JP" {
				t.Errorf("charset %s, want ISO-2022-JP", l.charset)
			}
			if !strings.HasSuffix(before, "に") || !strings.HasPrefix(after, "が") {
				t.Errorf("the needle stands between %q and %q", before, after)
			}
			return
		}
	}
	t.Error("the Japanese needle stands nowhere")
}
