package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"restante/cmd/restante/sample"
	"restante/fetch"
	"restante/fetch/pop3"
	"restante/filter"
	"restante/index/blob"
	"restante/index/search"
)

// caughtAtLeast is how much of the sample spam must be caught, in percent.
const caughtAtLeast = 90

// check counts what came out and, with --once, compares it with what went in:
// every message is downloaded through our own POP3 server.
func (d *demo) check(ctx context.Context) error {
	want := map[blob.Digest]string{} // digest → gold
	for _, m := range d.mail {
		if !m.Train {
			want[digest(wire(m.Raw))] = m.Gold
		}
	}
	caught, spam, lost := 0, 0, 0
	got := map[blob.Digest]bool{}
	var faults []error
	for _, mailbox := range []string{filter.Inbox, filter.Quarantine} {
		err := d.download(ctx, mailbox, func(served []byte) {
			sum := digest(strip(served))
			gold, ok := want[sum]
			switch {
			case !ok:
				faults = append(faults, fmt.Errorf("%s: a message that no sample account held, or with other bytes", mailbox))
			case got[sum]:
				faults = append(faults, fmt.Errorf("%s: a message twice", mailbox))
			case gold == "spam" && mailbox == filter.Quarantine:
				caught++
			case gold == "ham" && mailbox == filter.Quarantine:
				lost++
			}
			got[sum] = true
		})
		if err != nil {
			return fmt.Errorf("download %s through our own POP3 server: %w", mailbox, err)
		}
	}
	for _, gold := range want {
		if gold == "spam" {
			spam++
		}
	}
	if len(got) != len(want) {
		faults = append(faults, fmt.Errorf("%d messages came out, %d went in", len(got), len(want)))
	}
	if caught*100 < spam*caughtAtLeast || lost > 0 {
		faults = append(faults, fmt.Errorf("%d of %d spam caught, %d ham in the quarantine", caught, spam, lost))
	}
	for _, needle := range []string{sample.Needle, sample.NeedleJa} {
		if err := d.find(ctx, needle); err != nil {
			faults = append(faults, err)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	_, err := fmt.Fprintf(d.out, "Served again: %d messages, byte for byte as they were sent; %d of %d spam in the quarantine, no ham.\nFound: %q and %q.\n",
		len(got), caught, spam, sample.Needle, sample.NeedleJa)
	return err
}

// download gets a mailbox as any mail program would.
func (d *demo) download(ctx context.Context, mailbox string, each func([]byte)) error {
	host, port, err := hostPort(d.address("pop3"))
	if err != nil {
		return err
	}
	drop, err := pop3.New(pop3.Options{}).Dial(ctx, fetch.Account{
		Name: "demo", Host: host, Port: port, TLS: fetch.TLSNone,
		Username: demoUser + "+" + mailbox, Password: func(context.Context) (string, error) { return demoPassword, nil },
	})
	if err != nil {
		return err
	}
	defer drop.Close()
	items, err := drop.List(ctx)
	if err != nil {
		return err
	}
	err = drop.Retrieve(ctx, items, func(it fetch.Item, r io.Reader, err error) error {
		if err != nil {
			return err
		}
		b, err := io.ReadAll(r)
		if err == nil && int64(len(b)) != it.Size {
			err = fmt.Errorf("message %d has %d octets, LIST said %d", it.Num, len(b), it.Size)
		}
		if err == nil {
			each(b)
		}
		return err
	})
	if err != nil {
		return err
	}
	return drop.Quit(ctx)
}

func hostPort(address string) (string, int, error) {
	host, p, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	port, err := strconv.Atoi(p)
	return host, port, err
}

func (d *demo) find(ctx context.Context, needle string) error {
	q, err := search.Parse(`"`+needle+`"`, time.Now())
	if err != nil {
		return err
	}
	res, err := d.house.catalogue.Search(ctx, demoUser, q, search.Page{Limit: 10})
	if err == nil && len(res.Hits) != 1 {
		err = fmt.Errorf("%d messages found, want 1", len(res.Hits))
	}
	if err != nil {
		return fmt.Errorf("search %q: %w", needle, err)
	}
	return nil
}

// wire gives a message as POP3 sends it.
func wire(raw []byte) []byte {
	out := bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	if !bytes.HasSuffix(out, []byte("\n")) {
		out = append(out, "\r\n"...)
	}
	return out
}

// strip takes off the header fields that serving put above a message.
func strip(served []byte) []byte {
	_, rest, ok := bytes.Cut(served, []byte("\r\nX-Restante-Account:"))
	if !ok {
		return served
	}
	_, rest, _ = bytes.Cut(rest, []byte("\r\n"))
	return rest
}
