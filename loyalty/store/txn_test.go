package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func opened(t *testing.T, cfg Config) *Store {
	t.Helper()
	cfg.Now = time.Now
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func inFile(t *testing.T) *Store {
	t.Helper()
	return opened(t, Config{Path: filepath.Join(t.TempDir(), "loyalsync.db")})
}

// onServer is a store in a schema of its own; see storetest.Postgres.
func onServer(t *testing.T) *Store {
	t.Helper()
	u, err := url.Parse(os.Getenv("LOYALSYNC_TEST_POSTGRES"))
	if err != nil || u.Scheme == "" {
		t.Skip("LOYALSYNC_TEST_POSTGRES is not set to a URL")
	}
	admin, err := sql.Open("pgx", u.String())
	if err != nil {
		t.Fatal(err)
	}
	name := "loyalsync_" + strings.ToLower(rand.Text())
	if _, err := admin.ExecContext(t.Context(), `CREATE SCHEMA `+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := admin.ExecContext(context.WithoutCancel(t.Context()), `DROP SCHEMA `+name+` CASCADE`)
		if err = errors.Join(err, admin.Close()); err != nil {
			t.Error(err)
		}
	})
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return opened(t, Config{URL: u.String()})
}

// TestNoCommitAfterAFault: PostgreSQL answers the COMMIT of a transaction in which a
// statement failed with ROLLBACK and no error, and a statement that is refused before it is
// sent leaves the server's transaction sound. In both cases nothing is kept, and it is said.
func TestNoCommitAfterAFault(t *testing.T) {
	s := onServer(t)
	const kept = `INSERT INTO lease (name, owner, token, expires_at) VALUES ('kept', 'test', 1, 1)`
	for name, fault := range map[string]func(tx *txn){
		"of the server": func(tx *txn) { _, _ = tx.ExecContext(t.Context(), `SELECT 1 / 0`) },
		"before it is sent": func(tx *txn) {
			_ = tx.execute(t.Context(), "note", `UPDATE lease SET token = $1`, []any{struct{}{}})
			var n int
			_ = tx.QueryRowContext(t.Context(), `SELECT 1`).Scan(&n)
		},
	} {
		err := s.inTx(t.Context(), func(tx *txn) error {
			_, err := tx.ExecContext(t.Context(), kept)
			fault(tx)
			return err
		})
		if err == nil {
			t.Errorf("a fault %s is not told", name)
		}
		var n int
		if err := s.readers.QueryRowContext(t.Context(), `SELECT count(*) FROM lease`).Scan(&n); err != nil || n != 0 {
			t.Errorf("after a fault %s there are %d rows, %v", name, n, err)
		}
	}
	if _, err := s.exec(t.Context(), kept); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestNothingOutsideOfATransaction: of a transaction that could not begin nothing is sent,
// as it would be kept by itself.
func TestNothingOutsideOfATransaction(t *testing.T) {
	s := onServer(t)
	holder, err := s.readers.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close() //nolint:errcheck // gives it back
	late := opened(t, Config{URL: s.cfg.URL + "&lock_timeout=200"})
	if _, err := holder.ExecContext(t.Context(), `SET default_transaction_read_only = off; BEGIN; LOCK TABLE store_meta IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	_, taken, err := late.TakeLease(t.Context(), "one", "test", time.Minute)
	if err == nil || taken {
		t.Errorf("taken: %v, %v", taken, err)
	}
	if _, err := holder.ExecContext(t.Context(), `ROLLBACK; RESET default_transaction_read_only`); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := s.readers.QueryRowContext(t.Context(), `SELECT count(*) FROM lease`).Scan(&n); err != nil || n != 0 {
		t.Errorf("there are %d leases, %v", n, err)
	}
}

// TestOperationsAreNotCompiled: plans that operations leave no other way for look dear to
// PostgreSQL, which would compile them, each time, for longer than they take.
func TestOperationsAreNotCompiled(t *testing.T) {
	s := onServer(t)
	err := s.inShortTx(t.Context(), func(tx *txn) error {
		plan, err := collect(t.Context(), tx, "explain", `EXPLAIN ANALYZE SELECT line, min(id) FROM entry WHERE document_id = 1 GROUP BY line ORDER BY 2`, scanText)
		if text := strings.Join(plan, "\n"); strings.Contains(text, "JIT:") {
			t.Error(text)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestALostConnectionIsNotTold: that the transaction's connection is given up is no news.
func TestALostConnectionIsNotTold(t *testing.T) {
	s := inFile(t)
	why := errors.New("why")
	err := s.inTx(t.Context(), func(tx *txn) error {
		_, err := tx.ExecContext(t.Context(), `ROLLBACK`) // as the database does where its disk is full
		return errors.Join(err, why)
	})
	if !errors.Is(err, why) || errors.Is(err, sql.ErrConnDone) {
		t.Error(err)
	}
	if _, err := s.exec(t.Context(), `DELETE FROM lease`); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// gone is a database that does not answer.
type gone struct{ asked int }

func (g *gone) Driver() driver.Driver { return nil }
func (g *gone) Connect(context.Context) (driver.Conn, error) {
	g.asked++
	return nil, errors.New("no answer")
}

// TestAGroupDoesNotAskInTurns: operations of a group that could not be begun are not tried
// one by one: each would wait as long as the first.
func TestAGroupDoesNotAskInTurns(t *testing.T) {
	db := &gone{}
	s := &Store{writer: sql.OpenDB(db)}
	group := make([]*pendingOperation, 5)
	for i := range group {
		group[i] = &pendingOperation{}
	}
	s.operateTogether(t.Context(), group)
	for _, p := range group {
		if p.err == nil {
			t.Error("one that was not begun is told to be done")
		}
	}
	if db.asked != 1 {
		t.Errorf("the database was asked %d times", db.asked)
	}
}

// TestACommitIsTold: who gives up while it is written is told of what is kept.
func TestACommitIsTold(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { commitsAreTold(t, inFile(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { commitsAreTold(t, onServer(t)) })
}

func commitsAreTold(t *testing.T, s *Store) {
	t.Helper()
	for i := range int64(400) {
		ctx, cancel := context.WithCancel(t.Context())
		err := s.inTx(ctx, func(tx *txn) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO lease (name, owner, token, expires_at) VALUES ('one', 'test', $1, 1) ON CONFLICT (name) DO UPDATE SET token = excluded.token`, i)
			time.AfterFunc(time.Duration(i%40)*20*time.Microsecond, cancel)
			return err
		})
		cancel()
		var token int64
		if read := s.readers.QueryRowContext(t.Context(), `SELECT coalesce(max(token), -1) FROM lease`).Scan(&token); read != nil {
			t.Fatal(read)
		}
		if kept := token == i; kept != (err == nil) {
			t.Fatalf("kept: %v, told: %v", kept, err)
		}
	}
}
