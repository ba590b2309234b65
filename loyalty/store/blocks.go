package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"strconv"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// entriesPerBlock is how many entries are sealed together, over all programs: each
// has a block of its own of them.
const entriesPerBlock = 5000

// chainColumns are what is sealed of an entry, in the order of the canonical text:
// decimal numbers with a stroke after each, nothing for NULL, and a line feed. None
// of them is about a person.
const chainColumns = `e.id, e.account_id, e.document_id, e.line, e.rule_id, e.revision, e.kind, e.from_bucket, e.to_bucket,
	e.amount, e.effective_on, e.rule_set_id, e.of_id, e.batch_id, b.posted_at`

// appendEntry writes the canonical text of an entry's columns.
func appendEntry(text []byte, row []any) []byte {
	for _, v := range row {
		switch v := v.(type) {
		case nil:
		case int64:
			text = strconv.AppendInt(text, v, 10)
		default:
			text = fmt.Appendf(text, "%v", v)
		}
		text = append(text, '|')
	}
	return append(text, '\n')
}

// link is an entry as a chain takes it.
type link struct {
	id, account, program int64 // program 0: the account is not there
	from, to             loyalty.Bucket
	points               loyalty.Points
	kind                 loyalty.EntryKind
	on                   loyalty.Date
	text                 []byte
}

// links are the entries after one up to another, in their order.
func links(ctx context.Context, q querier, after, last int64) ([]link, error) {
	const width = 15
	values, places := [width + 1]any{}, [width + 1]any{}
	for i := range values {
		places[i] = &values[i]
	}
	number := func(i int) int64 { n, _ := values[i].(int64); return n } // NULL is 0
	var text []byte
	return collect(ctx, q, "read entries", `SELECT `+chainColumns+`, a.program_id FROM entry e LEFT JOIN batch b ON b.id = e.batch_id
		LEFT JOIN account a ON a.id = e.account_id WHERE e.id > $1 AND e.id <= $2 ORDER BY e.id`,
		func(rows *sql.Rows) (link, error) {
			if err := rows.Scan(places[:]...); err != nil {
				return link{}, err
			}
			start := len(text)
			text = appendEntry(text, values[:width])
			return link{
				id: number(0), account: number(1), program: number(width), points: loyalty.Points(number(9)),
				from: loyalty.Bucket(number(7)), to: loyalty.Bucket(number(8)), text: text[start:len(text):len(text)], //nolint:gosec // small
				kind: loyalty.EntryKind(number(6)), on: loyalty.Date(number(10)), //nolint:gosec // as they were written
			}, nil
		}, after, last)
}

// block is a row of ledger_block.
type block struct {
	program, number, first, last, entries int64
	points                                loyalty.Buckets
	marks                                 []byte
	hash                                  string
}

// chain makes the next block of a program.
type chain struct {
	block
	digest hash.Hash
}

// markTable is of CRC-32C, which processors compute themselves.
func markTable() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

const markBytes = 4

// begin starts a program's block after another, whose hash it covers.
func begin(program int64, after block) *chain {
	c := &chain{block: block{program: program, number: after.number + 1}, digest: sha256.New()}
	_, _ = c.digest.Write([]byte(after.hash + "\n"))
	return c
}

func (c *chain) add(l *link) {
	if c.entries == 0 {
		c.first = l.id
	}
	c.last = l.id
	c.entries++
	c.points.Add(l.from, l.to, l.points)
	c.marks = binary.BigEndian.AppendUint32(c.marks, crc32.Checksum(l.text, markTable()))
	_, _ = c.digest.Write(l.text)
}

// end is the finished block.
func (c *chain) end() block {
	c.hash = hex.EncodeToString(c.digest.Sum(nil))
	return c.block
}

// Seal puts entries that no block has into blocks, at most limit times
// entriesPerBlock of them, and returns how many blocks it made. Fewer than that are
// left for a later call until the first of them is of an earlier day (UTC); with a limit
// of 0, nothing else is sealed. When nothing is due it costs two look-ups, whatever the
// history. Reading and hashing hold no writer up.
func (s *Store) Seal(ctx context.Context, limit int) (blocks int, err error) {
	due := wholeBlocks
	if limit == 0 {
		due = overnight
	}
	for range max(limit, 1) {
		made, err := s.sealNext(ctx, due)
		if err != nil || len(made) == 0 {
			return blocks, err
		}
		kept, err := s.keepBlocks(ctx, made)
		if err != nil || !kept {
			return blocks, err
		}
		blocks += len(made)
	}
	return blocks, nil
}

