package devices

import (
	"encoding/xml"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"restante/serve/web"
)

// hostName is what may stand as the name of this machine in a file for programs.
var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$|^[0-9A-Fa-f:.]{2,45}$`)

// host is the name by which the reader came, without the port; localhost where it is
// none.
func host(r *http.Request) string {
	name := r.Host
	if h, _, err := net.SplitHostPort(name); err == nil {
		name = h
	}
	if name = strings.Trim(name, "[]"); hostName.MatchString(name) {
		return name
	}
	return "localhost"
}

// clientConfig is Mozilla's file.
type clientConfig struct {
	XMLName  xml.Name `xml:"clientConfig"`
	Version  string   `xml:"version,attr"`
	Provider struct {
		ID      string `xml:"id,attr"`
		Domain  string `xml:"domain"`
		Name    string `xml:"displayName"`
		Short   string `xml:"displayShortName"`
		Servers []incomingServer
	} `xml:"emailProvider"`
}

type incomingServer struct {
	XMLName  xml.Name `xml:"incomingServer"`
	Type     string   `xml:"type,attr"`
	Host     string   `xml:"hostname"`
	Port     int      `xml:"port"`
	Socket   string   `xml:"socketType"`
	Auth     string   `xml:"authentication"`
	Username string   `xml:"username"`
}

func (p *pages) autoconfig(c *web.Call) error {
	if len(p.Doors) == 0 {
		return web.ErrNoPage
	}
	f := clientConfig{Version: "1.1"}
	f.Provider.ID, f.Provider.Domain = host(c.R), host(c.R)
	f.Provider.Name, f.Provider.Short = "restante", "restante"
	for _, d := range p.Doors {
		socket := "STARTTLS"
		if d.TLS {
			socket = "SSL"
		}
		f.Provider.Servers = append(f.Provider.Servers, incomingServer{
			Type: "pop3", Host: host(c.R), Port: d.Port, Socket: socket, Auth: "password-cleartext", Username: "%EMAILLOCALPART%",
		})
	}
	return answer(c, f)
}

// discovered is what Outlook wants to hear.
type discovered struct {
	XMLName  xml.Name `xml:"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006 Autodiscover"`
	Response struct {
		XMLName xml.Name `xml:"http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a Response"`
		Account struct {
			Type     string `xml:"AccountType"`
			Action   string `xml:"Action"`
			Protocol []protocol
		} `xml:"Account"`
	}
}

type protocol struct {
	XMLName xml.Name `xml:"Protocol"`
	Type    string   `xml:"Type"`
	Server  string   `xml:"Server"`
	Port    string   `xml:"Port"`
	Login   string   `xml:"LoginName,omitempty"`
	SSL     string   `xml:"SSL"`
	Crypt   string   `xml:"Encryption"`
	SPA     string   `xml:"SPA"`
	Auth    string   `xml:"AuthRequired"`
}

// askMost is how much of a question is read, in octets.
const askMost = 16 << 10

func (p *pages) autodiscover(c *web.Call) error {
	if len(p.Doors) == 0 {
		return web.ErrNoPage
	}
	var asked struct {
		Address string `xml:"Request>EMailAddress"`
	}
	// A question that cannot be read is answered all the same: only the login name
	// is missing in the answer.
	if err := xml.NewDecoder(io.LimitReader(c.R.Body, askMost)).Decode(&asked); err != nil {
		asked.Address = ""
	}
	login, _, _ := strings.Cut(asked.Address, "@")
	var f discovered
	f.Response.Account.Type, f.Response.Account.Action = "email", "settings"
	for _, d := range p.Doors {
		x := protocol{Type: "POP3", Server: host(c.R), Port: strconv.Itoa(d.Port), Login: login, SSL: "on", Crypt: "SSL", SPA: "off", Auth: "on"}
		if !d.TLS {
			x.Crypt = "TLS"
		}
		f.Response.Account.Protocol = append(f.Response.Account.Protocol, x)
	}
	return answer(c, f)
}

func answer(c *web.Call, file any) error {
	text, err := xml.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	c.W.Header().Set("Content-Type", "application/xml; charset=utf-8")
	_, err = c.Stream().Write(append([]byte(xml.Header), text...))
	return err
}
