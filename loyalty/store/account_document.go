package store

import "context"

// ofAccount is the condition on entries e of the account $1. They are found by what they
// are of, and so without the rest of the ledger: its documents and operations, and those of
// others that it has entries of.
const ofAccount = `e.account_id = $1 AND e.document_id IN (SELECT id FROM document WHERE account_id = $1 UNION ALL
	SELECT -id FROM operation WHERE account_id = $1 UNION ALL SELECT document_id FROM account_document WHERE account_id = $1)`

// leave notes the accounts that documents of the page have been of.
func (w *pageWriter) leave(ctx context.Context) error {
	var known [][2]int64
	for i := range w.page.Documents {
		if d := &w.page.Documents[i]; d.ID > 0 {
			known = append(known, [2]int64{d.ID, d.Account})
		}
	}
	if len(known) == 0 {
		return nil
	}
	return w.tx.execute(ctx, "note whose documents were", `INSERT INTO account_document (account_id, document_id)
		SELECT d.account_id, d.id FROM `+w.tx.tuples("$1")+` JOIN document d ON d.id = `+w.tx.part(0, "BIGINT")+`
		WHERE d.account_id <> `+w.tx.part(1, "BIGINT")+` ON CONFLICT DO NOTHING`, []any{jsonList(known)})
}

// elsewhere notes entries of the page for other accounts than whose their documents and
// operations are.
func (w *pageWriter) elsewhere(ctx context.Context) error {
	owners, err := w.owners(ctx)
	if err != nil {
		return err
	}
	noted := make(map[[2]int64]bool)
	var rows [][]any
	for i := range w.page.Entries {
		e := &w.page.Entries[i]
		id := w.id(e.Document)
		if k := [2]int64{e.Account, id}; owners[id] != e.Account && !noted[k] {
			noted[k] = true
			rows = append(rows, []any{e.Account, id})
		}
	}
	return insert(ctx, w.tx, "note whose entries are", "account_document", "account_id, document_id", "ON CONFLICT DO NOTHING", rows)
}

// owners are the accounts of what the entries of the page are of.
func (w *pageWriter) owners(ctx context.Context) (map[int64]int64, error) {
	owners := map[int64]int64{-w.operation: w.account}
	for i := range w.page.Documents {
		d := &w.page.Documents[i]
		owners[w.id(d.ID)] = d.Account
	}
	var documents, operations []int64
	for i := range w.page.Entries {
		id := w.id(w.page.Entries[i].Document)
		if _, known := owners[id]; !known {
			owners[id] = 0
			if id > 0 {
				documents = append(documents, id)
			} else {
				operations = append(operations, -id)
			}
		}
	}
	for _, of := range []struct {
		ids   []int64
		query string
	}{
		{documents, `SELECT id, account_id FROM document WHERE account_id IS NOT NULL AND id `},
		{operations, `SELECT -id, account_id FROM operation WHERE id `},
	} {
		if len(of.ids) == 0 {
			continue
		}
		found, err := collect(ctx, w.tx, "read whose documents are", of.query+w.tx.in("$1"), scanPair, w.tx.list(of.ids))
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			owners[p[0]] = p[1]
		}
	}
	return owners, nil
}
