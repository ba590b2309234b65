package store

import (
	"database/sql"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
)

// indexesOf are those of laterIndexes that a store has.
func indexesOf(t *testing.T, s *Store) map[string]string {
	t.Helper()
	type index struct{ name, text string }
	found, err := collect(t.Context(), s.readers, "read the schema", `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`,
		func(rows *sql.Rows) (i index, err error) { err = rows.Scan(&i.name, &i.text); return i, err })
	if err != nil {
		t.Fatal(err)
	}
	later, there := laterIndexes(), make(map[string]string)
	for _, i := range found {
		if _, ok := later[i.name]; ok {
			there[i.name] = i.text
		}
	}
	return there
}

// wantIndexes checks that a store has all of laterIndexes, or none.
func wantIndexes(t *testing.T, s *Store, all bool) {
	t.Helper()
	want := make(map[string]string)
	if all {
		want = laterIndexes()
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(indexesOf(t, s)))); diff != "" {
		t.Errorf("indexes wanted (-) and there (+):\n%s", diff)
	}
}

func begunFill(t *testing.T) *Store {
	t.Helper()
	s := inFile(t)
	if err := s.BeginFill(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantIndexes(t, s, false)
	return s
}

// TestLaterIndexes holds the texts in the program to those of the migrations.
func TestLaterIndexes(t *testing.T) {
	if diff := cmp.Diff(laterIndexes(), indexesOf(t, inFile(t))); diff != "" {
		t.Errorf("of the program (-) and of the migrations (+):\n%s", diff)
	}
}

func TestFillEnds(t *testing.T) {
	feed := loyalty.Feed{ID: 1}
	for name, end := range map[string]func(*Store) error{
		"when it is ended":  func(s *Store) error { return s.EndFill(t.Context()) },
		"for sales":         func(s *Store) error { _, err := s.Sales(t.Context(), feed, nil, 0, 1); return err },
		"for those unnamed": func(s *Store) error { _ = s.QueueWithoutParty(t.Context(), feed, loyalty.Lease{}); return nil }, // there is no such feed
		"for who takes part": func(s *Store) error {
			_, err := s.SaveContractors(t.Context(), newFeed(t, s), loyalty.Lease{}, []loyalty.ContractorChange{{
				Contractor: loyalty.Contractor{Key: "1"}, Participation: loyalty.Participation{TakesPart: true},
			}})
			return err
		},
		"when another finds them missing": func(s *Store) error {
			other := opened(t, Config{Path: s.cfg.Path, ReadOnly: true}) // as one that was open before
			return other.EndFill(t.Context())
		},
		"after so many documents": func(s *Store) error {
			feed := newFeed(t, s)
			s.filled.Store(mostFilled)
			return s.Post(t.Context(), loyalty.PageWrite{Feed: feed, Version: -1, At: time.Unix(1, 0), Documents: oneDocument()})
		},
		"when another opens the store": func(s *Store) error { return opened(t, Config{Path: s.cfg.Path}).Close() },
	} {
		t.Run(name, func(t *testing.T) {
			s := begunFill(t)
			if err := end(s); err != nil {
				t.Fatal(err)
			}
			wantIndexes(t, s, true)
			if err := s.EndFill(t.Context()); err != nil {
				t.Errorf("ended again: %v", err)
			}
		})
	}
}

func oneDocument() []loyalty.StoredDocument {
	return []loyalty.StoredDocument{{ID: -1, Root: "1", Document: loyalty.Document{Key: loyalty.Key{Type: "doc", ID: "1"}, Number: "FS/1"}}}
}

func newFeed(t *testing.T, s *Store) loyalty.Feed {
	t.Helper()
	feed, err := s.OpenFeed(t.Context(), loyalty.Feed{ProgramName: "main", SourceName: "erp", Currency: "PLN"})
	if err != nil {
		t.Fatal(err)
	}
	return feed
}

// TestFillGoesOn: contractors of whom nobody takes part have no documents to be looked for.
func TestFillGoesOn(t *testing.T) {
	s := begunFill(t)
	_, err := s.SaveContractors(t.Context(), newFeed(t, s), loyalty.Lease{}, []loyalty.ContractorChange{{Contractor: loyalty.Contractor{Key: "1"}}})
	if err != nil {
		t.Fatal(err)
	}
	wantIndexes(t, s, false)
}

// TestFillOfAUsedStore: a store with documents stays as it is.
func TestFillOfAUsedStore(t *testing.T) {
	s := inFile(t)
	feed := newFeed(t, s)
	err := s.Post(t.Context(), loyalty.PageWrite{Feed: feed, Version: -1, At: time.Unix(1, 0), Documents: oneDocument()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.BeginFill(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantIndexes(t, s, true)
}

// TestFillCutShort: who reads sees the store of a process that was killed, and who opens it
// for writing mends it.
func TestFillCutShort(t *testing.T) {
	s := begunFill(t)
	path := s.cfg.Path
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	reading := opened(t, Config{Path: path, ReadOnly: true})
	wantIndexes(t, reading, false)
	if err := reading.Close(); err != nil {
		t.Fatal(err)
	}
	wantIndexes(t, opened(t, Config{Path: path}), true)
	if _, err := os.Stat(path + "-journal"); err == nil {
		t.Error("a journal is left")
	}
}
