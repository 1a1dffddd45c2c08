package pop3_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test/dovecot"
)

// traced gives a dialer and what its client says.
func traced() (*pop3.Dialer, *[]string) {
	var said []string
	return pop3.New(pop3.Options{Trace: func(string) pop3.Tracer {
		return func(from pop3.Side, line string) {
			if from == pop3.Client {
				said = append(said, line)
			}
		}
	}}), &said
}

func TestDovecot_LogsInByEveryWay(t *testing.T) {
	const token = "ya29.good-token"
	srv := dovecot.Start(t, dovecot.Options{
		Mechanisms: "plain login scram-sha-1 scram-sha-256 cram-md5 apop xoauth2 oauthbearer",
		Token:      token, Mail: knotty(3),
	})
	tokens := func(s string) func(*fetch.Account) {
		return func(a *fetch.Account) {
			a.Token = func(context.Context) (string, error) { return s, nil }
		}
	}
	for _, tt := range []struct {
		auth fetch.Auth
		way  string
		more func(*fetch.Account)
	}{
		{fetch.AuthAuto, "AUTH SCRAM-SHA-256", nil},
		{fetch.AuthSCRAM, "AUTH SCRAM-SHA-256", nil},
		{fetch.AuthSCRAM256, "AUTH SCRAM-SHA-256", nil},
		{fetch.AuthSCRAM1, "AUTH SCRAM-SHA-1", nil},
		{fetch.AuthPlain, "AUTH PLAIN", nil},
		{fetch.AuthLogin, "AUTH LOGIN", nil},
		{fetch.AuthUser, "USER user", nil},
		{fetch.AuthCRAMMD5, "AUTH CRAM-MD5", nil},
		{fetch.AuthAPOP, "APOP ***", nil},
		{fetch.AuthAuto, "AUTH OAUTHBEARER", tokens(token)},
		{fetch.AuthOAuthBearer, "AUTH OAUTHBEARER", tokens(token)},
		{fetch.AuthXOAUTH2, "AUTH XOAUTH2", tokens(token)},
	} {
		for _, mode := range []fetch.TLSMode{fetch.TLSStart, fetch.TLSImplicit} {
			t.Run(tt.way+" "+string(tt.auth)+" "+string(mode), func(t *testing.T) {
				t.Parallel() // each failure costs half a second
				a := srv.Account("a", "user", mode)
				a.Auth = tt.auth
				if tt.more != nil {
					tt.more(&a)
				}
				d, said := traced()
				m, err := d.Dial(t.Context(), a)
				if err != nil {
					t.Fatal(err)
				}
				if items := list(t, m); len(items) != 3 || !slices.Contains(*said, tt.way) {
					t.Errorf("%d items, said %q", len(items), *said)
				}
				if err := m.Quit(t.Context()); err != nil {
					t.Error(err)
				}

				const wrong = "wrong-horse"
				a.Password = password(wrong)
				if tt.more != nil {
					tokens(wrong)(&a)
				}
				_, err = d.Dial(t.Context(), a)
				if !errors.Is(err, fetch.ErrAuth) || strings.Contains(err.Error(), wrong) {
					t.Errorf("with a wrong secret: %v", err)
				}
				if tt.more != nil && !strings.Contains(err.Error(), "the token was refused (status ") {
					t.Errorf("of the token nothing is said in %v", err)
				}
			})
		}
	}
}

func TestDovecot_WantsToSeeACertificate(t *testing.T) {
	srv := dovecot.Start(t, dovecot.Options{ClientCert: true, Mail: knotty(1)})
	for _, mode := range []fetch.TLSMode{fetch.TLSStart, fetch.TLSImplicit} {
		a := srv.Account("a", "user", mode)
		m, err := pop3.New(pop3.Options{}).Dial(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Quit(t.Context()); err != nil {
			t.Error(err)
		}
		a.ClientCert = ""
		_, err = pop3.New(pop3.Options{}).Dial(t.Context(), a)
		if err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("without a certificate: %v", err)
		}
	}
}

func TestDovecot_IsReportedAsItIs(t *testing.T) {
	srv := dovecot.Start(t, dovecot.Options{Mechanisms: "plain scram-sha-256", Mail: knotty(5)})
	r, err := pop3.New(pop3.Options{}).Report(t.Context(), srv.Account("a", "user", fetch.TLSStart))
	if err != nil {
		t.Fatal(err)
	}
	if r.Login != "SCRAM-SHA-256" || r.Messages != 5 || r.UIDL != pop3.Works || r.TOP != pop3.Works || r.Pipelined != pop3.Works {
		t.Errorf("report is %+v", r)
	}
	if r.TLS == nil || r.TLS.Version != "TLS 1.3" || !slices.Contains(r.Greeted, "STLS") || !slices.Contains(r.Secured, "SASL PLAIN SCRAM-SHA-256") {
		t.Errorf("report is %+v", r)
	}
	// The certificate is made for a day.
	if want := []string{"its certificate is good for 0 more days only"}; !slices.Equal(r.Quirks, want) {
		t.Errorf("quirks are %q", r.Quirks)
	}
	if left := len(srv.Remaining("user")); left != 5 {
		t.Errorf("%d messages left", left)
	}
}
