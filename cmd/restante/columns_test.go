package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestColumns_StandBelowEachOther(t *testing.T) {
	got := columns([][]string{{"a", "山田太郎", "x"}, {"bb", "Zoe\u0308", "y"}, {"c", "📎", "z"}})
	if want := "a   山田太郎  x\nbb  Zoe\u0308       y\nc   📎        z\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := columns(nil); got != "" {
		t.Errorf("no rows are %q", got)
	}
}

func TestCut_CountsColumnsAndLeavesNoOrders(t *testing.T) {
	for _, test := range []struct {
		in   string
		n    int
		want string
	}{
		{"heron", 5, "heron"}, {"heron", 4, "her…"}, {"東京都", 6, "東京都"}, {"東京都", 5, "東京…"}, {"東京都", 4, "東…"},
		{"a\x1b[2J\u009b1m\u202eb\r\n\x7fc", 20, "a[2J1mbc"}, {"", 3, ""}, {"Zoe\u0308", 3, "Zoe\u0308"},
	} {
		if got := cut(test.in, test.n); got != test.want {
			t.Errorf("cut(%q, %d) = %q, want %q", test.in, test.n, got, test.want)
		}
	}
}

// TestJSON_OrdersNoTerminal: a subject comes from a stranger, in JSON too.
func TestJSON_OrdersNoTerminal(t *testing.T) {
	const evil = "a\x1b[2J \u009b1m \u202e \x7f 東京 \U0001f4ce <b>"
	var out bytes.Buffer
	if err := (&env{out: &out}).json(map[string]string{"subject": evil}); err != nil {
		t.Fatal(err)
	}
	if i := strings.IndexFunc(strings.TrimSuffix(out.String(), "\n"), movesCursor); i >= 0 {
		t.Errorf("%q reaches the terminal", out.String()[i:])
	}
	var back map[string]string
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back["subject"] != evil {
		t.Errorf("%q is read back as %q, %v", out.String(), back["subject"], err)
	}
	if !strings.Contains(out.String(), "東京 \U0001f4ce <b>") {
		t.Errorf("%q hides what is plain", out.String())
	}
}
