package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"restante/fetch"
)

// dryRun says what rounds would fetch and delete, and changes nothing.
func (e *env) dryRun(ctx context.Context, h *house, accounts []fetch.Account, asJSON bool) error {
	if e.house == nil {
		h.watchRounds(nil)
	}
	var wait sync.WaitGroup
	plans := make([]fetch.Plan, len(accounts))
	errs := make([]error, len(accounts))
	for i, a := range accounts {
		wait.Go(func() { plans[i], errs[i] = h.fetcher.Plan(ctx, a) })
	}
	wait.Wait()
	failed := 0
	for i, p := range plans {
		if errs[i] != nil {
			failed++
		}
		say := e.sayPlan
		if asJSON {
			say = e.jsonPlan
		}
		if err := say(p, errs[i]); err != nil {
			return err
		}
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case failed > 0:
		return fmt.Errorf("%d of %d accounts had trouble", failed, len(accounts))
	}
	return nil
}

// planReport is the JSON form of a plan.
type planReport struct {
	Account string        `json:"account"`
	Listed  int           `json:"listed"`
	Here    int           `json:"here"`
	Renamed int           `json:"renamed"`
	Left    int           `json:"left"`
	Fetch   []planMessage `json:"fetch"`
	Skip    []planMessage `json:"skip"`
	Delete  []planMessage `json:"delete_upstream"`
	Error   string        `json:"error,omitempty"`
}

type planMessage struct {
	Number    int       `json:"number"`
	UID       string    `json:"uid"`
	Size      int64     `json:"size"`
	Why       string    `json:"why"`
	Message   int64     `json:"message,omitzero"`
	FirstSeen time.Time `json:"first_seen,omitzero"`
}

func (e *env) jsonPlan(p fetch.Plan, err error) error {
	r := planReport{
		Account: p.Account, Listed: p.Listed, Here: p.Known, Renamed: p.Renamed, Left: p.Left,
		Fetch: planMessages(p.Fetch), Skip: planMessages(p.Skip), Delete: planMessages(p.Delete),
	}
	if err != nil {
		r.Error = err.Error()
	}
	return e.json(r)
}

func planMessages(all []fetch.Planned) []planMessage {
	out := make([]planMessage, 0, len(all))
	for _, p := range all {
		out = append(out, planMessage{Number: p.Num, UID: p.UID, Size: p.Size, Why: p.Why, Message: p.Message, FirstSeen: p.FirstSeen})
	}
	return out
}

// planLines bounds what is told to people of each part of a plan.
const planLines = 20

func (e *env) sayPlan(p fetch.Plan, err error) error {
	if err != nil {
		_, perr := fmt.Fprintf(e.out, "%s: no plan: %s\n", p.Account, strings.TrimPrefix(err.Error(), p.Account+": "))
		return perr
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d listed, %d here; would fetch %d, leave %d alone, and delete %d upstream", p.Account, p.Listed, p.Known, len(p.Fetch), len(p.Skip), len(p.Delete))
	if p.Left > 0 {
		fmt.Fprintf(&b, "; %d would wait for a later round", p.Left)
	}
	if p.Renamed > 0 {
		fmt.Fprintf(&b, "; %d are known again under new unique ids", p.Renamed)
	}
	b.WriteByte('\n')
	for _, part := range []struct {
		verb string
		all  []fetch.Planned
	}{{"fetch", p.Fetch}, {"leave", p.Skip}, {"delete", p.Delete}} {
		for _, m := range part.all[:min(len(part.all), planLines)] {
			fmt.Fprintf(&b, "  %-6s  %s: %s\n", part.verb, planName(m), m.Why)
		}
		if more := len(part.all) - planLines; more > 0 {
			fmt.Fprintf(&b, "  %-6s  and %d more; --json has all\n", part.verb, more)
		}
	}
	_, perr := fmt.Fprint(e.out, b.String())
	return perr
}

func planName(m fetch.Planned) string {
	name := fmt.Sprintf("number %d", m.Num)
	if m.UID != "" {
		name = fmt.Sprintf("%q", m.UID)
	}
	if m.Size >= 0 {
		name += ", " + size(m.Size)
	}
	if m.Message != 0 {
		name += fmt.Sprintf(", here as message %d", m.Message)
	}
	return name
}
