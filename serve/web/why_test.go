package web_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"restante/filter"
	"restante/filter/bayes"
	"restante/filter/letter"
	"restante/filter/rule"
	"restante/filter/sender"
	"restante/index"
	"restante/serve/web"
	"restante/serve/web/webtest"
	"restante/serve/web/words"
)

// owners are the reasons that the owner's own word gives.
func owners(t *testing.T) (all []filter.Reason) {
	t.Helper()
	h := webtest.New(t)
	s := filter.New(filter.Options{HamCutoff: .2, SpamCutoff: .9, Rules: &rule.Set{}, Models: h.Archive, Shelf: h.Archive})
	for _, x := range []struct {
		who    sender.Sender
		fields string
	}{
		{sender.Sender{Name: "a%d@shop.example"}, ""}, {sender.Sender{Name: "shop.example", Blocked: true}, ""},
		{sender.Sender{Name: "shop.example"}, "Authentication-Results: mx; dmarc=fail\r\n"},
	} {
		l := letter.ReadBytes([]byte(x.fields + "From: a%d@shop.example\r\n\r\nx\r\n"))
		all = append(all, s.Judge(l, bayes.New(), sender.List{x.who.Name: x.who}).Reasons[0])
	}
	return all
}

func TestWhy_KnowsWhatTheHouseSays(t *testing.T) {
	all := owners(t)
	for _, m := range regexp.MustCompile(`(?m)^describe (\S+)\s+(.+)$`).FindAllStringSubmatch(rule.Default().String(), -1) {
		all = append(all, filter.Reason{Name: m[1], Text: m[2]})
	}
	known := []string{"rule." + filter.TaughtReason, "rule." + filter.UnreadableReason}
	for _, r := range all {
		known = append(known, "rule."+r.Name)
		for _, l := range words.All() {
			text, ok := web.Why(l, r)
			if !ok || (text == r.Text) != (l.Code == "en") || strings.Contains(text, "%!") {
				t.Errorf("%s in %s: %q, %v", r.Name, l.Code, text, ok)
			}
			for _, v := range r.Values {
				if !strings.Contains(text, v) {
					t.Errorf("%s in %s is %q, and does not tell %q", r.Name, l.Code, text, v)
				}
			}
		}
	}
	if len(all) < 40 {
		t.Errorf("only %d rules are looked at", len(all))
	}
	for _, key := range words.ByCode("en").Keys() {
		if strings.HasPrefix(key, "rule.") && !slices.Contains(known, key) {
			t.Errorf("%s is said of no rule", key)
		}
	}
}

func TestWhy_LeavesOthersRulesAsTheyAre(t *testing.T) {
	for _, r := range []filter.Reason{{}, {Name: "MINE", Text: "my rule"}, {Name: "NO_DATE", Text: "my own words"}, {Name: "NO_DATE"}, {Name: "MINE", Text: "rule.MINE of mine"}, {Name: filter.BlockedReason, Text: "you block x.example"}} {
		if text, ok := web.Why(words.ByCode("de"), r); ok {
			t.Errorf("%+v is %q", r, text)
		}
	}
}

func TestPages_SayWhyInTheReadersLanguage(t *testing.T) {
	h := whole(t)
	id := h.Deliver("ada", "", "From: a@shop.example\nSubject: x\n\nx\n")
	m, err := h.Archive.Message(t.Context(), "ada", id)
	if err != nil {
		t.Fatal(err)
	}
	l, err := h.Archive.Letter(t.Context(), "ada", id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Archive.Teach(t.Context(), "ada", m.Digest, l, filter.Spam, index.Origin{By: index.ByClick}); err != nil {
		t.Fatal(err)
	}
	h.DeliverBy("ada", "other", "From: a@shop.example\nSubject: x\n\nx\n")
	if _, _, err := h.Archive.ChangeSenders(t.Context(), "ada", nil, []sender.Sender{{Name: "shop.example", Blocked: true}}); err != nil {
		t.Fatal(err)
	}
	h.Deliver("ada", "", "From: b@shop.example\nSubject: y\n\ny\n")
	h.CatchUp()
	h.Start()
	for code, want := range map[string][]string{
		"en": {"you judged this very message yourself", "you block shop.example", "SENDER_BLOCKED: you block shop.example", "NO_DATE: There is no Date,"},
		"de": {"Sie haben genau diese Nachricht selbst beurteilt", "Sie sperren shop.example", "SENDER_BLOCKED: Sie sperren shop.example", "NO_DATE: Das Date-Feld fehlt,"},
		"ja": {"このメールはあなたが自分で判定しました", "shop.exampleを拒否しています", "SENDER_BLOCKED: shop.exampleを拒否しています", "NO_DATE: どのメールソフトも書くDateがありません"},
	} {
		for path, want := range map[string][]string{"/mail?q=": want[:2], "/mail/3?show=why": want[2:], "/review?of=spam": want[2:3]} {
			r := h.Request("GET", "ada", path, nil)
			r.Header.Set("Accept-Language", code)
			body := h.Do(r).Body
			for _, w := range want {
				if !strings.Contains(body, w) {
					t.Errorf("%s in %s lacks %q", path, code, w)
				}
			}
		}
	}
}
