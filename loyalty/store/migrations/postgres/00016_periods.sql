-- What sqlite/00016_periods.sql makes; columns are explained there.
-- +goose Up
CREATE TABLE period (
  program_id  BIGINT NOT NULL REFERENCES program (id),
  number      BIGINT NOT NULL,
  through_on  BIGINT NOT NULL,
  last_entry  BIGINT NOT NULL,
  ahead_entry BIGINT NOT NULL,
  block       BIGINT NOT NULL,
  hash        TEXT COLLATE "C" NOT NULL,
  pending     BIGINT NOT NULL,
  active      BIGINT NOT NULL,
  held        BIGINT NOT NULL,
  spent       BIGINT NOT NULL,
  lapsed      BIGINT NOT NULL,
  debt        BIGINT NOT NULL,
  currency    TEXT COLLATE "C" NOT NULL,
  worth       TEXT COLLATE "C" NOT NULL,
  pending_worth TEXT COLLATE "C" NOT NULL,
  actor       TEXT COLLATE "C" NOT NULL,
  reason      TEXT COLLATE "C" NOT NULL,
  closed_at   BIGINT NOT NULL,
  PRIMARY KEY (program_id, number)
);

CREATE TABLE period_total (
  program_id  BIGINT NOT NULL,
  number      BIGINT NOT NULL,
  kind        BIGINT NOT NULL,
  from_bucket BIGINT NOT NULL,
  to_bucket   BIGINT NOT NULL,
  points      BIGINT NOT NULL,
  entries     BIGINT NOT NULL,
  PRIMARY KEY (program_id, number, kind, from_bucket, to_bucket)
);

-- +goose StatementBegin
CREATE FUNCTION period_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'closed periods are never updated or deleted' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER period_never_changed BEFORE UPDATE OR DELETE ON period FOR EACH ROW EXECUTE FUNCTION period_never_changes();
CREATE TRIGGER period_never_emptied BEFORE TRUNCATE ON period FOR EACH STATEMENT EXECUTE FUNCTION period_never_changes();
CREATE TRIGGER period_total_never_changed BEFORE UPDATE OR DELETE ON period_total FOR EACH ROW EXECUTE FUNCTION period_never_changes();
CREATE TRIGGER period_total_never_emptied BEFORE TRUNCATE ON period_total FOR EACH STATEMENT EXECUTE FUNCTION period_never_changes();
