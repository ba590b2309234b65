-- +goose Up
-- A merge (kind 5) may have no points to move; SQLite changes a CHECK by a new table.
CREATE TABLE operation_next (
  id          INTEGER PRIMARY KEY,
  program_id  INTEGER NOT NULL REFERENCES program (id),
  account_id  INTEGER NOT NULL REFERENCES contractor (id),
  kind        INTEGER NOT NULL,
  state       INTEGER NOT NULL,
  client_key  TEXT    NOT NULL DEFAULT '',
  fingerprint TEXT    NOT NULL DEFAULT '',
  other_id    INTEGER REFERENCES contractor (id),
  points      INTEGER NOT NULL CHECK (points <> 0 OR kind = 5),
  spent       INTEGER NOT NULL CHECK (spent >= 0),
  rate        TEXT    NOT NULL,
  worth       TEXT    NOT NULL,
  document    TEXT    NOT NULL DEFAULT '',
  lapses_on   INTEGER,
  on_date     INTEGER NOT NULL,
  actor       TEXT    NOT NULL,
  reason      TEXT    NOT NULL,
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER,
  resolved_at INTEGER,
  resolved_by TEXT    NOT NULL DEFAULT ''
);
INSERT INTO operation_next SELECT * FROM operation;
DROP TABLE operation;
ALTER TABLE operation_next RENAME TO operation;
CREATE UNIQUE INDEX operation_key ON operation (program_id, client_key) WHERE client_key <> '';
CREATE INDEX operation_account ON operation (account_id, on_date, id);
CREATE INDEX operation_open ON operation (expires_at, id) WHERE state = 1;
CREATE INDEX operation_document ON operation (program_id, document) WHERE document <> '';
CREATE INDEX operation_proposed ON operation (program_id, id) WHERE state = 6;

-- Contractors that are one firm. While a merge is in force, into_id has the points of
-- from_id; documents and lots keep the account whose they are. An account that is merged
-- has nobody merged into it, so there are no chains.
CREATE TABLE account_merge (
  operation_id INTEGER PRIMARY KEY REFERENCES operation (id),
  from_id      INTEGER NOT NULL REFERENCES contractor (id),
  into_id      INTEGER NOT NULL REFERENCES contractor (id),
  actor        TEXT    NOT NULL,
  reason       TEXT    NOT NULL,
  merged_at    INTEGER NOT NULL,
  undone_by    TEXT    NOT NULL DEFAULT '',
  undone_at    INTEGER                       -- NULL while it is in force
);
CREATE UNIQUE INDEX account_merged ON account_merge (from_id) WHERE undone_at IS NULL;
CREATE INDEX account_merge_from ON account_merge (from_id, into_id);
CREATE INDEX account_merge_into ON account_merge (into_id, from_id);

-- Pairs that look like one firm and are not, as somebody decided.
CREATE TABLE merge_dismissed (
  low_id  INTEGER NOT NULL REFERENCES contractor (id),
  high_id INTEGER NOT NULL REFERENCES contractor (id),
  actor   TEXT    NOT NULL,
  reason  TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (low_id, high_id)
);

-- Contractors with a tax number; lots with nothing to spend but lapsed points.
CREATE INDEX contractor_tax ON contractor (feed_id, tax_id) WHERE tax_id <> '';
CREATE INDEX lot_lapsed ON lot (account_id) WHERE lapsed > 0;
