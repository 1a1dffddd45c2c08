package pop3_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

// tracer gives a dialer and the lines it shows, as "S +OK".
func tracer() (*pop3.Dialer, *[]string) {
	var lines []string
	return pop3.New(pop3.Options{Trace: func(string) pop3.Tracer {
		return func(from pop3.Side, line string) { lines = append(lines, string(from)+" "+line) }
	}}), &lines
}

func TestTrace_ShowsTheDialogueAndNoMail(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{Messages: letters(2), Faults: pop3test.Faults{Capa: []string{"UIDL", "PIPELINING"}, BadRetr: map[int]string{2: "conversion \x07failed"}}})
	d, lines := tracer()
	if err := use(t.Context(), d, srv.Account("a")); err != nil {
		t.Fatal(err)
	}
	sizes := []string{fmt.Sprint(len(letters(2)[0])), fmt.Sprint(len(letters(2)[1]))}
	capa := []string{"C CAPA", "S +OK", "S UIDL", "S PIPELINING", "S ."}
	want := slices.Concat([]string{"* connected to " + srv.Account("a").Address(), "S +OK pop3test ready"}, capa,
		[]string{"C USER user", "S +OK", "C PASS ***", "S +OK welcome", "C CAPA", "C LIST", "C UIDL"}, capa[1:],
		[]string{"S +OK", "S 1 " + sizes[0], "S 2 " + sizes[1], "S .", "S +OK", "S 1 uid000001", "S 2 uid000002", "S .",
			"C TOP 1 0", "S +OK", "S [50 octets]", "C RETR 1", "C RETR 2", "S +OK", "S [" + sizes[0] + " octets]", "S -ERR conversion failed",
			"C DELE 1", "S +OK", "C QUIT", "S +OK bye"})
	if !slices.Equal(*lines, want) {
		t.Errorf("shown\n%s\nwant\n%s", strings.Join(*lines, "\n"), strings.Join(want, "\n"))
	}
}

func TestTrace_ShowsTLSAndWhereAMessageBrokeOff(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{Messages: letters(1), TLS: fetch.TLSImplicit, Faults: pop3test.Faults{CutRetr: map[int]int{1: 20}}})
	d, lines := tracer()
	m, err := d.Dial(t.Context(), srv.Account("a"))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, err := retrieve(t.Context(), m, list(t, m)); err == nil {
		t.Error("a cut message was taken")
	}
	if tls := (*lines)[1]; !strings.HasPrefix(tls, "* TLS 1.3, TLS_") || !strings.HasSuffix(tls, ", certificate of CN=localhost, "+srv.Fingerprint()) {
		t.Errorf("of TLS it shows %q", tls)
	}
	if last := (*lines)[len(*lines)-1]; last != "S [20 octets] and no end" {
		t.Errorf("the last line is %q", last)
	}
}

// Whatever the way, and whatever the server repeats.
func TestTrace_NeverShowsASecret(t *testing.T) {
	const secret, token = "hunter2 with spaces", "ya29.hunter2"
	for auth, want := range map[fetch.Auth]string{
		fetch.AuthSCRAM: "***", fetch.AuthPlain: "***", fetch.AuthLogin: "***", fetch.AuthUser: "PASS ***",
		fetch.AuthCRAMMD5: "***", fetch.AuthAPOP: "APOP user ***", fetch.AuthXOAUTH2: "***", fetch.AuthOAuthBearer: "***",
	} {
		srv := pop3test.New(t, pop3test.Options{Password: secret, Token: token, TLS: fetch.TLSImplicit, Faults: pop3test.Faults{
			Greeting: "<1.2@h>", Capa: []string{everything + " OAUTHBEARER"}, Echo: true,
		}})
		a := srv.Account("a")
		a.Auth = auth
		d, lines := tracer()
		_, err := d.Dial(t.Context(), a)
		if err == nil {
			t.Fatalf("%s: logged in", auth)
		}
		shown := strings.Join(*lines, "\n")
		for _, text := range []string{shown, err.Error()} {
			if !strings.Contains(text, "did you say "+want+"?") || strings.Contains(text, "hunter2") {
				t.Errorf("%s: shown is\n%s", auth, text)
			}
		}
		if auth != fetch.AuthUser && auth != fetch.AuthAPOP && !strings.Contains(shown, "\nC ***\n") {
			t.Errorf("%s: shown is\n%s", auth, shown)
		}
	}
}
