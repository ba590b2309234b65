-- +goose Up
-- The chain over entries: a block proves itself and all blocks before it. Its columns
-- of points are by bucket, what went in less what went out.
CREATE TABLE ledger_block (
  program_id  INTEGER NOT NULL REFERENCES program (id),
  number      INTEGER NOT NULL,           -- of the program's blocks, from 1
  first_entry INTEGER NOT NULL,
  last_entry  INTEGER NOT NULL,
  entries     INTEGER NOT NULL CHECK (entries > 0),
  issued      INTEGER NOT NULL,
  pending     INTEGER NOT NULL,
  active      INTEGER NOT NULL,
  held        INTEGER NOT NULL,
  spent       INTEGER NOT NULL,
  lapsed      INTEGER NOT NULL,
  debt        INTEGER NOT NULL,
  adjusted    INTEGER NOT NULL,
  marks       BLOB    NOT NULL,           -- four bytes an entry: they tell which one has changed
  hash        TEXT    NOT NULL,
  sealed_at   INTEGER NOT NULL,
  PRIMARY KEY (program_id, number)
);
CREATE INDEX ledger_block_last ON ledger_block (last_entry);

-- +goose StatementBegin
CREATE TRIGGER ledger_block_never_updated BEFORE UPDATE ON ledger_block
BEGIN
  SELECT RAISE (ABORT, 'blocks are never updated');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_block_never_deleted BEFORE DELETE ON ledger_block
BEGIN
  SELECT RAISE (ABORT, 'blocks are never deleted');
END;
-- +goose StatementEnd
