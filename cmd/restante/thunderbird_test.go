package main

import (
	"testing"

	"restante/fetch/corpora"
	"restante/serve/pop3d/clients"
)

// Thunderbird keeps what it has got by UIDL: what it gets once it must not get
// again.
func TestInterop_ThunderbirdDownloadsOnce(t *testing.T) {
	t.Parallel()
	mail := unique(corpora.Mail(t, "spamassassin", 60))
	conf := settings(t, doors)
	do(t, conf, "import", "--user", "alice", "--mailbox", "inbox", maildir(t, mail))
	p, drop := serveHeard(t, conf)
	profile := t.TempDir()
	first := clients.Thunderbird(t, drop, clients.TLS, profile)
	p.await(`msg="pop3 session" user=alice .* retr=60 `)
	again := clients.Thunderbird(t, drop, clients.STLS, profile)
	p.await(`msg="pop3 session" user=alice .* retr=0 `)
	var bare, want [][]byte
	for _, m := range first {
		bare = append(bare, added.ReplaceAll(m.Body, []byte("$1")))
	}
	for _, m := range mail {
		want = append(want, clients.InFolder(inASCII(t, m)))
	}
	clients.Compare(t, bare, want)
	clients.Compare(t, clients.Bodies(again), clients.Bodies(first))
}
