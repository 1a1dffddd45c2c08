package mail

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"restante/filter"
	"restante/filter/letter"
	"restante/filter/sender"
	"restante/index"
	"restante/serve/web"
)

// saidNames is how many names a notice tells.
const saidNames = 3

// named gives the address and the domain of who wrote a letter, as entries of the
// list of senders; both are empty where it cannot be one of them.
func named(l *letter.Letter) (address, domain string) {
	if len(l.From) == 0 {
		return "", ""
	}
	return entry(l.From[0].Addr)
}

func entry(addr string) (address, domain string) {
	address, err := sender.Fold(addr)
	if err != nil {
		return "", ""
	}
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return "", ""
	}
	return address, address[at+1:]
}

// judgeSenders allows or blocks who wrote messages, and teaches these.
func (p *pages) judgeSenders(c *web.Call, all []index.Message, do string) (deed, error) {
	do, domains := strings.CutSuffix(do, "-domain")
	blocked, class, key := do == "block", filter.Ham, "senders.allowed"
	if blocked {
		class, key = filter.Spam, "senders.blocked"
	}
	ms, err := p.materials(c, all)
	if err != nil {
		return deed{}, err
	}
	names, forget := chooseNames(ms, domains)
	if len(names) == 0 {
		return deed{}, &web.Fault{Status: http.StatusBadRequest, Key: "senders.none"}
	}
	keep := make([]sender.Sender, len(names))
	for i, n := range names {
		keep[i] = sender.Sender{Name: n, Blocked: blocked}
	}
	owner := c.Owner
	unset, back, err := p.Senders.ChangeSenders(c.Ctx(), owner, forget, keep)
	if errors.Is(err, index.ErrMany) {
		return deed{}, &web.Fault{Status: http.StatusBadRequest, Key: "senders.many"}
	}
	if err != nil {
		return deed{}, err
	}
	restore := func(ctx context.Context) error {
		_, _, err := p.Senders.ChangeSenders(ctx, owner, unset, back)
		return err
	}
	learnt, err := p.learn(c, all, ms, class)
	if err != nil {
		return deed{}, errors.Join(err, restore(context.WithoutCancel(c.Ctx())))
	}
	said := strings.Join(names[:min(len(names), saidNames)], ", ")
	if len(names) > saidNames {
		said += " …"
	}
	return deed{c.Lang.Count(key, int64(len(all)), said), func(ctx context.Context) error {
		return errors.Join(restore(ctx), learnt.undo(ctx))
	}}, nil
}

// chooseNames gives the senders of letters, or their domains, each once. An entry
// of an address is forgotten where its domain is named: it would speak louder.
func chooseNames(ms []index.Material, domains bool) (names, forget []string) {
	for _, m := range ms {
		for _, a := range m.Letter.From {
			address, domain := entry(a.Addr)
			name := address
			if domains {
				name = domain
			}
			if name == "" || slices.Contains(names, name) && !domains {
				continue
			}
			if domains && !slices.Contains(forget, address) {
				forget = append(forget, address)
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names, forget
}
