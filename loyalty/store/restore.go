package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Restoration is what Restore did.
type Restoration struct {
	Kept  string // the copy of the store that was there; "" when there was none
	Epoch int64  // that the store is in now
	Proof loyalty.Proof
}

// Restore puts a copy of a store in place of the one of cfg, which is kept beside.
// The copy is proved before, an older schema is brought up to date, and the store
// starts a new epoch: see beginEpoch. The file itself is not changed.
//
// A store that somebody works with is CodeAction, a file that is no sound store of a
// known schema CodeInvalid. In PostgreSQL the database must be empty, so that the one
// before stays as it is: CodeConflict otherwise. Until the last step, which is whole
// or not done, nothing has changed; so after an error too.
func Restore(ctx context.Context, cfg Config, file string) (done Restoration, err error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return done, err
	}
	if err := sound(ctx, file); err != nil {
		return done, err
	}
	present, err := lookAt(ctx, cfg, file)
	if err != nil {
		return done, err
	}
	work := cfg.Path + ".restoring"
	if cfg.URL != "" {
		dir, made := os.MkdirTemp("", "loyalsync-restore-")
		if made != nil {
			return done, fmt.Errorf("make room for the copy: %w", made)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		work = filepath.Join(dir, "store.db")
	}
	if err := removeFiles(work); err != nil {
		return done, err
	}
	if done, err = prepareCopy(ctx, cfg, file, work, present.epoch); err == nil {
		done.Kept, err = present.replace(ctx, cfg, work)
	}
	return done, errors.Join(err, removeFiles(work))
}

// prepareCopy makes of a file the store that is to be put in place.
func prepareCopy(ctx context.Context, cfg Config, file, work string, above int64) (done Restoration, err error) {
	if err := os.MkdirAll(filepath.Dir(work), 0o700); err != nil {
		return done, storeError("make the folder of the store", err)
	}
	from := aside(file)
	_, err = from.ExecContext(ctx, `VACUUM INTO $1`, work)
	if err = errors.Join(err, from.Close()); err != nil {
		return done, storeError("copy the file", err)
	}
	s, err := Open(ctx, Config{Path: work, Now: cfg.Now, Progress: cfg.Progress, isCopy: true})
	if err != nil {
		return done, err
	}
	if done.Proof, err = s.VerifyLedger(ctx); err == nil {
		err = agrees(file, done.Proof)
	}
	if err == nil {
		done.Epoch, err = s.beginEpoch(ctx, above)
	}
	return done, errors.Join(err, s.Close())
}

// epochOf is the least epoch of a day: days since the end of 2025. So an epoch is new
// even when the store before it is lost, and small: with 40 bits of a sequence it stays
// a whole number that all readers of JSON keep exactly until 2048.
func epochOf(now time.Time) int64 {
	return int64(loyalty.DateIn(now, time.UTC) - loyalty.NewDate(2025, 12, 31))
}

// beginEpoch starts an epoch above all that was before: entries posted from now on,
// and versions, are told from those that were sent after the copy was made. Everything
// is sent again to every platform, which is compared before. Whoever was signed in
// signs in again, and nobody works on the store.
func (s *Store) beginEpoch(ctx context.Context, above int64) (epoch int64, err error) {
	now := s.cfg.Now()
	err = s.inTx(ctx, func(tx *txn) error {
		if err := tx.QueryRowContext(ctx, `SELECT max(epoch) FROM (SELECT epoch FROM store_meta UNION ALL SELECT epoch FROM store_epoch) e`).Scan(&epoch); err != nil {
			return storeError("read the epoch of the store", err)
		}
		epoch = max(epoch+1, above+1, epochOf(now))
		for _, step := range []struct {
			statement string
			args      []any
		}{
			{`UPDATE store_meta SET epoch = $1`, []any{epoch}},
			{`INSERT INTO store_epoch (epoch, first_entry) SELECT $1, coalesce(max(id), 0) + 1 FROM entry`, []any{epoch}},
			{`DELETE FROM delivery_position`, nil},
			{`DELETE FROM reconciled`, nil},
			{`DELETE FROM session`, nil},
			{`UPDATE lease SET expires_at = 0`, nil},
			{`INSERT INTO audit (at, actor, action, subject) VALUES ($1, 'cli', 'restore', $2)`, []any{micros(now), fmt.Sprintf("epoch %d", epoch)}},
		} {
			if _, err := tx.ExecContext(ctx, step.statement, step.args...); err != nil {
				return storeError("start an epoch", err)
			}
		}
		return nil
	})
	return epoch, err
}

