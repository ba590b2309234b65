-- What sqlite/00014_blocks.sql makes; columns are explained there.
-- +goose Up
CREATE TABLE ledger_block (
  program_id  BIGINT NOT NULL REFERENCES program (id),
  number      BIGINT NOT NULL,
  first_entry BIGINT NOT NULL,
  last_entry  BIGINT NOT NULL,
  entries     BIGINT NOT NULL CHECK (entries > 0),
  issued      BIGINT NOT NULL,
  pending     BIGINT NOT NULL,
  active      BIGINT NOT NULL,
  held        BIGINT NOT NULL,
  spent       BIGINT NOT NULL,
  lapsed      BIGINT NOT NULL,
  debt        BIGINT NOT NULL,
  adjusted    BIGINT NOT NULL,
  marks       BYTEA  NOT NULL,
  hash        TEXT COLLATE "C" NOT NULL,
  sealed_at   BIGINT NOT NULL,
  PRIMARY KEY (program_id, number)
);
CREATE INDEX ledger_block_last ON ledger_block (last_entry);

-- +goose StatementBegin
CREATE FUNCTION ledger_block_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'blocks are never updated or deleted' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER ledger_block_never_changed BEFORE UPDATE OR DELETE ON ledger_block FOR EACH ROW EXECUTE FUNCTION ledger_block_never_changes();
CREATE TRIGGER ledger_block_never_emptied BEFORE TRUNCATE ON ledger_block FOR EACH STATEMENT EXECUTE FUNCTION ledger_block_never_changes();
