package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/loyalsync/loyalsync/loyalty"
)

// RuleSets returns every stored version of a program's rules, and the IDs of
// its rules by name.
func (s *Store) RuleSets(ctx context.Context, program int64) ([]loyalty.RuleSetVersion, map[string]int64, error) {
	versions, err := collect(ctx, s.readers, "read rule sets", `SELECT id, body FROM rule_set WHERE program_id = $1 ORDER BY id`,
		func(rows *sql.Rows) (v loyalty.RuleSetVersion, err error) {
			var body string
			if err = rows.Scan(&v.ID, &body); err == nil {
				err = json.Unmarshal([]byte(body), &v.Body)
			}
			return v, err
		}, program)
	if err != nil {
		return nil, nil, err
	}
	type named struct {
		id   int64
		name string
	}
	rules, err := collect(ctx, s.readers, "read rules", `SELECT id, name FROM rule WHERE program_id = $1`,
		func(rows *sql.Rows) (n named, err error) { err = rows.Scan(&n.id, &n.name); return n, err }, program)
	if err != nil {
		return nil, nil, err
	}
	ids := make(map[string]int64, len(rules))
	for _, r := range rules {
		ids[r.name] = r.id
	}
	return versions, ids, nil
}

// SaveRuleSets stores the versions of a program's rules, the oldest first, unless
// they are there already. Documents that had no rules on their date are put on the
// re-evaluate queue. A version that differs from the stored one of the same day is
// an error with CodeInvalid once points were posted under that one, and replaces
// it before. A stored version later than the first that is not among them was taken
// out: it goes, or is such an error too.
func (s *Store) SaveRuleSets(ctx context.Context, program int64, sets []loyalty.RuleSet) error {
	return s.inTx(ctx, func(tx *txn) error {
		for _, set := range sets {
			if err := s.saveRuleSet(ctx, tx, program, set); err != nil {
				return err
			}
		}
		return s.takeOutRules(ctx, tx, program, sets)
	})
}

// CheckRuleSets returns the error that SaveRuleSets would for a program, and changes
// nothing.
func (s *Store) CheckRuleSets(ctx context.Context, program string, sets []loyalty.RuleSet) error {
	var id int64
	err := s.readers.QueryRowContext(ctx, `SELECT id FROM program WHERE name = $1`, program).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) || len(sets) == 0 {
		return nil
	}
	if err != nil {
		return storeError("read the program", err)
	}
	for _, set := range sets {
		hash, err := hashRules(set)
		if err != nil {
			return err
		}
		stored, err := storedRuleSet(ctx, s.readers, id, set.ValidFrom)
		if err == nil && !stored.same(set, hash) {
			err = stored.unused(ctx, s.readers, id, changedRules(stored.validFrom, set.ValidFrom))
		}
		if err != nil {
			return err
		}
	}
	others, err := takenOut(ctx, s.readers, id, sets)
	if err != nil {
		return err
	}
	for _, r := range others {
		if err := r.unused(ctx, s.readers, id, changedRules(r.validFrom, sets[len(sets)-1].ValidFrom)); err != nil {
			return err
		}
	}
	return nil
}

// takenOut are the versions after the first of a program's that are none of them.
func takenOut(ctx context.Context, q querier, program int64, sets []loyalty.RuleSet) ([]storedRules, error) {
	days := make([]int64, len(sets))
	for i, set := range sets {
		days[i] = int64(set.ValidFrom)
	}
	return collect(ctx, q, "read the rules", `SELECT id, valid_from FROM rule_set
		WHERE program_id = $1 AND valid_from > $2 AND valid_from `+q.speaks().notIn("$3")+` ORDER BY valid_from`,
		func(rows *sql.Rows) (r storedRules, err error) { return r, rows.Scan(&r.id, &r.validFrom) }, program, days[0], q.speaks().list(days))
}

