package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"restante/fetch/pop3/pop3test"
)

// A serving house does its chores, machines can read how it does, and the
// command tells people.
func TestServe_DoesItsChoresAndIsWatched(t *testing.T) {
	up := pop3test.New(t, pop3test.Options{Messages: [][]byte{letterAbout("apples")}})
	conf := settings(t, doors+upstreamAccount(up, "")+"upkeep: { verify: \"@every 1s\" }\nmonitor: { address: \"127.0.0.1:0\" }\n")
	p, _ := startServe(t, conf)
	p.await(`msg=round account=isp .*taken=1`)
	p.await(`msg=verify done="1 messages, `)
	at := p.await(`door=monitor address=(\S+)`)[1]

	get := func(path string) (int, string) {
		t.Helper()
		resp, err := http.Get("http://" + at + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
	var body string
	until(t, "the round to be written down, which is after it is logged", func() bool {
		_, body = get("/metrics")
		return strings.Contains(body, `restante_chore_ok{chore="verify"} 1`)
	})
	for _, line := range []string{
		`restante_account_state{account="isp",state="ok"} 1`, `restante_account_state{account="isp",state="retrying"} 0`,
		`restante_account_troubles{account="isp"} 0`, `restante_account_last_good_round_timestamp_seconds{account="isp"} `,
		`restante_chore_ok{chore="verify"} 1`, `restante_chore_last_good_timestamp_seconds{chore="verify"} `,
		`restante_catalogue_behind_changes `, `restante_archive_bytes `, `restante_archive_files `, `restante_build_info{version="`,
		`restante_readings_failed 0`,
	} {
		if !strings.Contains("\n"+body, "\n"+line) {
			t.Errorf("no line that begins with %q in\n%s", line, body)
		}
	}
	if status, _ := get("/readyz"); status != http.StatusOK {
		t.Errorf("/readyz: %d", status)
	}
	if out := do(t, conf, "chores"); !strings.Contains(out, "verify  20") || !strings.Contains(out, "1 messages, ") {
		t.Errorf("chores: %q", out)
	}
	if out := do(t, conf, "chores", "--json"); !strings.Contains(out, `"chore":"verify"`) || !strings.Contains(out, `"said":"1 messages, `) {
		t.Errorf("chores --json: %q", out)
	}
}
