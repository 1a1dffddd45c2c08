package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/gofrs/flock"

	"restante/configs"
	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/schedule"
	"restante/filter"
	"restante/filter/rule"
	"restante/index"
	"restante/index/backup"
	"restante/index/blob"
	"restante/index/record"
	"restante/index/search"
	"restante/serve"
	"restante/serve/web/entry"
)

// house is everything, wired. This file is the one place that knows everybody.
type house struct {
	cfg       *configs.Settings
	log       *slog.Logger
	lock      *flock.Flock
	blobs     *blob.Log
	store     *record.DB
	archive   *index.Archive
	catalogue *search.Catalogue
	secrets   secrets
	rules     *rule.Set
	sorter    *filter.Sorter
	accounts  []fetch.Account
	fetcher   *fetch.Fetcher // one for all, so that no account ever has two rounds at once
	clock     *schedule.Runner
	upkeep    *schedule.Chores
	keeper    *backup.Keeper
	learnt    *record.Learnt             // nil: the rows were not made anew
	lost      []record.Lost              // messages that it was to learn of, and are missing
	ended     func(fetch.Summary, error) // nil, or told of each round; set before any
	rounds    rounds
	serving   bool // and answers the commands of others; set before any
	people    *people
	first     string      // address of the page that makes the first user, while serving; empty: there are users
	desk      *entry.Desk // nil: there are no pages
	porter    *porter     // nil: the doors were never opened
	acme      *serve.ACME // nil: no authority is asked for certificates
	taps      taps
	overheard overhearing
}

// open wires the house. What it opened is closed again when it fails.
func open(ctx context.Context, cfg *configs.Settings, log *slog.Logger) (*house, error) {
	return openTelling(ctx, cfg, log, nil)
}

// openTelling is open that tells how many rows it has made anew from the
// segments.
func openTelling(ctx context.Context, cfg *configs.Settings, log *slog.Logger, replayed func(messages int)) (_ *house, err error) {
	h := &house{cfg: cfg, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close(ctx))
		}
	}()
	if err := h.takeDataDir(); err != nil {
		return nil, err
	}
	if err := h.openArchive(ctx, replayed); err != nil {
		return nil, err
	}
	h.people = newPeople(cfg, h.archive, log)
	if err := h.openFilter(); err != nil {
		return nil, err
	}
	for _, a := range cfg.Accounts {
		h.accounts = append(h.accounts, account(a))
	}
	if h.clock, err = newClock(ctx, h); err != nil {
		return nil, err
	}
	if h.upkeep, err = newUpkeep(ctx, h); err != nil {
		return nil, err
	}
	return h, nil
}

// takeDataDir makes the data folder this process's, and finishes what an earlier
// one began there.
func (h *house) takeDataDir() (err error) {
	if err := makeDataDir(h.cfg); err != nil {
		return err
	}
	if h.lock, err = lockData(h.cfg); err != nil {
		return err
	}
	if err := finishRestore(h.cfg); err != nil {
		return err
	}
	return emptySpool(h.cfg)
}

// openArchive opens what keeps the mail: rows, segments, and the catalogue, which
// follows them.
func (h *house) openArchive(ctx context.Context, replayed func(messages int)) (err error) {
	if h.secrets, err = archiveSecrets(h.cfg); err != nil {
		return err
	}
	if h.store, err = record.Open(ctx, database(h.cfg), record.Options{}); err != nil {
		return rescue("open the database", err)
	}
	if err := h.beginAnew(ctx); err != nil {
		return err
	}
	if h.blobs, err = h.openSegments(ctx); err != nil {
		return err
	}
	h.archive, err = index.New(ctx, index.Options{
		Blobs: h.blobs, Eraser: h.blobs, Store: h.store, Search: savedBoxes{h},
		Household: h.cfg.Filter.Household, Log: h.log, Replayed: replayed,
	})
	if err != nil {
		return err
	}
	if err := h.learn(ctx); err != nil {
		return err
	}
	if h.keeper, err = backup.NewKeeper(h.cfg.Segments(), h.store, h.secrets.seal, h.log); err != nil {
		return err
	}
	h.catalogue, err = search.Open(searchDir(h.cfg), search.Options{
		Log: h.log, Unread: h.archive.Unread, Me: func(owner string) []string { return addressesOf(h.cfg, owner) },
	})
	if err != nil {
		return fmt.Errorf("open the catalogue: %w", err)
	}
	return nil
}

// openFilter makes what judges the mail and hands it to the archive.
func (h *house) openFilter() (err error) {
	if h.rules, err = loadRules(h.cfg.Filter.Rules, h.log); err != nil {
		return err
	}
	for _, r := range h.cfg.Retention {
		if r.Rule != "" && !h.rules.Has(r.Rule) { // no fault: mail of long ago may have hit one of the time
			h.log.Warn("a retention rule names an evidence rule that is not there, so no new mail is let go by it", "rule", r.Rule)
		}
	}
	h.sorter = filter.New(filter.Options{
		HamCutoff: h.cfg.Filter.HamCutoff, SpamCutoff: h.cfg.Filter.SpamCutoff, TagSpam: h.cfg.Filter.Spam == "tag",
		Rules: h.rules, Models: h.archive, Wishes: h.archive, Shelf: h.archive, Log: h.log,
	})
	return nil
}

