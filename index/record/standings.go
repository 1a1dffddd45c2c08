package record

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"restante/fetch/schedule"
	"restante/index"
)

var _ schedule.Book = (*DB)(nil)

// Standings gives how all accounts stand, by name. Those that the settings no
// longer have are among them.
func (d *DB) Standings(ctx context.Context) (map[string]schedule.Standing, error) {
	all := map[string]schedule.Standing{}
	err := d.read(ctx, func(scan func(...any) error) error {
		var account, text string
		var due int64
		if err := scan(&account, &due, &text); err != nil {
			return err
		}
		var s schedule.Standing
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			return fmt.Errorf("account %s: %w", account, err)
		}
		s.Due = fromNanos(due)
		all[account] = s
		return nil
	}, "SELECT account, due, standing FROM standings")
	if err != nil {
		return nil, d.explain("read standings", err)
	}
	return all, nil
}

// SetStanding replaces how an account stands. It survives a power cut.
func (d *DB) SetStanding(ctx context.Context, account string, s schedule.Standing) error {
	if err := index.CheckText("account", account); err != nil {
		return fmt.Errorf("write standing: %w", err)
	}
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write standing of %s: %w", account, err)
	}
	return d.explain("write standing of "+account, d.writeBeside(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO standings (account, due, standing) VALUES ($1, $2, $3)
			ON CONFLICT (account) DO UPDATE SET due = excluded.due, standing = excluded.standing`, account, nanos(s.Due), string(text))
		return err
	}))
}