// present is the store that is to be replaced.
type present struct {
	there    bool
	readable bool // else it is damaged, or no store
	epoch    int64
}

// lookAt looks at the store that is there, and refuses one that somebody works with.
func lookAt(ctx context.Context, cfg Config, file string) (p present, err error) {
	if cfg.URL != "" { // it must be empty
		return p, nil
	}
	here, err := os.Stat(cfg.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return p, storeError("look at the store", err)
	}
	if of, err := os.Stat(file); err == nil && os.SameFile(here, of) {
		return p, &loyalty.Error{Code: loyalty.CodeInvalid, Message: file + " is the store itself", Hint: "name a copy of it"}
	}
	p.there = true
	db := openAside(cfg.Path)
	defer func() { err = errors.Join(err, db.Close()) }()
	var holder sql.NullString
	read := db.QueryRowContext(ctx, `SELECT m.epoch, (SELECT name || ', ' || owner FROM lease WHERE expires_at > $1 LIMIT 1) FROM store_meta m`,
		micros(cfg.Now())).Scan(&p.epoch, &holder)
	switch {
	case ctx.Err() != nil:
		return p, ctx.Err()
	case loyalty.CodeOf(storeError("look at the store", read)) == loyalty.CodeBusy:
		return p, storeError("look at the store", read)
	case read == nil && holder.Valid:
		return p, inUse(cfg.Path, holder.String)
	}
	p.readable = read == nil
	return p, nil
}

func inUse(path, by string) error {
	return &loyalty.Error{
		Code: loyalty.CodeAction, Message: fmt.Sprintf("somebody works with %s (%s)", path, by),
		Hint: "stop the service, wait for the end of runs (after a crash half a minute), and restore again; nothing was changed",
	}
}

// replace keeps the store that is there beside and puts the prepared one in its place.
func (p present) replace(ctx context.Context, cfg Config, work string) (kept string, err error) {
	if cfg.URL != "" {
		return "", fill(ctx, cfg, work)
	}
	if p.there {
		kept = cfg.Path + ".before-restore-" + cfg.Now().UTC().Format("20060102T150405.000Z")
		if err := p.keep(ctx, cfg.Path, kept); err != nil {
			return "", err
		}
	}
	if err := ownedAs(work, cfg.Path); err != nil {
		return "", err
	}
	if err := os.Rename(work, cfg.Path); err != nil {
		return "", fmt.Errorf("put the copy in place: %w", err)
	}
	return kept, nil
}

// keep copies the store, and leaves no log beside it that would be taken for that of
// the one to come.
func (p present) keep(ctx context.Context, path, kept string) error {
	if !p.readable {
		for _, suffix := range []string{"", "-wal"} {
			if err := copyFile(path+suffix, kept+suffix); err != nil {
				return err
			}
		}
		return errors.Join(removeIfThere(path+"-wal"), removeIfThere(path+"-shm"))
	}
	db := open(path, false)
	_, err := db.ExecContext(ctx, `VACUUM INTO $1`, kept)
	if err == nil {
		_, err = db.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return errors.Join(storeError("keep the store that is there", err), removeIfThere(kept))
	}
	if _, err := os.Stat(path + "-wal"); err == nil { // the last one to close it removes it
		return errors.Join(inUse(path, "it is open"), removeIfThere(kept))
	}
	return nil
}

// copyFile copies a file, if it is there.
func copyFile(from, to string) (err error) {
	in, err := os.Open(from) //nolint:gosec // the store's own
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return storeError("keep the store that is there", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // beside the store
	if err != nil {
		return storeError("keep the store that is there", err)
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// fill copies the prepared store into an empty database.
func fill(ctx context.Context, cfg Config, work string) error {
	from, err := Open(ctx, Config{Path: work, Now: cfg.Now, ReadOnly: true})
	if err != nil {
		return err
	}
	to, err := Open(ctx, cfg)
	if err == nil {
		_, err = from.TransferTo(ctx, to)
		err = errors.Join(err, to.Close())
	}
	return errors.Join(err, from.Close())
}

// removeFiles removes a store that is not finished.
func removeFiles(path string) error {
	return errors.Join(removeIfThere(path), removeIfThere(path+"-wal"), removeIfThere(path+"-shm"))
}
