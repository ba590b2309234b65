-- +goose Up
-- Closed periods of programs: what is found later counts in the first open one. Points
-- are by bucket at the end of the period, totals what moved in it.
CREATE TABLE period (
  program_id  INTEGER NOT NULL REFERENCES program (id),
  number      INTEGER NOT NULL,           -- of the program's periods, from 1
  through_on  INTEGER NOT NULL,           -- the last day
  last_entry  INTEGER NOT NULL,           -- entries after it do not count in the period, whatever their day
  ahead_entry INTEGER NOT NULL,           -- entries before it are of days up to through_on
  block       INTEGER NOT NULL,           -- number of the program's last block, and its hash
  hash        TEXT    NOT NULL,
  pending     INTEGER NOT NULL,
  active      INTEGER NOT NULL,
  held        INTEGER NOT NULL,
  spent       INTEGER NOT NULL,
  lapsed      INTEGER NOT NULL,
  debt        INTEGER NOT NULL,
  currency    TEXT    NOT NULL,
  worth       TEXT    NOT NULL,           -- money for active and held points
  pending_worth TEXT  NOT NULL,           -- and for pending ones
  actor       TEXT    NOT NULL,
  reason      TEXT    NOT NULL,
  closed_at   INTEGER NOT NULL,
  PRIMARY KEY (program_id, number)
);

CREATE TABLE period_total (
  program_id  INTEGER NOT NULL,
  number      INTEGER NOT NULL,
  kind        INTEGER NOT NULL,
  from_bucket INTEGER NOT NULL,
  to_bucket   INTEGER NOT NULL,
  points      INTEGER NOT NULL,
  entries     INTEGER NOT NULL,
  PRIMARY KEY (program_id, number, kind, from_bucket, to_bucket)
);

-- +goose StatementBegin
CREATE TRIGGER period_never_updated BEFORE UPDATE ON period
BEGIN
  SELECT RAISE (ABORT, 'closed periods are never updated');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER period_never_deleted BEFORE DELETE ON period
BEGIN
  SELECT RAISE (ABORT, 'closed periods are never deleted');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER period_total_never_updated BEFORE UPDATE ON period_total
BEGIN
  SELECT RAISE (ABORT, 'closed periods are never updated');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER period_total_never_deleted BEFORE DELETE ON period_total
BEGIN
  SELECT RAISE (ABORT, 'closed periods are never deleted');
END;
-- +goose StatementEnd
