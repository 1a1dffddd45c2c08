package record

import (
	"context"
	"database/sql"
	"time"
)

// Quirks calls each for what an account's server was seen to get wrong, in order
// of the quirks' names. It serves pop3.Options.
func (d *DB) Quirks(ctx context.Context, account string, each func(quirk string, strikes int, last time.Time)) error {
	return d.explain("read quirks of "+account, d.read(ctx, func(scan func(...any) error) error {
		var quirk string
		var strikes int
		var since int64
		err := scan(&quirk, &strikes, &since)
		if err == nil {
			each(quirk, strikes, fromNanos(since))
		}
		return err
	}, "SELECT quirk, strikes, since FROM quirks WHERE account = $1 ORDER BY quirk", account))
}

// SetQuirk keeps how often a quirk was met and when last; no strikes forget it.
// A power cut may undo it: it is met again then.
func (d *DB) SetQuirk(ctx context.Context, account, quirk string, strikes int, last time.Time) error {
	return d.explain("note a quirk of "+account, d.writeBeside(ctx, false, func(ctx context.Context, tx *sql.Tx) error {
		if strikes <= 0 {
			_, err := tx.ExecContext(ctx, "DELETE FROM quirks WHERE account = $1 AND quirk = $2", account, quirk)
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO quirks (account, quirk, strikes, since) VALUES ($1, $2, $3, $4)
			ON CONFLICT (account, quirk) DO UPDATE SET strikes = excluded.strikes, since = excluded.since`,
			account, quirk, int64(strikes), nanos(last))
		return err
	}))
}

// ForgetQuirks has an account's server taken for a good one again. It survives a
// power cut.
func (d *DB) ForgetQuirks(ctx context.Context, account string) error {
	return d.explain("forget quirks of "+account, d.writeBeside(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM quirks WHERE account = $1", account)
		return err
	}))
}
