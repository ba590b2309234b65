-- +goose Up
-- What was done with points beside documents. The entries of an operation have the
-- negative of its id as their document_id, and a lot as their line.
CREATE TABLE operation (
  id          INTEGER PRIMARY KEY,
  program_id  INTEGER NOT NULL REFERENCES program (id),
  account_id  INTEGER NOT NULL REFERENCES contractor (id),
  kind        INTEGER NOT NULL,
  state       INTEGER NOT NULL,
  client_key  TEXT    NOT NULL DEFAULT '',   -- kept for ever
  fingerprint TEXT    NOT NULL DEFAULT '',   -- of what was asked for with the key
  other_id    INTEGER REFERENCES contractor (id), -- who gets points that are transferred
  points      INTEGER NOT NULL CHECK (points <> 0), -- less than nothing: taken by an adjustment
  spent       INTEGER NOT NULL CHECK (spent >= 0),
  rate        TEXT    NOT NULL,              -- money for a point, worth: money for all of them
  worth       TEXT    NOT NULL,
  document    TEXT    NOT NULL DEFAULT '',   -- number of the bill that was paid
  lapses_on   INTEGER,                       -- last day of points that are given; NULL is never
  on_date     INTEGER NOT NULL,
  actor       TEXT    NOT NULL,
  reason      TEXT    NOT NULL,
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER,                       -- NULL for those that hold nothing
  resolved_at INTEGER,
  resolved_by TEXT    NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX operation_key ON operation (program_id, client_key) WHERE client_key <> '';
CREATE INDEX operation_account ON operation (account_id, on_date, id);
CREATE INDEX operation_open ON operation (expires_at, id) WHERE state = 1;
CREATE INDEX operation_document ON operation (program_id, document) WHERE document <> '';
CREATE INDEX contractor_card ON contractor (card) WHERE card <> '';   -- tills find contractors by their cards
CREATE INDEX operation_proposed ON operation (program_id, id) WHERE state = 6;
