package rule_test

import (
	"slices"
	"testing"

	"restante/filter/letter"
	"restante/filter/rule"
)

func TestDefault_RulesHitWhatTheyAreFor(t *testing.T) {
	s := rule.Default()
	const head = "Date: Mon, 6 Jan 2025 10:00:00 +0000\nMessage-ID: <a@b.example>\nTo: me@home.example\n"
	for _, tt := range []struct{ want, msg string }{
		{"NO_DATE", "Subject: x\n\nx\n"},
		{"NO_MESSAGE_ID", "Subject: x\n\nx\n"},
		{"DATE_UNREADABLE", "Date: soon\n\nx\n"},
		{"DATE_FAR_OFF", "Received: from a by b; Mon, 1 Dec 2025 10:00:00 +0000\n" + head + "\nx\n"},
		{"FROM_NO_ADDRESS", head + "From: me\n\nx\n"},
		{"SUBJECT_CAPITALS", head + "Subject: YOU MUST READ THIS\n\nx\n"},
		{"REPLY_TO_FREEMAIL", head + "From: a@bank.example\nReply-To: b@gmail.com\n\nx\n"},
		{"NAME_OTHER_ADDRESS", head + "From: \"help@bank.com\" <a@b.net>\n\nx\n"},
		{"FAKE_ANSWER", head + "Subject: Re: your order\n\nx\n"},
		{"LINK_TEXT_LIES", head + "Content-Type: text/html\n\n<a href='http://evil.net/'>http://bank.com/</a>\n"},
		{"LINK_USER_NAME", head + "\nhttp://bank.com@evil.net/\n"},
		{"INVISIBLE_IN_WORDS", head + "Content-Type: text/plain; charset=utf-8\n\nv\u200bia\u200bgr\u200ba\n"},
		{"MIXED_SCRIPTS", head + "Subject: =?utf-8?q?P=D0=B0yp=D0=B0l?=\n\nx\n"},
		{"DANGEROUS_ATTACHMENT", head + "Content-Type: application/octet-stream; name=\"a.scr\"\nContent-Disposition: attachment\n\nx\n"},
		{"DOUBLE_EXTENSION", head + "Content-Type: application/octet-stream; name=\"a.pdf.exe\"\nContent-Disposition: attachment\n\nx\n"},
		{"PHRASE_ACCOUNT", head + "\nYour account will be suspended today\n"},
		{"PHRASE_PRIZE", head + "Content-Type: text/plain; charset=utf-8\n\nおめでとう、当選しました\n"},
		{"PHRASE_MONEY", head + "\nGeld verdienen von zu Hause\n"},
		{"LOGIN_CODE", head + "Subject: 482913 is your Example verification code\n\nx\n"},
		{"LOGIN_CODE", head + "\nYour one-time password is:\n\n482 913\n\nIt is good for ten minutes.\n"},
		{"LOGIN_CODE", head + "\nIhr Bestätigungscode lautet 4829\n"},
		{"LOGIN_CODE", head + "Content-Type: text/plain; charset=utf-8\n\n認証コード: 482913\n"},
		{"PARCEL_NOTICE", head + "\nGood news: your parcel is on its way.\n"},
		{"PARCEL_NOTICE", head + "\nTracking number: JD014600003812345678\n"},
		{"PARCEL_NOTICE", head + "\nIhre Sendung wurde heute zugestellt.\n"},
		{"IS_LIST", head + "List-Id: <l.example>\nList-Unsubscribe: <mailto:x@l.example>\n\nx\n"},
		{"IS_ANSWER", head + "Subject: Re: x\nReferences: <q@r>\n\nyes\n> a\n> b\n> c\n> d\n"},
	} {
		if got := hits(s, tt.msg); !slices.Contains(got, tt.want) {
			t.Errorf("%s is not among %v of %q", tt.want, got, tt.msg)
		}
	}
}

func TestDefault_NeverMakesPlainOrListMailSpam(t *testing.T) {
	for name, msg := range map[string]string{
		"a letter":     "Date: Mon, 6 Jan 2025 10:00:00 +0000\nMessage-ID: <a@b.example>\nFrom: Ada <ada@b.example>\nTo: me@home.example\nSubject: lunch?\n\nAt noon, as ever?\n",
		"a newsletter": "Date: Mon, 6 Jan 2025 10:00:00 +0000\nMessage-ID: <a@b.example>\nFrom: News <n@b.example>\nTo: me@home.example\nList-Id: <l.b.example>\nList-Unsubscribe: <mailto:x@b.example>\nSubject: OFFERS OF THE WEEK\nContent-Type: text/html\n\n<a href='http://click.b.example/1'>www.b.example</a> risk-free, act now\n",
	} {
		if points := total(rule.Default().Judge(letter.ReadBytes([]byte(msg)))); points >= 2 {
			t.Errorf("%s has %v points: %v", name, points, rule.Default().Judge(letter.ReadBytes([]byte(msg))))
		}
	}
}

// Retention may go by these: they say what a message is, and not that it is spam.
func TestDefault_SignsOfShortWorthWeighNothing(t *testing.T) {
	for msg, want := range map[string]int{
		"Subject: your verification code: 482913\n\nYour parcel is on its way.\n":                                       2,
		"Subject: lunch\n\nThe code on your card, 1234, is the pin of the old one. We order parcels of tea.\n":          0,
		"Subject: minutes\n\nThe security code of the building was discussed.\n\n2026\n\nPackage 1.2.3 was released.\n": 0,
	} {
		var sum float64
		named := 0
		for _, h := range rule.Default().Judge(letter.ReadBytes([]byte(msg))) {
			if h.Name == "LOGIN_CODE" || h.Name == "PARCEL_NOTICE" {
				sum += h.Score
				named++
			}
		}
		if sum > 0.01 || named != want {
			t.Errorf("%q gets %v points of %d signs; want %d", msg, sum, named, want)
		}
	}
}
