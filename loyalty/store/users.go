package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

const userColumns = `id, name, password_hash, role, lang, disabled, version, created_at, coalesce(last_sign_in_at, 0)`

// AddUser writes a new user with the audit row of it. A name that differs from
// another's only in case is CodeConflict.
func (s *Store) AddUser(ctx context.Context, u loyalty.User, row loyalty.AuditRow) (id int64, err error) {
	err = s.inTx(ctx, func(tx *txn) error {
		err = tx.QueryRowContext(ctx, `
			INSERT INTO app_user (name, name_key, password_hash, role, lang, created_at)
			VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
			u.Name, nameKey(u.Name), u.PasswordHash, u.Role, u.Lang, micros(u.CreatedAt)).Scan(&id)
		if uniqueViolation(err) {
			return &loyalty.Error{
				Code: loyalty.CodeConflict, Message: "there is a user of that name already",
				Hint: "choose another name, or set a new password: loyalsync user passwd",
			}
		}
		if err != nil {
			return storeError("add the user", err)
		}
		return appendAudit(ctx, tx, row)
	})
	return id, err
}

// UpdateUser changes a user and writes the audit row of it. A new password or a
// change of Disabled ends the user's sessions. No such user is CodeNotFound.
func (s *Store) UpdateUser(ctx context.Context, id int64, c loyalty.UserChange, row loyalty.AuditRow) error {
	var signedIn *int64
	if c.SignedInAt != nil {
		at := micros(*c.SignedInAt)
		signedIn = &at
	}
	ends := c.PasswordHash != nil || c.Disabled != nil
	return s.inTx(ctx, func(tx *txn) error {
		done, err := tx.ExecContext(ctx, `
			UPDATE app_user SET password_hash = coalesce($2, password_hash), disabled = coalesce($3, disabled),
			  last_sign_in_at = coalesce($4, last_sign_in_at), version = version + $5
			WHERE id = $1`, id, c.PasswordHash, c.Disabled, signedIn, ends)
		if err != nil {
			return storeError("change the user", err)
		}
		if n, err := done.RowsAffected(); err != nil {
			return storeError("change the user", err)
		} else if n == 0 {
			return noUser()
		}
		return appendAudit(ctx, tx, row)
	})
}

// User returns a user by ID; none is CodeNotFound.
func (s *Store) User(ctx context.Context, id int64) (loyalty.User, error) {
	return scanUser(s.readers.QueryRowContext(ctx, `SELECT `+userColumns+` FROM app_user WHERE id = $1`, id))
}

// UserByName returns a user by name, whatever its case; none is CodeNotFound.
func (s *Store) UserByName(ctx context.Context, name string) (loyalty.User, error) {
	return scanUser(s.readers.QueryRowContext(ctx, `SELECT `+userColumns+` FROM app_user WHERE name_key = $1`, nameKey(name)))
}

// Users lists all users by name.
func (s *Store) Users(ctx context.Context) (users []loyalty.User, err error) {
	rows, err := s.readers.QueryContext(ctx, `SELECT `+userColumns+` FROM app_user ORDER BY name_key`)
	if err != nil {
		return nil, storeError("list the users", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		u, err := scanUser(rows)
		if err != nil {
			return nil, err
		}
		users = append(users, u)
	}
	if err := rows.Err(); err != nil {
		return nil, storeError("list the users", err)
	}
	return users, nil
}

// AppendAudit writes one audit row.
func (s *Store) AppendAudit(ctx context.Context, row loyalty.AuditRow) error {
	return s.inTx(ctx, func(tx *txn) error { return appendAudit(ctx, tx, row) })
}

// AuditRows returns the newest audit rows with an ID below before, newest first;
// before 0 starts at the end.
func (s *Store) AuditRows(ctx context.Context, before int64, limit int) (list []loyalty.AuditRow, err error) {
	rows, err := s.readers.QueryContext(ctx, `
		SELECT id, at, actor, address, action, subject, before, after FROM audit
		WHERE CAST($1 AS BIGINT) = 0 OR id < $1 ORDER BY id DESC LIMIT CAST($2 AS BIGINT)`, before, limit)
	if err != nil {
		return nil, storeError("read the audit", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var a loyalty.AuditRow
		var at int64
		if err := rows.Scan(&a.ID, &at, &a.Actor, &a.Address, &a.Action, &a.Subject, &a.Before, &a.After); err != nil {
			return nil, storeError("read the audit", err)
		}
		a.At = instant(at)
		list = append(list, a)
	}
	if err := rows.Err(); err != nil {
		return nil, storeError("read the audit", err)
	}
	return list, nil
}

func appendAudit(ctx context.Context, tx *txn, a loyalty.AuditRow) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO audit (at, actor, address, action, subject, before, after) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		micros(a.At), a.Actor, a.Address, a.Action, a.Subject, a.Before, a.After)
	if err != nil {
		return storeError("write the audit", err)
	}
	return nil
}

// scanner is a row or the current one of rows.
type scanner interface{ Scan(dest ...any) error }

func scanUser(row scanner) (u loyalty.User, err error) {
	var created, signedIn int64
	err = row.Scan(&u.ID, &u.Name, &u.PasswordHash, &u.Role, &u.Lang, &u.Disabled, &u.Version, &created, &signedIn)
	if errors.Is(err, sql.ErrNoRows) {
		return u, noUser()
	}
	if err != nil {
		return u, storeError("read the user", err)
	}
	u.CreatedAt = instant(created)
	if signedIn != 0 {
		u.LastSignInAt = instant(signedIn)
	}
	return u, nil
}

func noUser() error {
	return &loyalty.Error{Code: loyalty.CodeNotFound, Message: "there is no such user", Hint: "see the users: loyalsync user list"}
}

// nameKey folds case in Go: SQLite's NOCASE knows only ASCII.
func nameKey(name string) string { return strings.ToLower(name) }

// Sessions keeps the sessions of signed-in users, in the shape that scs asks of
// a store. A session past its date is not found, and goes with the next write.
type Sessions struct{ store *Store }

// Sessions returns the store of sessions.
func (s *Store) Sessions() Sessions { return Sessions{s} }

// FindCtx returns the data of a session that has not expired.
func (s Sessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	err = s.store.readers.QueryRowContext(ctx, `SELECT data FROM session WHERE token = $1 AND expires_at > $2`,
		token, micros(s.store.cfg.Now())).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, storeError("read the session", err)
	}
	return data, true, nil
}

// CommitCtx writes a session and forgets the expired ones.
func (s Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return s.store.inTx(ctx, func(tx *txn) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM session WHERE expires_at <= $1`, micros(s.store.cfg.Now())); err != nil {
			return storeError("forget old sessions", err)
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO session (token, data, expires_at) VALUES ($1, $2, $3)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`,
			token, data, micros(expiry))
		if err != nil {
			return storeError("write the session", err)
		}
		return nil
	})
}

// DeleteCtx ends a session; one that does not exist is no error.
func (s Sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.store.inTx(ctx, func(tx *txn) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM session WHERE token = $1`, token); err != nil {
			return storeError("end the session", err)
		}
		return nil
	})
}

// Find, Commit and Delete are there because scs declares them; it calls the ones
// with a context.

// Find is FindCtx without a context.
func (s Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (s Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context.
func (s Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
