package store

import "context"

// entryColumns are the columns of an entry: first those that most of a page share.
const (
	entryColumns = `revision, rule_set_id, of_id, batch_id,
		id, account_id, document_id, line, rule_id, kind, from_bucket, to_bucket, amount, effective_on`
	entryShared = 4
)

// entries writes them in their order, but for those that are not alike: what is written in
// the middle of a file tears its pages.
func (w *pageWriter) entries(ctx context.Context) error {
	alike, others := split(len(w.page.Entries), w.alike)
	rows := func(places []int) func(i int, to []any) error {
		return func(i int, to []any) error {
			w.entryRow(to, places[i])
			return nil
		}
	}
	if err := insertAlike(ctx, w.tx, "write entries", "entry", entryColumns, entryShared, len(alike), rows(alike)); err != nil {
		return err
	}
	return insertEach(ctx, w.tx, "write entries", "entry", entryColumns, "", len(others), rows(others))
}

// alike says whether an entry shares with the first of the page what those of new documents
// do. PostgreSQL copies all of them in one turn.
func (w *pageWriter) alike(place int) bool {
	first, e := &w.page.Entries[0], &w.page.Entries[place]
	return w.tx.dialect == onSQLite && e.Of == 0 && e.Revision == first.Revision && e.RuleSet == first.RuleSet
}

// entryRow fills in the entryColumns of an entry.
func (w *pageWriter) entryRow(to []any, place int) {
	e := &w.page.Entries[place]
	of := e.Of
	if of < 0 {
		of = w.entry - of
	}
	to[0], to[1], to[2], to[3] = int64(e.Revision), nullID(e.RuleSet), nullID(of), w.batch
	to[4], to[5], to[6], to[7], to[8] = w.entry+1+int64(place), e.Account, w.id(e.Document), e.Line, e.Rule
	to[9], to[10], to[11], to[12], to[13] = int64(e.Kind), int64(e.From), int64(e.To), int64(e.Amount), int64(e.EffectiveOn)
}
