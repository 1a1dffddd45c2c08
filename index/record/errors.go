package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"

	"restante/index"
	"restante/index/blob"
)

// SQLite's primary result codes (https://sqlite.org/rescode.html).
const (
	liteBusy     = 5
	liteLocked   = 6
	liteReadOnly = 8
	liteIOErr    = 10
	liteCorrupt  = 11
	liteFull     = 13
	liteCantOpen = 14
	liteNotADB   = 26

	// Of liteIOErr: the file that readers share could not be made or grown, for which
	// room is taken before anything else.
	liteNoRoom = 10 | 19<<8
)

// explain says what was being done, and to the person who must mend it what to
// do. The cause stays in the chain; a full disk is syscall.ENOSPC, one that fails
// syscall.EIO, a damaged file blob.ErrDamaged, no row is index.ErrNotFound.
func (d *DB) explain(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		err = index.ErrNotFound
	case errors.Is(err, index.ErrNotFound), errors.Is(err, index.ErrExists):
	default:
		if advice, kind := d.advice(err); kind != nil {
			return fmt.Errorf("%s: database %s: %s: %w", doing, d.engine.where, advice, errors.Join(kind, err))
		} else if advice != "" {
			return fmt.Errorf("%s: database %s: %s: %w", doing, d.engine.where, advice, err)
		}
		return fmt.Errorf("%s: database %s: %w", doing, d.engine.where, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func (d *DB) advice(err error) (advice string, kind error) {
	var lite *sqlite.Error
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &lite) && lite.Code() == liteNoRoom:
		return "the disk is full; free some space", syscall.ENOSPC
	case errors.As(err, &lite):
		switch lite.Code() & 0xff {
		case liteBusy, liteLocked:
			return "another program keeps it locked; end that program", nil
		case liteReadOnly:
			return "it is read-only; make the file and its folder writable", nil
		case liteIOErr:
			return "the disk gave an error; see the system's log", syscall.EIO
		case liteCorrupt, liteNotADB:
			return "it is damaged; restante rebuild moves it aside and makes it anew from the archive", blob.ErrDamaged
		case liteFull:
			return "the disk is full; free some space", syscall.ENOSPC
		case liteCantOpen:
			return "it cannot be opened; its folder must exist and be writable", nil
		}
	case errors.As(err, &pg):
		switch pg.Code { // PostgreSQL manual, appendix A
		case "53100":
			return "the server's disk is full; free some space there", syscall.ENOSPC
		case "25006":
			return "the server is read-only, perhaps a standby; name the primary", nil
		case "42501":
			return "the user may not do this; grant it the schema", nil
		}
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %v", d.limit), nil
	}
	return "", nil
}

// A time in a row is as it is in the segment, from which the row is made anew.
func nanos(t time.Time) int64     { return blob.Nanos(t) }
func fromNanos(n int64) time.Time { return blob.FromNanos(n) }

// finite keeps numbers that neither JSON nor a NOT NULL column can hold from
// making a message impossible to keep.
func finite(f float64) float64 {
	switch {
	case math.IsNaN(f):
		return 0
	case math.IsInf(f, 1):
		return math.MaxFloat64
	case math.IsInf(f, -1):
		return -math.MaxFloat64
	}
	return f
}
