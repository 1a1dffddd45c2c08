package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
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

	var body string
	until(t, "the round to be written down, which is after it is logged", func() bool {
		_, body = get(t, at, "/metrics")
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
	if status, _ := get(t, at, "/readyz"); status != http.StatusOK {
		t.Errorf("/readyz: %d", status)
	}
	if out := do(t, conf, "chores"); !strings.Contains(out, "verify  20") || !strings.Contains(out, "1 messages, ") {
		t.Errorf("chores: %q", out)
	}
	if out := do(t, conf, "chores", "--json"); !strings.Contains(out, `"chore":"verify"`) || !strings.Contains(out, `"said":"1 messages, `) {
		t.Errorf("chores --json: %q", out)
	}
}

// get asks a door of the house for a page.
func get(t *testing.T, at, path string) (status int, body string) {
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

// What rots in the catalogue of a serving house is found by itself, said in all
// places where somebody looks, and mended.
func TestServe_FindsWhatRotsInTheCatalogueAndMakesItAnew(t *testing.T) {
	t.Parallel()
	up := pop3test.New(t, pop3test.Options{Messages: [][]byte{letterAbout("apples")}})
	conf := settings(t, doors+upstreamAccount(up, "")+"upkeep: { verify: \"@every 1s\" }\nmonitor: { address: \"127.0.0.1:0\" }\n")
	p, _ := startServe(t, conf)
	p.await(`msg=verify done="1 messages, `)
	found := func() bool {
		return strings.HasSuffix(do(t, conf, "search", "--user", "alice", "apples"), "1 of 1\n")
	}
	until(t, "the mail to be found", found)
	files, err := filepath.Glob(filepath.Join(dataDir(conf), "search", "store", "*.zap"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		rotAt(t, name, 100)
	}
	p.await(`level=ERROR msg="a chore went wrong" chore=verify err="1 faults, the last: search: .*the checksum of .* is not that of its octets; it is made anew`)
	p.await(`level=ERROR msg="catalogue is damaged; moved aside, a new one is filled"`)
	until(t, "the mail to be found again", found)
	if out := do(t, conf, "index", "status"); !strings.Contains(out, "damaged, and moved aside: ") {
		t.Errorf("index status: %s", out)
	}
	_, body := get(t, p.await(`door=monitor address=(\S+)`)[1], "/metrics")
	if !strings.Contains(body, "\nrestante_catalogue_damaged_timestamp_seconds ") {
		t.Errorf("the metrics do not say when:\n%s", body)
	}
}

// rotAt changes an octet of a file.
func rotAt(t *testing.T, name string, at int64) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 0x40
	if _, err := f.WriteAt(b, at); err != nil {
		t.Fatal(err)
	}
}