// openSegments opens the log that the rows are of.
func (h *house) openSegments(ctx context.Context) (*blob.Log, error) {
	known, err := h.store.Position(ctx)
	if err != nil {
		return nil, err
	}
	return openLog(h.cfg, h.secrets.key, known, h.log)
}

// openLog opens the log, which must reach to where it was known.
func openLog(cfg *configs.Settings, key []byte, known blob.Position, log *slog.Logger) (*blob.Log, error) {
	dir := cfg.Segments()
	l, err := blob.Open(dir, blob.Options{Floor: known, MinFree: int64(cfg.Storage.MinFree), Key: key, Log: log})
	switch {
	case errors.Is(err, blob.ErrLocked):
		return nil, fmt.Errorf("the segments folder %s is in use by a restante with another data_dir; stop that one first, or set storage.blobs to another folder", dir)
	case errors.Is(err, blob.ErrBehind):
		return nil, fmt.Errorf("%w; put back the segments that belong in %s, or check storage.blobs; where they are lost, bring them back with restante restore, or have the database made anew of what is there with restante rebuild", err, dir)
	case err != nil:
		return nil, rescue("open the archive", err)
	}
	return l, nil
}

// addressesOf gives the addresses that a user's accounts sign in with.
func addressesOf(cfg *configs.Settings, owner string) (out []string) {
	for _, a := range cfg.Accounts {
		if a.User == owner && strings.Contains(a.Username, "@") {
			out = append(out, a.Username)
		}
	}
	return out
}

// checkOwners tells of accounts whose user is not there. It is asked before
// fetching, not at open: the user may be about to be added.
func (h *house) checkOwners(ctx context.Context) error {
	var errs []error
	err := h.cfg.CheckUsers(func(name string) bool {
		ok, err := h.people.known(ctx, name)
		errs = append(errs, err)
		return ok || err != nil
	})
	if trouble := errors.Join(errs...); trouble != nil {
		return trouble
	}
	return usage(err)
}

// close closes what is open, top of the stair first.
func (h *house) close(ctx context.Context) error {
	h.overheard.end(func(*trace) bool { return true })
	var errs []error
	if h.catalogue != nil {
		errs = append(errs, h.catalogue.Close())
	}
	if h.archive != nil {
		errs = append(errs, h.archive.Close(ctx))
	}
	if h.keeper != nil {
		errs = append(errs, h.keeper.Close(context.WithoutCancel(ctx)))
	}
	if h.store != nil {
		errs = append(errs, h.store.Close())
	}
	if h.blobs != nil {
		errs = append(errs, h.blobs.Close())
	}
	if h.lock != nil {
		errs = append(errs, h.lock.Close())
	}
	return errors.Join(errs...)
}

// watchRounds sets who is told of the rounds' progress. Before any round.
func (h *house) watchRounds(progress func(fetch.Progress)) {
	dialer := pop3.New(pop3.Options{Log: h.log, Quirks: h.store, Trace: h.taps.of})
	h.fetcher = fetch.New(fetch.Options{
		Dialer: dialer, LoginDelay: h.clock.Heard, Ledger: h.store, Sink: h.sorter, Notes: h.store, Deletions: h.store,
		Spool: spoolDir(h.cfg), Concurrency: h.cfg.Fetch.Concurrency, PerHost: h.cfg.Fetch.PerHost,
		Log: h.log, Progress: progress,
	})
}

// account turns the settings' account into the fetcher's.
func account(a configs.Account) fetch.Account {
	out := fetch.Account{
		Name: a.Name, Owner: a.User,
		Host: a.Host, Port: a.Port, TLS: fetch.TLSMode(a.TLS), CAFile: a.CAFile, Fingerprint: a.Fingerprint,
		ClientCert: a.ClientCertFile, ClientKey: a.ClientKeyFile, MinTLS: a.TLSMin,
		Proxy: a.Proxy.Reveal(), Source: a.SourceAddress,
		Auth: fetch.Auth(a.Auth), Username: a.Username,
		Schedule: a.Schedule, Keep: fetch.Keep{Delete: a.Keep.Delete, After: a.Keep.After},
		MaxSize: int64(a.MaxSize), HeadersOnly: a.Oversize == "headers", Newest: a.Order == "newest", Recent: a.Only == "recent",
		MostMessages: a.RoundMessages, MostBytes: int64(a.RoundSize),
	}
	if a.TokenSource == (configs.TokenSource{}) {
		out.Password = a.PasswordSource.Read
	} else {
		out.Token = a.TokenSource.Read
	}
	return out
}

// loadRules reads our own rules and the settings' files. What a file has that
// we cannot do is said and left out.
func loadRules(files []string, log *slog.Logger) (*rule.Set, error) {
	set := rule.Default()
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("rules: %w", err)
		}
		more, problems, err := rule.Parse(name, f)
		f.Close()
		if err != nil {
			return nil, usage(fmt.Errorf("rules: %w", err))
		}
		for _, p := range problems {
			log.Warn("a rule is left out", "rule", p.String())
		}
		set = rule.Merge(set, more)
	}
	return set, nil
}

// loudness is how much a command lets the log say.
type loudness int

const (
	quietly loudness = iota // warnings and errors: for commands
	aloud                   // what the settings say: for serving
)

func newLog(c configs.Log, w io.Writer, l loudness) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo // cannot be: the settings were checked
	}
	if l == quietly {
		level = max(level, slog.LevelWarn)
	}
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
