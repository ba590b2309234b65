package store

import (
	"context"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// entryColumns are the columns of an entry: first those that most of a page share.
const (
	entryColumns = `revision, kind, from_bucket, to_bucket, rule_set_id, of_id, batch_id,
		id, account_id, document_id, line, rule_id, amount, effective_on`
	entryShared = 7
)

func (w *pageWriter) entries(ctx context.Context) error {
	alike, others := w.alikeEntries()
	for _, a := range alike {
		err := insertAlike(ctx, w.tx, "write entries", "entry", entryColumns, entryShared, len(a.places), func(i int, to []any) error {
			w.entryRow(to, a.places[i])
			return nil
		})
		if err != nil {
			return err
		}
	}
	return insertEach(ctx, w.tx, "write entries", "entry", entryColumns, "", len(others), func(i int, to []any) error {
		w.entryRow(to, others[i])
		return nil
	})
}

// entryLikeness is what entries share that are about no other entry.
type entryLikeness struct {
	revision int
	kind     loyalty.EntryKind
	from, to loyalty.Bucket
	ruleSet  int64
}

// alikeEntries are the places of those in the page.
type alikeEntries struct {
	entryLikeness
	places []int
}

// mostAlike bounds how many statements the entries of a page are parted into.
const mostAlike = 8

// alikeEntries parts the places of entries into those that are alike, and the rest, which
// on PostgreSQL is all of them: it copies them in one turn.
func (w *pageWriter) alikeEntries() (alike []alikeEntries, others []int) {
	for i := range w.page.Entries {
		e := &w.page.Entries[i]
		likeness := entryLikeness{e.Revision, e.Kind, e.From, e.To, e.RuleSet}
		at := slices.IndexFunc(alike, func(a alikeEntries) bool { return a.entryLikeness == likeness })
		switch {
		case e.Of != 0 || w.tx.dialect == onPostgres || at < 0 && len(alike) == mostAlike:
			others = append(others, i)
		case at < 0:
			alike = append(alike, alikeEntries{likeness, []int{i}})
		default:
			alike[at].places = append(alike[at].places, i)
		}
	}
	return alike, others
}

// entryRow fills in the entryColumns of an entry.
func (w *pageWriter) entryRow(to []any, place int) {
	e := &w.page.Entries[place]
	of := e.Of
	if of < 0 {
		of = w.entry - of
	}
	to[0], to[1], to[2], to[3] = int64(e.Revision), int64(e.Kind), int64(e.From), int64(e.To)
	to[4], to[5], to[6] = nullID(e.RuleSet), nullID(of), w.batch
	to[7], to[8], to[9], to[10] = w.entry+1+int64(place), e.Account, w.id(e.Document), e.Line
	to[11], to[12], to[13] = e.Rule, int64(e.Amount), int64(e.EffectiveOn)
}
