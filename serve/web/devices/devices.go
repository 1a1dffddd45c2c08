package devices

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"unicode/utf8"

	"restante/filter"
	"restante/index"
	"restante/serve/web"
	"restante/serve/web/qr"
)

//go:embed *.html
var files embed.FS

// Archive has the devices. *index.Archive is one.
type Archive interface {
	Devices(ctx context.Context, owner string) ([]index.Device, error)
	RemoveDevice(ctx context.Context, owner, name string) error
}

// Maker makes devices.
type Maker interface {
	// MakeDevice keeps a device and gives its app password; index.ErrExists where
	// the owner has one of the name.
	MakeDevice(ctx context.Context, d *index.Device) (password string, err error)
}

// Door is where mail programs come in.
type Door struct {
	Port int
	TLS  bool // from the first byte; else by STLS
}

// Options are what the pages stand on.
type Options struct {
	Archive Archive
	Maker   Maker
	Doors   []Door // the best first
}

type pages struct{ Options }

// Register has a server answer for devices.
func Register(s *web.Server, o Options) {
	p := &pages{o}
	s.Navigate(web.Entry{Path: "/devices", Key: "nav.devices"})
	s.Handle("GET /devices", p.list)
	s.Handle("POST /devices", p.add)
	s.Handle("POST /devices/remove", p.remove)
	s.HandleOpen("GET /mail/config-v1.1.xml", p.autoconfig)
	s.HandleOpen("GET /.well-known/autoconfig/mail/config-v1.1.xml", p.autoconfig)
	s.HandleOpen("POST /autodiscover/autodiscover.xml", p.autodiscover)
	s.HandleOpen("POST /Autodiscover/Autodiscover.xml", p.autodiscover)
}

var page = web.Parse(files, "devices.html")

// row is a device on the page.
type row struct {
	Name  string
	Boxes string
	Dele  string
	Made  string
}

// fresh is a device that was just made.
type fresh struct {
	Name, Password string
	Code           template.HTML
}

type data struct {
	Owner   string
	Host    string
	Doors   []Door
	Devices []row
	Fresh   *fresh
}

func (p *pages) list(c *web.Call) error { return p.show(c, nil) }

func (p *pages) show(c *web.Call, made *fresh) error {
	all, err := p.Archive.Devices(c.Ctx(), c.Owner)
	if err != nil {
		return err
	}
	d := &data{Owner: c.Owner, Host: host(c.R), Doors: p.Doors, Fresh: made}
	for _, x := range all {
		var boxes []string
		for _, name := range x.Mailboxes {
			boxes = append(boxes, web.BoxName(c.Lang, name))
		}
		d.Devices = append(d.Devices, row{x.Name, strings.Join(boxes, ", "), x.Dele.String(), c.Lang.Day(x.Made)})
	}
	return c.Page(page, c.Lang.Say("nav.devices"), d)
}

// nameMost is how long the name of a device may be, in signs.
const nameMost = 60

// add makes a device and shows its password, which no other page does: the answer
// to the form is the page itself, and is kept nowhere. Names of devices have no
// blanks, and people type them all the same.
func (p *pages) add(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	d := index.Device{Owner: c.Owner, Name: strings.Join(strings.Fields(form.Get("name")), "-"), Mailboxes: []string{filter.Inbox}, Shown: index.AllMail, Made: c.Now().UTC()}
	if form.Get("show") == "none" {
		d.Shown = 0
	}
	d.Dele, err = index.ParseDele(form.Get("delete"))
	if err != nil || d.Name == "" || utf8.RuneCountInString(d.Name) > nameMost || d.Check() != nil {
		return &web.Fault{Status: http.StatusBadRequest, Key: "devices.bad"}
	}
	password, err := p.Maker.MakeDevice(c.Ctx(), &d)
	if errors.Is(err, index.ErrExists) {
		return &web.Fault{Status: http.StatusConflict, Key: "devices.exists", Args: []any{d.Name}}
	}
	if err != nil {
		return err
	}
	made := &fresh{Name: d.Name, Password: password}
	if len(p.Doors) > 0 {
		if made.Code, err = qr.SVG(p.settings(c, password), c.Lang.Say("devices.code")); err != nil {
			return err
		}
	}
	return p.show(c, made)
}

// settings says in plain words what a mail program must know.
func (p *pages) settings(c *web.Call, password string) string {
	door, safe := p.Doors[0], "STARTTLS"
	if door.TLS {
		safe = "SSL/TLS"
	}
	return fmt.Sprintf("POP3 %s\nPort %d %s\n%s\n%s", host(c.R), door.Port, safe, c.Owner, password)
}

func (p *pages) remove(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	name := form.Get("name")
	if err := p.Archive.RemoveDevice(c.Ctx(), c.Owner, name); err != nil {
		return err
	}
	return c.Done("/devices", c.Lang.Say("devices.removed", name), nil)
}
