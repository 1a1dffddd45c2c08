package record

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"restante/index"
)

const deviceFields = "id, owner, name, secret, mailboxes, dele, days, shown, made"

func scanDevice(scan func(...any) error) (d index.Device, err error) {
	var secret []byte
	var mailboxes string
	var made int64
	if err := scan(&d.ID, &d.Owner, &d.Name, &secret, &mailboxes, &d.Dele, &d.Days, &d.Shown, &made); err != nil {
		return d, err
	}
	if len(secret) != len(d.Secret) {
		return d, fmt.Errorf("device %d: secret of %d octets", d.ID, len(secret))
	}
	d.Secret, d.Made = [32]byte(secret), fromNanos(made)
	if err := json.Unmarshal([]byte(mailboxes), &d.Mailboxes); err != nil {
		return d, fmt.Errorf("device %d: mailboxes: %w", d.ID, err)
	}
	return d, nil
}

// AddDevice keeps a device, and hides from it what it is not shown at first. That
// is a row for each such message, so that one that comes into the view later, out
// of the quarantine perhaps, is listed however old it is.
func (d *DB) AddDevice(ctx context.Context, dev *index.Device) error {
	if err := dev.Check(); err != nil {
		return fmt.Errorf("add device: %w", err)
	}
	boxes, err := json.Marshal(dev.Mailboxes)
	if err != nil {
		return fmt.Errorf("add device: %w", err)
	}
	var id int64
	err = d.writeDear(ctx, func(ctx context.Context, tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `INSERT INTO devices (owner, name, secret, mailboxes, dele, days, shown, made)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (owner, name) DO NOTHING RETURNING id`,
			dev.Owner, dev.Name, dev.Secret[:], string(boxes), int64(dev.Dele), dev.Days, dev.Shown, nanos(dev.Made)).Scan(&id)
		if err == sql.ErrNoRows {
			return index.ErrExists
		}
		if err != nil || dev.Shown == index.AllMail {
			return err
		}
		until := int64(math.MaxInt64)
		if dev.Shown > 0 {
			until = nanos(dev.Made.Add(-time.Duration(dev.Shown) * 24 * time.Hour))
		}
		for _, box := range dev.Mailboxes {
			_, err := tx.ExecContext(ctx, `INSERT INTO hidden (device, mailbox, message) SELECT CAST($1 AS BIGINT), mailbox, id FROM messages
				WHERE owner = $2 AND mailbox = $3 AND listed IN (0, 1) AND received < $4`, id, dev.Owner, box, until)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		dev.ID = id
	}
	return d.explain("add device "+dev.Name, err)
}

// Devices gives an owner's devices, or everybody's, by owner and name.
func (d *DB) Devices(ctx context.Context, owner string) ([]index.Device, error) {
	if index.CheckText("", owner) != nil {
		return nil, nil
	}
	var all []index.Device
	err := d.read(ctx, func(scan func(...any) error) error {
		dev, err := scanDevice(scan)
		all = append(all, dev)
		return err
	}, "SELECT "+deviceFields+" FROM devices WHERE owner = $1 OR $1 = ''", owner)
	if err != nil {
		return nil, d.explain("read devices", err)
	}
	// Engines order text each in their own way.
	slices.SortFunc(all, func(a, b index.Device) int {
		return cmp.Or(cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Name, b.Name))
	})
	return all, nil
}

// DeviceOf gives the owner's device with a secret.
func (d *DB) DeviceOf(ctx context.Context, owner string, secret [32]byte) (index.Device, error) {
	if index.CheckText("", owner) != nil {
		return index.Device{}, fmt.Errorf("look for device: %w", index.ErrNotFound) // strangers send anything
	}
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	dev, err := scanDevice(d.row(ctx, "SELECT "+deviceFields+" FROM devices WHERE owner = $1 AND secret = $2", owner, secret[:]))
	if err != nil {
		return index.Device{}, d.explain("look for device", err)
	}
	return dev, nil
}

// RemoveDevice takes out a device, with what was hidden from its view and what was
// delivered to it again.
func (d *DB) RemoveDevice(ctx context.Context, owner, name string) error {
	if index.CheckText("", owner+name) != nil {
		return fmt.Errorf("remove device: %w", index.ErrNotFound)
	}
	return d.explain("remove device "+name, d.writeDear(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var id int64
		err := tx.QueryRowContext(ctx, "DELETE FROM devices WHERE owner = $1 AND name = $2 RETURNING id", owner, name).Scan(&id)
		if err != nil {
			return err // sql.ErrNoRows is ErrNotFound
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM hidden WHERE device = $1", id)
		if err == nil {
			_, err = tx.ExecContext(ctx, "DELETE FROM deliveries WHERE owner = $1 AND device = $2", owner, id)
		}
		return err
	}))
}

// holdDevice keeps a view's device from being removed before this transaction
// ends.
func holdDevice(ctx context.Context, tx *sql.Tx, v index.View) error {
	if v.Device == 0 {
		return nil
	}
	there, err := one(tx.ExecContext(ctx, "UPDATE devices SET name = name WHERE id = $1 AND owner = $2", v.Device, v.Owner))
	if err == nil && !there {
		err = fmt.Errorf("the device is not there any more: %w", index.ErrNotFound)
	}
	return err
}
