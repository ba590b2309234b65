package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// RaiseAlert remembers that a person is to be told, once for a kind and subject
// until it is cured.
func (s *Store) RaiseAlert(ctx context.Context, a loyalty.Alert) error {
	now := micros(s.cfg.Now())
	_, err := s.exec(ctx, `INSERT INTO alert_state (kind, subject, message, hint, since, next_try) VALUES ($1, $2, $3, $4, $5, $5)
		ON CONFLICT (kind, subject) DO UPDATE SET cured = 0, message = excluded.message, hint = excluded.hint, since = excluded.since,
		pending = 1, tries = 0, next_try = excluded.next_try WHERE alert_state.cured = 1`, a.Kind, a.Subject, a.Message, a.Hint, now)
	if err != nil {
		return storeError("raise an alert", err)
	}
	return nil
}

// CureAlert remembers that what was told is over. What nobody was told yet is
// forgotten; what was not raised stays so.
func (s *Store) CureAlert(ctx context.Context, kind loyalty.AlertKind, subject string) error {
	if _, err := s.exec(ctx, `DELETE FROM alert_state WHERE kind = $1 AND subject = $2 AND cured = 0 AND pending = 1`, kind, subject); err != nil {
		return storeError("cure an alert", err)
	}
	if _, err := s.exec(ctx, `UPDATE alert_state SET cured = 1, pending = 1, tries = 0, since = $1, next_try = $1
		WHERE kind = $2 AND subject = $3 AND cured = 0`, micros(s.cfg.Now()), kind, subject); err != nil {
		return storeError("cure an alert", err)
	}
	return nil
}

// DueAlerts returns what is to be sent now, oldest first.
func (s *Store) DueAlerts(ctx context.Context) ([]loyalty.Alert, error) {
	rows, err := s.readers.QueryContext(ctx, `SELECT `+alertColumns+` FROM alert_state WHERE pending = 1 AND next_try <= $1
		ORDER BY since, kind, subject`, micros(s.cfg.Now()))
	return scanAlerts(rows, err)
}

// Alerts returns everything that a person was or is to be told and that is not
// cured, oldest first.
func (s *Store) Alerts(ctx context.Context) ([]loyalty.Alert, error) {
	rows, err := s.readers.QueryContext(ctx, `SELECT `+alertColumns+` FROM alert_state WHERE cured = 0 ORDER BY since, kind, subject`)
	return scanAlerts(rows, err)
}

const alertColumns = `kind, subject, cured, message, hint, since, tries`

func scanAlerts(rows *sql.Rows, err error) ([]loyalty.Alert, error) {
	if err != nil {
		return nil, storeError("read the alerts", err)
	}
	defer func() { _ = rows.Close() }()
	var out []loyalty.Alert
	for rows.Next() {
		var (
			a  loyalty.Alert
			at int64
		)
		if err := rows.Scan(&a.Kind, &a.Subject, &a.Cured, &a.Message, &a.Hint, &at, &a.Tries); err != nil {
			return nil, storeError("read the alerts", err)
		}
		a.At = instant(at)
		out = append(out, a)
	}
	if err := rows.Err(); err != nil {
		return nil, storeError("read the alerts", err)
	}
	return out, nil
}

// AlertSent remembers that an alert arrived. One that changed meanwhile is still
// to be sent.
func (s *Store) AlertSent(ctx context.Context, a loyalty.Alert) error {
	if _, err := s.exec(ctx, `UPDATE alert_state SET pending = 0 WHERE kind = $1 AND subject = $2 AND cured = $3 AND since = $4`,
		a.Kind, a.Subject, a.Cured, micros(a.At)); err != nil {
		return storeError("note a sent alert", err)
	}
	if _, err := s.exec(ctx, `DELETE FROM alert_state WHERE cured = 1 AND pending = 0`); err != nil {
		return storeError("note a sent alert", err)
	}
	return nil
}

// AlertDelayed puts a failed alert off until an instant.
func (s *Store) AlertDelayed(ctx context.Context, a loyalty.Alert, until time.Time) error {
	if _, err := s.exec(ctx, `UPDATE alert_state SET tries = tries + 1, next_try = $1 WHERE kind = $2 AND subject = $3 AND pending = 1`,
		micros(until), a.Kind, a.Subject); err != nil {
		return storeError("put an alert off", err)
	}
	return nil
}
