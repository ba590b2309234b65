package bench

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVerdict(t *testing.T) {
	less, more := Figure{Must: 1.2, Great: 0.7}, Figure{Must: 0.25, Great: 0.45, More: true}
	for _, tt := range []struct {
		figure Figure
		value  float64
		want   Verdict
	}{
		{less, 0.69, Great},
		{less, 0.7, Great},
		{less, 0.71, Met},
		{less, 1.2, Met},
		{less, 1.21, Missed},
		{more, 0.5, Great},
		{more, 0.45, Great},
		{more, 0.44, Met},
		{more, 0.25, Met},
		{more, 0.24, Missed},
		{Figure{Must: 2}, 0, Great},
	} {
		if got := tt.figure.of(tt.value, "").Verdict; got != tt.want {
			t.Errorf("%v against must %v, great %v (more %v): %s, want %s", tt.value, tt.figure.Must, tt.figure.Great, tt.figure.More, got, tt.want)
		}
	}
}

// TestSame: a ledger that differs from the statement in one point, one contractor
// more or one less is wrong, also where the sums agree.
func TestSame(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "data", "loyalsync.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE contractor (id, erp_key TEXT); CREATE TABLE account (id, active, pending, debt);
		INSERT INTO contractor VALUES (1, '7'), (2, '8'); INSERT INTO account VALUES (1, 10, 3, 0), (2, 0, 0, 4)`); err != nil {
		t.Fatal(err)
	}
	b := bench{cfg: Config{Say: func(string, ...any) {}}}
	for name, tt := range map[string]struct {
		want  map[string]balance
		right bool
	}{
		"the same":             {map[string]balance{"7": {10, 3}, "8": {-4, 0}}, true},
		"points change places": {map[string]balance{"7": {6, 3}, "8": {0, 0}}, false},
		"pending are active":   {map[string]balance{"7": {13, 0}, "8": {-4, 0}}, false},
		"one is missing":       {map[string]balance{"7": {10, 3}, "8": {-4, 0}, "9": {0, 0}}, false},
		"one is too many":      {map[string]balance{"7": {10, 3}}, false},
	} {
		err := b.same(t.Context(), filepath.Join(dir, "loyalsync.yaml"), tt.want)
		if tt.right != (err == nil) || (err != nil && !errors.Is(err, ErrWrong)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPeak: the peak is at least what the process holds now.
func TestPeak(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("the system does not tell")
	}
	if peak := Peak(); peak < 1<<20 || peak > 1<<40 {
		t.Errorf("%d bytes", peak)
	}
}

// TestStatementsHaveNoGapsLeft: a file with a gap too few or too many would only
// fail in the database.
func TestStatementsHaveNoGapsLeft(t *testing.T) {
	for name, args := range map[string][]any{"fill": {200, 10}, "change": {20, 200}, "statement": {"SELECT"}} {
		text, err := statement(name, args...)
		if err != nil || strings.Contains(text, "%!") {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}
