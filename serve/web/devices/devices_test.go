package devices_test

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"restante/index"
	"restante/serve/auth"
	"restante/serve/web/devices"
	"restante/serve/web/webtest"
)

// maker makes devices as the house does.
type maker struct{ *index.Archive }

func (m maker) MakeDevice(ctx context.Context, d *index.Device) (string, error) {
	password := auth.NewAppPassword()
	d.Secret, _ = auth.AppSecret(d.Owner, password)
	return password, m.AddDevice(ctx, d)
}

func house(t *testing.T) *webtest.House {
	t.Helper()
	h := webtest.New(t)
	devices.Register(h.Web, devices.Options{Archive: h.Archive, Maker: maker{h.Archive}, Doors: []devices.Door{{Port: 995, TLS: true}, {Port: 110}}})
	h.Start()
	return h
}

func TestDevices_AreMadeAndRevoked(t *testing.T) {
	h := house(t)
	form := url.Values{"name": {" Ada's  <phone> "}, "show": {"all"}, "delete": {"trash"}}
	r := h.Post("ada", "/devices", form)
	for _, want := range []string{"Password for Ada&#39;s-&lt;phone&gt;", `<code class="secret">`, `<svg class="qr"`, "995, SSL/TLS", "110, STARTTLS", "127.0.0.1", "trash", "Lists Inbox."} {
		if !strings.Contains(r.Body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	_, rest, _ := strings.Cut(r.Body, `<code class="secret">`)
	password, _, _ := strings.Cut(rest, "<")
	secret, ok := auth.AppSecret("ada", password)
	if !ok {
		t.Fatalf("%q is no password", password)
	}
	if d, err := h.Archive.DeviceOf(t.Context(), "ada", secret); err != nil || d.Dele != index.DeleTrash {
		t.Errorf("the password opens %+v, %v", d, err)
	}
	if strings.Contains(h.Get("ada", "/devices").Body, password) {
		t.Error("the password is shown twice")
	}
	if r := h.Post("ada", "/devices", form); r.Status != http.StatusConflict {
		t.Errorf("the same name again: %d", r.Status)
	}
	for _, bad := range []url.Values{{"name": {" "}, "delete": {"hide"}}, {"name": {"x"}, "delete": {"burn"}}, {"name": {strings.Repeat("x", 61)}, "delete": {"hide"}}, {"name": {"a\x00b"}, "delete": {"hide"}}} {
		if r := h.Post("ada", "/devices", bad); r.Status != http.StatusBadRequest {
			t.Errorf("%q: %d", bad, r.Status)
		}
	}
	gone := url.Values{"name": {"Ada's-<phone>"}}
	if r := h.Post("eve", "/devices/remove", gone); r.Status != http.StatusNotFound {
		t.Errorf("another revokes it: %d", r.Status)
	}
	if r := h.Post("ada", "/devices/remove", gone); !strings.Contains(r.Body, "is revoked") || !strings.Contains(r.Body, "None yet") {
		t.Errorf("after it was revoked: %s", r.Body)
	}
	if _, err := h.Archive.DeviceOf(t.Context(), "ada", secret); err == nil {
		t.Error("the password still opens")
	}
}

func TestAuto_TellsProgramsTheirSettings(t *testing.T) {
	h := house(t)
	for _, path := range []string{"/mail/config-v1.1.xml", "/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=a@b"} {
		r := h.Get("", path)
		var got struct {
			Servers []struct {
				Type   string `xml:"type,attr"`
				Host   string `xml:"hostname"`
				Port   int    `xml:"port"`
				Socket string `xml:"socketType"`
			} `xml:"emailProvider>incomingServer"`
		}
		if err := xml.Unmarshal([]byte(r.Body), &got); err != nil || len(got.Servers) != 2 || got.Servers[0].Port != 995 || got.Servers[0].Socket != "SSL" || got.Servers[1].Socket != "STARTTLS" || got.Servers[0].Host != "127.0.0.1" || got.Servers[0].Type != "pop3" {
			t.Errorf("%s: %v\n%s", path, err, r.Body)
		}
	}
	for ask, login := range map[string]string{
		`<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request><EMailAddress>ada@example.org</EMailAddress></Request></Autodiscover>`: "<LoginName>ada</LoginName>",
		"<nonsense": "<Type>POP3</Type>", "": "<Port>995</Port>",
	} {
		req, err := http.NewRequest(http.MethodPost, h.URL+"/autodiscover/autodiscover.xml", strings.NewReader(ask))
		if err != nil {
			t.Fatal(err)
		}
		if r := h.Do(req); r.Status != http.StatusOK || !strings.Contains(r.Body, login) || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/xml") {
			t.Errorf("%q: %d %s", ask, r.Status, r.Body)
		}
	}
	req, err := http.NewRequest(http.MethodGet, h.URL+"/mail/config-v1.1.xml", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "a<b>.example"
	if r := h.Do(req); r.Status == http.StatusOK && !strings.Contains(r.Body, "<hostname>localhost</hostname>") {
		t.Errorf("a host that is none: %s", r.Body)
	}
}
