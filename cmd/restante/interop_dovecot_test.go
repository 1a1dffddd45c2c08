package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"

	"restante/configs"
	"restante/fetch/corpora"
	"restante/fetch/pop3/pop3test/dovecot"
	"restante/index"
)

// A real upstream in each way of securing and both ways of keeping: the archive
// has every message once, and only keep 0 deletes.
func TestInterop_DovecotsMailIsKeptOnceByteForByte(t *testing.T) {
	t.Parallel()
	t.Run("corpus", func(t *testing.T) { fetchDovecot(t, corpora.Mail(t, "modern", 200)) })
	t.Run("sample", func(t *testing.T) { fetchDovecot(t, sampleMail()) })
}

func fetchDovecot(t *testing.T, mail [][]byte) {
	mail = unique(mail)
	var users []string
	for _, tls := range []string{"none", "starttls", "implicit"} {
		users = append(users, tls+"-keep", tls+"-delete")
	}
	up := dovecot.Start(t, dovecot.Options{Users: users})
	sent := map[string][][]byte{} // user → every sixth message
	for i, m := range mail {
		user := users[i%len(users)]
		sent[user] = append(sent[user], m)
	}
	var accounts strings.Builder
	accounts.WriteString("accounts:\n")
	for _, user := range users {
		up.Deliver(user, sent[user]...)
		tls, what, _ := strings.Cut(user, "-")
		keep := map[string]string{"keep": "forever", "delete": `"0"`}[what]
		accounts.WriteString(dovecotAccount(up, user, tls, "keep: "+keep+trust(t, up, tls)))
	}
	conf := settings(t, accounts.String())

	for _, r := range fetchRound(t, conf, len(users)) {
		n, deleted := len(sent[r.Account]), 0
		if strings.HasSuffix(r.Account, "-delete") {
			deleted = n
		}
		if r.Listed != n || r.Taken != n || r.Deleted != deleted || len(r.Failed) > 0 || r.Error != "" {
			t.Errorf("first round of %d messages: %+v", n, r)
		}
		if left := len(up.Remaining(r.Account)); left != n-deleted {
			t.Errorf("%s: %d of %d messages are left upstream", r.Account, left, n)
		}
	}
	for _, r := range fetchRound(t, conf, len(users)) {
		if r.New != 0 || r.Taken != 0 || r.Deleted != 0 || r.Error != "" {
			t.Errorf("second round: %+v", r)
		}
	}
	h := openHouse(t, conf)
	for _, user := range users {
		archiveHolds(t, h, user, sent[user])
	}
}

// Without ca_file and fingerprint the certificate is nobody's.
func TestInterop_DovecotIsNotTrustedUnasked(t *testing.T) {
	up := dovecot.Start(t, dovecot.Options{Users: []string{"one", "two"}, Mail: sampleMail()[:1]})
	conf := settings(t, "accounts:\n"+dovecotAccount(up, "one", "starttls", `keep: "0"`)+dovecotAccount(up, "two", "implicit", `keep: "0"`))
	ran := finish(t, program(conf, "fetch", "--json"))
	reports := readReports(t, ran.out)
	if ran.status != exitFailed || len(reports) != 2 {
		t.Errorf("exit status %d, %d rounds\n%s", ran.status, len(reports), ran.errOut)
	}
	for _, r := range reports {
		if r.Listed != 0 || r.Taken != 0 || !strings.Contains(r.Error, "certificate") {
			t.Errorf("%+v", r)
		}
	}
}

// A deletion counts when the upstream has answered QUIT: where that is cut off
// nothing is deleted and nothing is said to be, and the next round makes up for
// it without taking a message twice.
func TestInterop_DovecotKeepsItsMailWhenQuitNeverComes(t *testing.T) {
	t.Parallel()
	mail := unique(sampleMail())[:50]
	up := dovecot.Start(t, dovecot.Options{Mail: mail})
	between, direct := fmt.Sprintf("port: %d", beforeQuit(t, up.Plain)), fmt.Sprintf("port: %d", up.Plain)
	account := dovecotAccount(up, "user", "none", `keep: "0"`)
	conf := settings(t, "accounts:\n"+strings.Replace(account, direct, between, 1))
	ran := finish(t, program(conf, "fetch", "--json"))
	reports := readReports(t, ran.out)
	if len(reports) != 1 {
		t.Fatalf("%d rounds, want one\n%s", len(reports), ran.errOut)
	}
	r := reports[0]
	if ran.status != exitFailed || r.Taken != len(mail) || r.Deleted != 0 || !strings.Contains(r.Error, "quit") {
		t.Errorf("exit status %d, %+v", ran.status, r)
	}
	if left := len(up.Remaining("user")); left != len(mail) {
		t.Errorf("%d of %d messages are left upstream", left, len(mail))
	}
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, conf, strings.Replace(string(text), between, direct, 1))
	for _, r := range fetchRound(t, conf, 1) {
		if r.Taken != 0 || r.Deleted != len(mail) || r.Error != "" {
			t.Errorf("the round after: %+v", r)
		}
	}
	if left := len(up.Remaining("user")); left != 0 {
		t.Errorf("%d messages are left upstream", left)
	}
	archiveHolds(t, openHouse(t, conf), "user", mail)
}

