package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
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

// Places in the data folder.
func spoolDir(cfg *configs.Settings) string  { return filepath.Join(cfg.DataDir, "spool") }
func searchDir(cfg *configs.Settings) string { return filepath.Join(cfg.DataDir, "search") }
func tlsDir(cfg *configs.Settings) string    { return filepath.Join(cfg.DataDir, "tls") }
func acmeDir(cfg *configs.Settings) string   { return filepath.Join(cfg.DataDir, "acme") }
func lockPath(cfg *configs.Settings) string  { return filepath.Join(cfg.DataDir, "lock") }
func database(cfg *configs.Settings) string {
	if dsn := cfg.Storage.Database.Reveal(); dsn != "" {
		return dsn
	}
	return filepath.Join(cfg.DataDir, "restante.db")
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
	if err := makeDataDir(cfg); err != nil {
		return nil, err
	}
	if h.lock, err = lockData(cfg); err != nil {
		return nil, err
	}
	if err := finishRestore(cfg); err != nil {
		return nil, err
	}
	if err := emptySpool(cfg); err != nil {
		return nil, err
	}
	if h.secrets, err = archiveSecrets(cfg); err != nil {
		return nil, err
	}
	if h.store, err = record.Open(ctx, database(cfg), record.Options{}); err != nil {
		return nil, rescue("open the database", err)
	}
	if err := h.beginAnew(ctx); err != nil {
		return nil, err
	}
	if h.blobs, err = h.openSegments(ctx); err != nil {
		return nil, err
	}
	if h.archive, err = index.New(ctx, index.Options{Blobs: h.blobs, Eraser: h.blobs, Store: h.store, Search: savedBoxes{h}, Household: cfg.Filter.Household, Log: log, Replayed: replayed}); err != nil {
		return nil, err
	}
	if err := h.learn(ctx); err != nil {
		return nil, err
	}
	if h.keeper, err = backup.NewKeeper(cfg.Segments(), h.store, h.secrets.seal, log); err != nil {
		return nil, err
	}
	if h.catalogue, err = search.Open(searchDir(cfg), search.Options{Log: log, Unread: h.archive.Unread, Me: func(owner string) []string { return addressesOf(cfg, owner) }}); err != nil {
		return nil, fmt.Errorf("open the catalogue: %w", err)
	}
	h.people = newPeople(cfg, h.archive, log)
	if h.rules, err = loadRules(cfg.Filter.Rules, log); err != nil {
		return nil, err
	}
	for _, r := range cfg.Retention {
		if r.Rule != "" && !h.rules.Has(r.Rule) { // no fault: mail of long ago may have hit one of the time
			log.Warn("a retention rule names an evidence rule that is not there, so no new mail is let go by it", "rule", r.Rule)
		}
	}
	h.sorter = filter.New(filter.Options{
		HamCutoff: cfg.Filter.HamCutoff, SpamCutoff: cfg.Filter.SpamCutoff, TagSpam: cfg.Filter.Spam == "tag",
		Rules: h.rules, Models: h.archive, Wishes: h.archive, Shelf: h.archive, Log: log,
	})
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

// explainKey says what to do about a key that does not fit.
func explainKey(err error) error {
	if !errors.Is(err, blob.ErrKey) {
		return err
	}
	return fmt.Errorf("%w; set storage.key_file or storage.passphrase_file to what it was encrypted with", err)
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

// secrets are what the archive is encrypted with, if it is: the messages, and what
// only the database knows.
type secrets struct {
	key  []byte
	seal backup.Recipients
	open backup.Identities
}

// archiveSecrets reads them, and looks whether they are those of the archive that
// is there.
func archiveSecrets(cfg *configs.Settings) (s secrets, err error) {
	if s.key, err = archiveKey(cfg); err != nil {
		return s, explainKey(err)
	}
	if err := os.MkdirAll(cfg.Segments(), 0o700); err != nil {
		return s, fmt.Errorf("archive: %w", err)
	}
	if err := blob.CheckKey(cfg.Segments(), s.key); err != nil {
		return s, explainKey(fmt.Errorf("open the archive %s: %w", cfg.Segments(), err))
	}
	s.seal, s.open, err = backup.Shared(s.key)
	return s, err
}

// archiveKey gives what encrypts the messages; nil: nothing does.
func archiveKey(cfg *configs.Settings) ([]byte, error) {
	st := cfg.Storage
	if st.KeyFile != "" {
		return blob.ReadKey(st.KeyFile)
	}
	if st.PassphraseFile == "" {
		return nil, nil
	}
	phrase, err := st.ReadPassphrase()
	if err != nil {
		return nil, err
	}
	dir := cfg.Segments()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	key, err := blob.PassphraseKey(dir, []byte(phrase))
	if err != nil {
		return nil, fmt.Errorf("storage.passphrase_file: %w", err)
	}
	return key, nil
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

func makeDataDir(cfg *configs.Settings) error {
	for _, dir := range []string{cfg.DataDir, spoolDir(cfg), tlsDir(cfg)} {
		err := os.MkdirAll(dir, 0o700)
		switch {
		case errors.Is(err, fs.ErrPermission):
			return fmt.Errorf("data folder %s: permission denied; give it to the user that restante runs as, or set data_dir to another", dir)
		case err != nil:
			return fmt.Errorf("data folder: %w; set data_dir to a folder that can be written", err)
		}
	}
	return nil
}

// busyError says that another process has the data folder.
type busyError struct {
	dir, pid string
	why      error // it cannot be asked; nil: it does not answer
}

func (e *busyError) Error() string {
	text := fmt.Sprintf("the data folder %s is in use by another restante%s; stop that one first, or set another data_dir", e.dir, e.pid)
	if e.why != nil {
		text += fmt.Sprintf(" (it cannot be asked to do this itself: %v)", e.why)
	}
	return text
}

// lockData keeps a second process out of the data folder. The lock is the
// system's and goes with the process, however that ends.
func lockData(cfg *configs.Settings) (*flock.Flock, error) {
	l := flock.New(lockPath(cfg), flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w; it must be a folder that can be written, on a local disk", err)
	}
	if !ok {
		pid := ""
		if b, err := os.ReadFile(lockPath(cfg)); err == nil && len(b) > 0 {
			pid = " (process " + strings.TrimSpace(string(b)) + ")"
		}
		return nil, &busyError{dir: cfg.DataDir, pid: pid}
	}
	if err := os.WriteFile(lockPath(cfg), []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("data folder: %w; free some space, or make it writable", err), l.Close())
	}
	return l, nil
}

// emptySpool removes what an earlier process left behind: parcels that no
// archive took, and that their upstreams still have, and copies.
func emptySpool(cfg *configs.Settings) error {
	for _, name := range []string{"parcel-*", backup.SpoolPrefix + "*", "knowledge-*"} {
		old, err := filepath.Glob(filepath.Join(spoolDir(cfg), name))
		if err != nil {
			return err
		}
		for _, f := range old {
			if err := os.RemoveAll(f); err != nil {
				return fmt.Errorf("empty the spool: %w", err)
			}
		}
	}
	return nil
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
