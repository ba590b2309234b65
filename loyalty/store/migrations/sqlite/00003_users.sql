-- +goose Up
CREATE TABLE app_user (
  id              INTEGER PRIMARY KEY,
  name            TEXT    NOT NULL,
  name_key        TEXT    NOT NULL UNIQUE,   -- the name in lower case, whatever the alphabet
  password_hash   TEXT    NOT NULL,          -- argon2id with its parameters
  role            TEXT    NOT NULL,
  lang            TEXT    NOT NULL DEFAULT '',
  disabled        INTEGER NOT NULL DEFAULT 0,
  version         INTEGER NOT NULL DEFAULT 1, -- sessions of another version have ended
  created_at      INTEGER NOT NULL,
  last_sign_in_at INTEGER
);

CREATE TABLE session (
  token      TEXT    PRIMARY KEY,            -- SHA-256 of what the browser holds
  data       BLOB    NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE audit (
  id      INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  actor   TEXT    NOT NULL DEFAULT '',
  address TEXT    NOT NULL DEFAULT '',
  action  TEXT    NOT NULL,
  subject TEXT    NOT NULL DEFAULT '',
  before  TEXT    NOT NULL DEFAULT '',
  after   TEXT    NOT NULL DEFAULT ''
);
-- +goose StatementBegin
CREATE TRIGGER audit_never_updated BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE (ABORT, 'audit rows are never updated');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_never_deleted BEFORE DELETE ON audit
BEGIN
  SELECT RAISE (ABORT, 'audit rows are never deleted');
END;
-- +goose StatementEnd

-- A page of one contractor's documents is read from the end of an index, by
-- account and by party, without sorting.
DROP INDEX document_party;
CREATE INDEX document_party ON document (feed_id, party, date, id);
