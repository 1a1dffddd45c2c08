package sender_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"restante/filter/letter"
	"restante/filter/sender"
)

func TestFold_GivesOneFormAndRefusesTheRest(t *testing.T) {
	for in, want := range map[string]string{
		" Ada@Example.ORG ": "ada@example.org", "example.org": "example.org", "@Example.org.": "example.org", "a@bücher.example": "a@xn--bcher-kva.example",
		"XN--bcher-kva.example": "xn--bcher-kva.example", "a.b@c@d.example": "a.b@c@d.example",
		"": "", "org": "", "a@": "", "a@org": "", "a b@example.org": "", "*.example.org": "", "a@example..org": "", "Ada <ada@example.org>": "", "@": "",
		strings.Repeat("x", 250) + "@example.org": "", "a@\nexample.org": "",
	} {
		got, err := sender.Fold(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("Fold(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestList_TellsItsEntriesByNameAndWhatTheyAre(t *testing.T) {
	var got []string
	for _, s := range list("!b.example", "ann@a.example", "a.example").ByName() {
		got = append(got, s.Name+" "+s.State())
	}
	if want := []string{"a.example allowed", "ann@a.example allowed", "b.example blocked"}; !slices.Equal(got, want) {
		t.Errorf("ByName = %q, want %q", got, want)
	}
}

func TestHolds_FindsAPieceOfAName(t *testing.T) {
	for name, texts := range map[string][2][]string{
		"ann@a.example":          {{"", "ANN", "n@a", " a.ex ", "@a.example"}, {"b", "example@"}},
		"nice.example":           {{"nice", "@nice"}, {"@ice", "a@nice"}},
		"xn--bcher-kva.example":  {{"Bücher", "xn--b", "@bü"}, {"bucher"}},
		"a@xn--fsq.xn--fsq.test": {{"a@例", "xn--fsq.test"}, {"a@例.test"}},
	} {
		for i, texts := range texts {
			for _, text := range texts {
				if got := (sender.Sender{Name: name}).Holds(text); got != (i == 0) {
					t.Errorf("%q in %s: %v", text, name, got)
				}
			}
		}
	}
}

func list(entries ...string) sender.List {
	l := sender.List{}
	for _, e := range entries {
		s := sender.Sender{Name: strings.TrimPrefix(e, "!"), Blocked: strings.HasPrefix(e, "!")}
		l[s.Name] = s
	}
	return l
}

func TestFind_TheNearestEntrySpeaks(t *testing.T) {
	l := list("!bad.example", "friend@bad.example", "good.bad.example", "!x@good.bad.example", "nice.example", "xn--bcher-kva.example")
	for from, want := range map[string]string{
		"spam@bad.example": "!bad.example", "spam@a.b.BAD.example": "!bad.example", "Friend@bad.example": "friend@bad.example",
		"a@good.bad.example": "good.bad.example", "X <x@Good.bad.example>": "!x@good.bad.example", "a@notbad.example": "", "a@bad.example.org": "",
		"a@nice.example, b@nice.example": "nice.example", "a@nice.example, b@other.example": "", "b@other.example, a@nice.example": "",
		"a@nice.example, b@bad.example": "!bad.example", "nobody": "", "<>": "", "a@bücher.example": "xn--bcher-kva.example",
	} {
		f, ok := l.Find(letter.ReadBytes([]byte("From: " + from + "\r\n\r\nx\r\n")))
		got := f.Sender.Name
		if f.Sender.Blocked {
			got = "!" + got
		}
		if got != want || ok != (want != "") || f.Refuted {
			t.Errorf("from %s: %q, %v; want %q", from, got, f, want)
		}
	}
	if _, ok := sender.List(nil).Find(&letter.Letter{}); ok {
		t.Error("no list says something")
	}
}

func TestFind_WhatTheProviderRefutedIsNotAllowed(t *testing.T) {
	l := list("nice.example")
	for name, tt := range map[string]struct{ fields, by string }{
		"nothing said":         {"", ""},
		"none":                 {"Authentication-Results: mx.isp.example; none\r\n", ""},
		"passed":               {"Authentication-Results: mx.isp.example; dmarc=pass header.from=nice.example\r\n", ""},
		"failed":               {"Authentication-Results: mx.isp.example;\r\n\tspf=pass smtp.mailfrom=evil.example; dmarc=fail (p=none; dis=none) header.from=nice.example\r\n", "dmarc=fail"},
		"spf failed":           {"Authentication-Results: mx.isp.example; spf=softfail smtp.mailfrom=a@nice.example; dkim=none\r\n", "spf=softfail"},
		"spf failed, dkim not": {"Authentication-Results: mx.isp.example; spf=fail smtp.mailfrom=a@list.example; dkim=pass header.d=mail.nice.example\r\n", ""},
		"proof of another":     {"Authentication-Results: mx.isp.example; spf=fail smtp.mailfrom=nice.example; dkim=pass header.d=evil.example\r\n", "spf=fail"},
		"dkim failed":          {"Authentication-Results: mx.isp.example 1; dkim/1=fail reason=\"a;b c\" header.i=@nice.example\r\n", "dkim=fail"},
		"spf passed":           {"Authentication-Results: mx.isp.example; dkim=fail header.d=nice.example; spf=pass smtp.mailfrom=nice.example\r\n", ""},
		"in a comment":         {"Authentication-Results: mx.isp.example (dmarc=fail; dmarc=fail); dmarc=temperror\r\n", ""},
		"two of the provider":  {"Authentication-Results: mx.isp.example; spf=pass smtp.mailfrom=x.example\r\nAuthentication-Results: mx.isp.example; dmarc=fail\r\n", "dmarc=fail"},
		"one of the forger":    {"Authentication-Results: mx.isp.example; dmarc=fail\r\nAuthentication-Results: other.example; dmarc=pass\r\n", "dmarc=fail"},
		"one from before":      {"Authentication-Results: mx.isp.example; dmarc=pass\r\nAuthentication-Results: other.example; dmarc=fail\r\n", ""},
		"rubbish":              {"Authentication-Results: ;;;=;(;\\\r\n", ""},
	} {
		f, ok := l.Find(letter.ReadBytes([]byte(tt.fields + "From: a@nice.example\r\n\r\nx\r\n")))
		if !ok || f.By != tt.by || f.Refuted != (tt.by != "") {
			t.Errorf("%s: %+v, %v; want %q", name, f, ok, tt.by)
		}
	}
}

func TestFold_OfAFoldedNameChangesNothing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		in := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-zA-Z.ü+]{0,8}@?[a-zA-Z0-9.ßü-]{1,20}\.[a-z]{2,4}`)).Draw(r, "name")
		once, err := sender.Fold(in)
		if err != nil {
			return
		}
		if twice, err := sender.Fold(once); twice != once || err != nil {
			r.Fatalf("Fold(%q) = %q, and then %q, %v", in, once, twice, err)
		}
		if _, ok := list(once).Find(&letter.Letter{From: []letter.Address{{Addr: strings.Replace("x@"+once, "x@"+once, map[bool]string{true: once, false: "x@" + once}[strings.Contains(once, "@")], 1)}}}); !ok {
			r.Fatalf("%q does not find itself", once)
		}
	})
}
