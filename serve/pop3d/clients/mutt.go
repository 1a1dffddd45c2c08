package clients

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// mutt is a program for people, so it gets a terminal of tmux's and the keys that
// somebody would press: tag all, copy what is tagged, quit.
func mutt(t testing.TB, p place) {
	kept := filepath.Join(p.dir, "kept")
	for _, sub := range []string{"", "cur", "new", "tmp"} {
		if err := os.Mkdir(filepath.Join(kept, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	rc := p.config(t, "muttrc", "set pop_pass=\"%s\" pop_authenticators=\"plain:user\" ssl_ca_certificates_file=\"%s\"\n"+
		"set ssl_starttls=%s ssl_force_tls=%s\n"+
		"set mbox_type=Maildir confirmappend=no confirmcreate=no quit=yes delete=no move=no pop_delete=no sort=mailbox-order\n"+
		"set header_cache=\"\" message_cachedir=\"\" record=\"\" postponed=\"%s\"\n"+
		"push \"<tag-pattern>~A<enter><tag-prefix><copy-message><kill-line>%s<enter><quit>\"\n",
		p.Password, p.ca, p.pick("no", "yes", "no"), p.pick("no", "yes", "no"), filepath.Join(p.dir, "postponed"), kept)
	socket := filepath.Join(p.dir, "tmux")
	tmux := func(args ...string) []byte {
		return p.command(t, "tmux", append([]string{"-S", socket, "-f", "/dev/null"}, args...)...)
	}
	t.Cleanup(func() { // of no use once the server has ended with its last window
		if t.Failed() {
			screen, _ := exec.Command("tmux", "-S", socket, "capture-pane", "-p").Output()
			t.Logf("mutt's screen:\n%s", screen)
		}
		_ = exec.Command("tmux", "-S", socket, "kill-server").Run()
	})
	box := fmt.Sprintf("%s://%s@localhost:%s", p.pick("pop", "pop", "pops"), p.User, p.port)
	tmux("new-session", "-d", "-x", "100", "-y", "30",
		fmt.Sprintf("mutt -n -F '%s' -f '%s'; tmux -S '%s' wait-for -S over", rc, box, socket))
	tmux("wait-for", "over")
	for _, sub := range []string{"cur", "new"} {
		entries, err := os.ReadDir(filepath.Join(kept, sub))
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range entries { // their own names would be read as UIDLs
			if err := os.Rename(filepath.Join(kept, sub, e.Name()), filepath.Join(p.out, fmt.Sprint(sub, i))); err != nil {
				t.Fatal(err)
			}
		}
	}
}