// takeOutRules removes versions after the first of a program's that are none of
// them.
func (s *Store) takeOutRules(ctx context.Context, tx *txn, program int64, sets []loyalty.RuleSet) error {
	others, err := takenOut(ctx, tx, program, sets)
	if err != nil {
		return err
	}
	for _, r := range others {
		if err := r.remove(ctx, tx, program, changedRules(r.validFrom, sets[len(sets)-1].ValidFrom)); err != nil {
			return err
		}
		if err := s.rulesArrived(ctx, tx, program, r.validFrom); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) saveRuleSet(ctx context.Context, tx *txn, program int64, set loyalty.RuleSet) error {
	body, err := json.Marshal(set)
	if err != nil {
		return fmt.Errorf("encode the rules: %w", err)
	}
	hash, err := hashRules(set)
	if err != nil {
		return err
	}
	stored, err := storedRuleSet(ctx, tx, program, set.ValidFrom)
	switch {
	case err != nil:
		return err
	case stored.same(set, hash):
		return s.refreshRules(ctx, tx, stored, hash, string(body))
	}
	if err := stored.remove(ctx, tx, program, changedRules(stored.validFrom, set.ValidFrom)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO rule_set (program_id, valid_from, hash, body, created_at) VALUES ($1, $2, $3, $4, $5)`,
		program, int64(set.ValidFrom), hash, string(body), micros(s.cfg.Now())); err != nil {
		return storeError("store the rules", err)
	}
	if err := saveTables(ctx, tx, set); err != nil {
		return err
	}
	for _, r := range set.Rules {
		if _, err := tx.ExecContext(ctx, `INSERT INTO rule (program_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING`, program, r.Name); err != nil {
			return storeError("store the rules", err)
		}
	}
	return s.rulesArrived(ctx, tx, program, set.ValidFrom)
}

// saveTables keeps the tables that a rule set names; each is kept once.
func saveTables(ctx context.Context, tx *txn, set loyalty.RuleSet) error {
	for _, r := range set.Rules {
		if r.Table == "" {
			continue
		}
		body, err := json.Marshal(set.Tables[r.Table])
		if err != nil {
			return fmt.Errorf("encode the table of rule %s: %w", r.Name, err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO rule_table (hash, body) VALUES ($1, $2) ON CONFLICT DO NOTHING`, r.Table, string(body)); err != nil {
			return storeError("store a table", err)
		}
	}
	return nil
}

// RuleTables returns the tables with these hashes, as far as they are kept.
func (s *Store) RuleTables(ctx context.Context, hashes []string) (map[string]loyalty.ItemTable, error) {
	out := make(map[string]loyalty.ItemTable, len(hashes))
	for _, hash := range hashes {
		var body []byte
		err := s.readers.QueryRowContext(ctx, `SELECT body FROM rule_table WHERE hash = $1`, hash).Scan(&body)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		var table loyalty.ItemTable
		if err == nil {
			err = json.Unmarshal(body, &table)
		}
		if err != nil {
			return nil, storeError("read a table", err)
		}
		out[hash] = table
	}
	return out, nil
}

// hashRules sums up what decides points: titles do not, nor do item groups that
// neither rules nor exclusions name.
func hashRules(set loyalty.RuleSet) (string, error) {
	rules := make([]loyalty.Rule, len(set.Rules))
	named := make(map[string]bool)
	for i, r := range set.Rules {
		r.Title = nil
		rules[i] = r
		named[r.ItemGroup] = true
	}
	for _, name := range set.Exclude.ItemGroups {
		named[name] = true
	}
	groups := make(map[string][]loyalty.ItemGroup)
	for source, list := range set.ItemGroups {
		for _, g := range list {
			if named[g.Name] {
				groups[source] = append(groups[source], g)
			}
		}
	}
	set.Rules, set.ItemGroups = rules, groups
	text, err := json.Marshal(set)
	if err != nil {
		return "", fmt.Errorf("encode the rules: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// same says whether a rule set decides as the stored one does.
func (r storedRules) same(set loyalty.RuleSet, hash string) bool {
	return r.hash == hash || r.sameButSources(set)
}

// sameButSources says whether a rule set differs from the stored one only by
// item groups of sources that the stored one does not know: nothing of theirs
// was scored yet.
func (r storedRules) sameButSources(set loyalty.RuleSet) bool {
	var stored loyalty.RuleSet
	if r.id == 0 || json.Unmarshal([]byte(r.body), &stored) != nil {
		return false
	}
	groups := make(map[string][]loyalty.ItemGroup)
	for source := range stored.ItemGroups {
		groups[source] = set.ItemGroups[source]
	}
	set.ItemGroups = groups
	hash, err := hashRules(set)
	return err == nil && hash == r.hash
}

// refreshRules keeps the stored titles and item groups as they are now.
func (s *Store) refreshRules(ctx context.Context, tx *txn, r storedRules, hash, body string) error {
	if r.hash == hash && r.body == body {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `UPDATE rule_set SET hash = $1, body = $2 WHERE id = $3`, hash, body, r.id); err != nil {
		return storeError("refresh the rules", err)
	}
	return nil
}

// storedRules is a version of a program's rules.
type storedRules struct {
	id        int64
	validFrom loyalty.Date
	hash      string
	body      string
}

// unused returns refusal when a document is pinned to a version, or an entry names
// it. Looking for one may go through all of them, so it is done only where rules
// have changed.
func (r storedRules) unused(ctx context.Context, q querier, program int64, refusal error) error {
	if r.id == 0 {
		return nil
	}
	var used bool
	if err := q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM document d JOIN feed f ON f.id = d.feed_id
		WHERE f.program_id = $1 AND d.rule_set_id = $2) OR EXISTS (SELECT 1 FROM entry WHERE rule_set_id = $2)
		OR EXISTS (SELECT 1 FROM recompute WHERE rule_set_id = $2) OR EXISTS (SELECT 1 FROM recompute_pin WHERE rule_set_id = $2)`, program, r.id).Scan(&used); err != nil {
		return storeError("read the rules", err)
	}
	if used {
		return refusal
	}
	return nil
}

// remove takes an unused version out.
func (r storedRules) remove(ctx context.Context, tx *txn, program int64, refusal error) error {
	if err := r.unused(ctx, tx, program, refusal); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM rule_set WHERE id = $1`, r.id); err != nil {
		return storeError("replace the rules", err)
	}
	return nil
}

// storedRuleSet is the version of a day; ID 0 when there is none.
func storedRuleSet(ctx context.Context, q querier, program int64, day loyalty.Date) (r storedRules, err error) {
	err = q.QueryRowContext(ctx, `SELECT id, valid_from, hash, body FROM rule_set
		WHERE program_id = $1 AND valid_from = $2 ORDER BY id DESC LIMIT 1`, program, int64(day)).
		Scan(&r.id, &r.validFrom, &r.hash, &r.body)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return r, storeError("read the rules", err)
	}
	return r, nil
}

func changedRules(stored, now loyalty.Date) error {
	since := stored.String()
	if stored == loyalty.NoDate {
		since = "the beginning"
	}
	e := &loyalty.Error{
		Code: loyalty.CodeInvalid, Message: "the rules have changed, and points were already given under those valid from " + since,
		Hint: "put a later date into rules_from: documents from that day on follow the new rules, earlier ones keep theirs",
	}
	if now != loyalty.NoDate && now < stored {
		e.Message = fmt.Sprintf("the rules are dated %s, and newer ones, valid from %s, are stored", now, since)
	}
	return e
}

// rulesArrived lets documents be computed again that have no points for a reason
// that lies in the rules before: those are not pinned to any.
func (s *Store) rulesArrived(ctx context.Context, tx *txn, program int64, from loyalty.Date) error {
	if _, err := tx.ExecContext(ctx, `INSERT INTO reevaluate (feed_id, document_id)
		SELECT d.feed_id, d.id FROM document d JOIN feed f ON f.id = d.feed_id
		WHERE f.program_id = $1 AND d.reason `+tx.in("$2")+` AND d.rule_set_id IS NULL AND d.date >= $3 ON CONFLICT DO NOTHING`,
		program, tx.list([]loyalty.Reason{loyalty.ReasonNoRules, loyalty.ReasonNothing, loyalty.ReasonCurrency, loyalty.ReasonNoRate}), int64(from)); err != nil {
		return storeError("queue documents without rules", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE feed SET version = version + 1 WHERE program_id = $1`, program); err != nil {
		return storeError("note the new rules", err)
	}
	return nil
}
