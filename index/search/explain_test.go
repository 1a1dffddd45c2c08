package search_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExplain_SaysWhatWasUnderstood(t *testing.T) {
	got := parse(t, `Invoice (from:ada OR "annual  report") -in:spam before:2024 on:2024-05 after:2w larger:5k inv* recieve~ 10:30 with:bob has:pdf has:link is:ham id:<x@y>`).Explain()
	want := []string{
		"all of these:",
		`  the word "invoice" anywhere in the message`,
		"  any of these:",
		`    the word "ada" in the name or address of the sender`,
		`    the phrase "annual report" anywhere in the message`,
		"  not this:",
		`    in the mailbox "spam"`,
		"  sent on 2023-12-31 or before (UTC)",
		"  sent from 2024-05-01 to 2024-05-31 (UTC)",
		"  sent on 2026-11-08 or after (UTC)",
		"  larger than 5120 octets",
		`  a word that begins with "inv" anywhere in the message`,
		`  a word like "recieve" anywhere in the message`,
		`  the words next to each other "10 30" anywhere in the message`,
		`  the word "bob" in the name or address of the sender, or in To or Cc`,
		"  with an attachment of the kind pdf",
		"  with a link",
		"  judged as ham",
		`  with the Message-ID "x@y"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Explain (-want +got):\n%s", diff)
	}
	got = parse(t, `from:me {to:me cc:ME with:me} from:"me" in:anywhere in:"anywhere"`).Explain()
	want = []string{
		"all of these:",
		"  sent by you: by an address that an account of yours signs in with",
		"  any of these:",
		"    to you, in To or Cc: by an address that an account of yours signs in with",
		"    to you, in Cc: by an address that an account of yours signs in with",
		"    sent by you or to you: by an address that an account of yours signs in with",
		`  the word "me" in the name or address of the sender`,
		"  in any mailbox",
		`  in the mailbox "anywhere"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Explain (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"all mail"}, parse(t, "").Explain()); diff != "" {
		t.Errorf("Explain of nothing:\n%s", diff)
	}
}