// beforeQuit stands before an upstream and hangs up on both sides when the client
// says QUIT. It gives its port.
func beforeQuit(t *testing.T, upstream int) int {
	t.Helper()
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(func() {
		door.Close()
		running.Wait()
	})
	running.Go(func() {
		client, err := door.Accept()
		if err != nil {
			return // nobody came; the test says so
		}
		defer client.Close()
		up, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", upstream))
		if err != nil {
			t.Error(err)
			return
		}
		defer up.Close()
		running.Go(func() { io.Copy(client, up) })
		lines := bufio.NewReader(client)
		for {
			line, err := lines.ReadBytes('\n')
			if err != nil || bytes.EqualFold(bytes.TrimSpace(line), []byte("QUIT")) {
				return
			}
			if _, err := up.Write(line); err != nil {
				return
			}
		}
	})
	return door.Addr().(*net.TCPAddr).Port
}

// dovecotAccount is an entry of the settings' accounts.
func dovecotAccount(up *dovecot.Server, user, tls, more string) string {
	port := up.Plain
	if tls == "implicit" {
		port = up.TLS
	}
	return fmt.Sprintf("  - { name: %s, user: alice, host: 127.0.0.1, port: %d, tls: %s, username: %s, password: %q, %s }\n",
		user, port, tls, user, dovecot.Password, more)
}

// trust is how the certificate is known: by its file with STLS, and by its
// fingerprint with implicit TLS.
func trust(t *testing.T, up *dovecot.Server, tls string) string {
	t.Helper()
	switch tls {
	case "starttls":
		return fmt.Sprintf(", ca_file: %q", up.CAFile)
	case "implicit":
		text, err := os.ReadFile(up.CAFile)
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(text)
		sum := sha256.Sum256(block.Bytes)
		return fmt.Sprintf(", fingerprint: %q", "sha256:"+hex.EncodeToString(sum[:]))
	}
	return ""
}

// fetchRound runs a round of every account, of which there are n.
func fetchRound(t *testing.T, conf string, n int) []roundReport {
	t.Helper()
	reports := readReports(t, do(t, conf, "fetch", "--json"))
	if len(reports) != n {
		t.Errorf("%d rounds, want %d", len(reports), n)
	}
	return reports
}

func readReports(t *testing.T, text string) (reports []roundReport) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	for {
		var r roundReport
		err := dec.Decode(&r)
		if err == io.EOF {
			return reports
		}
		if err != nil {
			t.Fatal(err)
		}
		reports = append(reports, r)
	}
}

// archiveHolds wants these messages of the account in alice's archive, each once
// and as POP3 sends it.
func archiveHolds(t *testing.T, h *house, account string, mail [][]byte) {
	t.Helper()
	missing := map[string]bool{}
	for _, m := range mail {
		missing[string(wire(m))] = true
	}
	err := h.store.Each(t.Context(), func(m index.Message) error {
		if m.Account != account {
			return nil
		}
		r, err := h.archive.Open(t.Context(), "alice", m.ID)
		if err != nil {
			return err
		}
		defer r.Close()
		raw, err := io.ReadAll(r)
		if err == nil && !missing[string(raw)] {
			t.Errorf("%s: kept twice or never sent: %.200q", account, raw)
		}
		delete(missing, string(raw))
		return err
	})
	if err != nil || len(missing) > 0 {
		t.Errorf("%s: %d of %d messages are not in the archive; %v", account, len(missing), len(mail), err)
	}
}

// openHouse opens the house until the test ends.
func openHouse(t *testing.T, conf string) *house {
	t.Helper()
	cfg, err := configs.Load(conf, configs.Options{CheckSchedule: checkSchedule})
	if err != nil {
		t.Fatal(err)
	}
	h, err := open(t.Context(), cfg, newLog(cfg.Log, t.Output(), quietly))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}