// sealAll puts everything that was posted into blocks.
func (s *Store) sealAll(ctx context.Context) error {
	for {
		made, err := s.sealNext(ctx, everything)
		if err != nil || len(made) == 0 {
			return err
		}
		if _, err := s.keepBlocks(ctx, made); err != nil {
			return err
		}
	}
}

// dueEntries is which entries are to be sealed now.
type dueEntries int

const (
	overnight   dueEntries = iota // those of an earlier day, if they are fewer than a block has
	wholeBlocks                   // those, and whole blocks
	everything
)

// sealNext makes the blocks that are due, one a program.
func (s *Store) sealNext(ctx context.Context, which dueEntries) (made []block, err error) {
	err = s.inRead(ctx, func(tx *txn) error {
		after, last, err := s.due(ctx, tx, which)
		if err != nil || last == after {
			return err
		}
		entries, err := links(ctx, tx, after, last)
		if err != nil {
			return err
		}
		chains := make(map[int64]*chain)
		for i := range entries {
			program := entries[i].program
			if chains[program] == nil {
				head, err := headOf(ctx, tx, program)
				if err != nil {
					return err
				}
				chains[program] = begin(program, head)
			}
			chains[program].add(&entries[i])
		}
		delete(chains, 0) // an entry without an account proves nothing; see VerifyLedger
		for _, c := range chains {
			made = append(made, c.end())
		}
		return nil
	})
	return made, err
}

// due are the last entry that is sealed and the last one to be sealed now; the same
// when nothing is.
func (s *Store) due(ctx context.Context, tx *txn, which dueEntries) (after, last int64, err error) {
	if err := tx.QueryRowContext(ctx, sealedAndLast).Scan(&after, &last); err != nil {
		return 0, 0, storeError("look for entries to seal", err)
	}
	if last-after >= entriesPerBlock {
		if which == overnight {
			return after, after, nil
		}
		return after, after + entriesPerBlock, nil
	}
	if last <= after || which == everything {
		return after, max(after, last), nil
	}
	var posted int64
	err = tx.QueryRowContext(ctx, `SELECT coalesce((SELECT posted_at FROM batch WHERE id = e.batch_id), 0) FROM entry e
		WHERE e.id > $1 ORDER BY e.id LIMIT 1`, after).Scan(&posted)
	if err != nil {
		return 0, 0, storeError("look for entries to seal", err)
	}
	if posted >= micros(s.cfg.Now().UTC().Truncate(24*time.Hour)) {
		return after, after, nil
	}
	return after, last, nil
}

const sealedAndLast = `SELECT coalesce((SELECT max(last_entry) FROM ledger_block), 0), coalesce((SELECT max(id) FROM entry), 0)`

// headOf is the last block of a program; an empty one before the first.
func headOf(ctx context.Context, q *txn, program int64) (b block, err error) {
	err = q.QueryRowContext(ctx, `SELECT number, hash FROM ledger_block WHERE program_id = $1 ORDER BY number DESC LIMIT 1`, program).
		Scan(&b.number, &b.hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return b, storeError("read the last block", err)
	}
	return b, nil
}

const blockColumns = `program_id, number, first_entry, last_entry, entries, issued, pending, active, held, spent, lapsed, debt, adjusted, marks, hash`

// keepBlocks writes blocks, unless another process has sealed meanwhile.
func (s *Store) keepBlocks(ctx context.Context, made []block) (kept bool, err error) {
	from := made[0].first
	rows := make([][]any, len(made))
	for i, b := range made {
		from = min(from, b.first)
		rows[i] = []any{b.program, b.number, b.first, b.last, b.entries}
		for _, points := range b.points[loyalty.Issued:] {
			rows[i] = append(rows[i], int64(points))
		}
		rows[i] = append(rows[i], b.marks, b.hash, micros(s.cfg.Now()))
	}
	err = s.inTx(ctx, func(tx *txn) error {
		var after, last int64
		if err := tx.QueryRowContext(ctx, sealedAndLast).Scan(&after, &last); err != nil {
			return storeError("look for entries to seal", err)
		}
		if kept = after < from; !kept {
			return nil
		}
		return insert(ctx, tx, "seal entries", "ledger_block", blockColumns+", sealed_at", "", rows)
	})
	return kept, err
}
