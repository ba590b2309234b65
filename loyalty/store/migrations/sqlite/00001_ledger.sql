-- Dates are days since 1970-01-01, instants microseconds since the epoch (UTC),
-- points integers in the program's smallest unit.

-- +goose Up
CREATE TABLE store_meta (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  epoch      INTEGER NOT NULL,            -- grows with every restore; first part of what is sent
  version    INTEGER NOT NULL DEFAULT 0,  -- last version given to a contractor or representative
  created_at INTEGER NOT NULL
);
INSERT INTO store_meta (id, epoch, created_at) VALUES (1, 1, CAST(strftime('%s', 'now') AS INTEGER) * 1000000);

CREATE TABLE program (
  id       INTEGER PRIMARY KEY,
  name     TEXT    NOT NULL UNIQUE,
  currency TEXT    NOT NULL,
  decimals INTEGER NOT NULL
);

CREATE TABLE source (
  id       INTEGER PRIMARY KEY,
  name     TEXT NOT NULL UNIQUE,
  identity TEXT NOT NULL                  -- of the ERP's database; '' accepts the next one seen
);

-- A feed is one source read for one program. version changes with everything
-- that scoring depends on beside the documents themselves.
CREATE TABLE feed (
  id           INTEGER PRIMARY KEY,
  program_id   INTEGER NOT NULL REFERENCES program (id),
  source_id    INTEGER NOT NULL REFERENCES source (id),
  version      INTEGER NOT NULL DEFAULT 0,
  people_fp    TEXT    NOT NULL DEFAULT '',
  documents_fp TEXT    NOT NULL DEFAULT '',
  UNIQUE (program_id, source_id)
);

CREATE TABLE lease (
  name       TEXT PRIMARY KEY,
  token      INTEGER NOT NULL,            -- grows with every taking: the fence
  owner      TEXT    NOT NULL,
  expires_at INTEGER NOT NULL
);

CREATE TABLE cursor (
  feed_id  INTEGER NOT NULL REFERENCES feed (id),
  kind     TEXT NOT NULL,
  floor    TEXT NOT NULL DEFAULT '',
  position TEXT NOT NULL DEFAULT '',
  ceiling  TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (feed_id, kind)
);

CREATE TABLE rule_set (
  id         INTEGER PRIMARY KEY,
  program_id INTEGER NOT NULL REFERENCES program (id),
  valid_from INTEGER NOT NULL,
  hash       TEXT    NOT NULL,
  body       TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (program_id, hash)
);

CREATE TABLE rule (
  id         INTEGER PRIMARY KEY,
  program_id INTEGER NOT NULL REFERENCES program (id),
  name       TEXT NOT NULL,
  UNIQUE (program_id, name)
);

-- A contractor as one feed knows it. Without a part in the program it has no
-- name and no contacts.
CREATE TABLE contractor (
  id         INTEGER PRIMARY KEY,
  feed_id    INTEGER NOT NULL REFERENCES feed (id),
  erp_key    TEXT    NOT NULL,
  code       TEXT    NOT NULL DEFAULT '',
  name       TEXT    NOT NULL DEFAULT '',
  tax_id     TEXT    NOT NULL DEFAULT '',
  email      TEXT    NOT NULL DEFAULT '',
  phone      TEXT    NOT NULL DEFAULT '',
  erp_group  TEXT    NOT NULL DEFAULT '',
  card       TEXT    NOT NULL DEFAULT '',
  attributes TEXT    NOT NULL DEFAULT '{}',
  active     INTEGER NOT NULL DEFAULT 1,
  hash       TEXT    NOT NULL DEFAULT '',
  joined_on  INTEGER,
  version    INTEGER NOT NULL DEFAULT 0,  -- 0: never to be sent
  UNIQUE (feed_id, erp_key)
);
CREATE INDEX contractor_version ON contractor (feed_id, version);
CREATE INDEX contractor_code ON contractor (code);

-- Who takes part, since when, and to whom the points go. The row without
-- superseded_at is in force; the others are history.
CREATE TABLE participation (
  id            INTEGER PRIMARY KEY,
  contractor_id INTEGER NOT NULL REFERENCES contractor (id),
  takes_part    INTEGER NOT NULL,
  from_on       INTEGER NOT NULL,
  to_on         INTEGER,                  -- last day that counts; NULL while taking part
  beneficiary   TEXT    NOT NULL DEFAULT '',
  reason        TEXT    NOT NULL DEFAULT '',
  decided_at    INTEGER NOT NULL,
  superseded_at INTEGER
);
CREATE UNIQUE INDEX participation_in_force ON participation (contractor_id) WHERE superseded_at IS NULL;

CREATE TABLE representative (
  id             INTEGER PRIMARY KEY,
  feed_id        INTEGER NOT NULL REFERENCES feed (id),
  erp_key        TEXT    NOT NULL,
  contractor_key TEXT    NOT NULL,
  name           TEXT    NOT NULL,
  email          TEXT    NOT NULL,
  phone          TEXT    NOT NULL,
  active         INTEGER NOT NULL,
  hash           TEXT    NOT NULL,
  version        INTEGER NOT NULL,
  UNIQUE (feed_id, erp_key)
);
CREATE INDEX representative_version ON representative (feed_id, version);

-- A sales document. Those of contractors who do not take part have no body.
CREATE TABLE document (
  id          INTEGER PRIMARY KEY,
  feed_id     INTEGER NOT NULL REFERENCES feed (id),
  erp_key     TEXT    NOT NULL,
  type        TEXT    NOT NULL,
  corrects    TEXT    NOT NULL DEFAULT '', -- erp_key of the document it corrects
  root        TEXT    NOT NULL,            -- erp_key of the chain's original
  number      TEXT    NOT NULL,
  external_no TEXT    NOT NULL DEFAULT '',
  state       INTEGER NOT NULL,
  date        INTEGER NOT NULL,
  issued_on   INTEGER NOT NULL,
  party       TEXT    NOT NULL,            -- contractor whose taking part decides
  account_id  INTEGER,                     -- contractor who has the points
  rule_set_id INTEGER,                     -- pinned at first scoring
  reason      TEXT    NOT NULL DEFAULT '', -- why there are no points
  pending     INTEGER NOT NULL DEFAULT 0,
  active      INTEGER NOT NULL DEFAULT 0,
  hash        TEXT    NOT NULL,
  digest      TEXT    NOT NULL,
  modified    TEXT    NOT NULL,
  body        TEXT,
  UNIQUE (feed_id, erp_key, type)
);
CREATE INDEX document_chain ON document (feed_id, root) WHERE corrects <> '';
CREATE INDEX document_account ON document (account_id, date, id) WHERE account_id IS NOT NULL;
CREATE INDEX document_party ON document (feed_id, party);
CREATE INDEX document_issued ON document (feed_id, issued_on);
CREATE INDEX document_buffered ON document (feed_id) WHERE state = 1;
CREATE INDEX document_number ON document (number COLLATE NOCASE);
CREATE INDEX document_external ON document (external_no COLLATE NOCASE) WHERE external_no <> '';

-- Documents to be computed again because who takes part, since when, or to whom
-- the points go has changed.
CREATE TABLE reevaluate (
  feed_id     INTEGER NOT NULL REFERENCES feed (id),
  document_id INTEGER NOT NULL REFERENCES document (id),
  PRIMARY KEY (feed_id, document_id)
) WITHOUT ROWID;

CREATE TABLE batch (
  id        INTEGER PRIMARY KEY,
  feed_id   INTEGER REFERENCES feed (id),
  run_id    INTEGER,
  actor     TEXT    NOT NULL,
  reason    TEXT    NOT NULL,
  posted_at INTEGER NOT NULL
);

CREATE TABLE entry (
  id           INTEGER PRIMARY KEY,       -- order of posting
  account_id   INTEGER NOT NULL,
  document_id  INTEGER NOT NULL,
  line         INTEGER NOT NULL,
  rule_id      INTEGER NOT NULL,
  revision     INTEGER NOT NULL,
  kind         INTEGER NOT NULL,
  from_bucket  INTEGER NOT NULL,
  to_bucket    INTEGER NOT NULL,
  amount       INTEGER NOT NULL CHECK (amount > 0),
  effective_on INTEGER NOT NULL,
  rule_set_id  INTEGER,
  of_id        INTEGER,                   -- the entry that this one activates or reverses
  batch_id     INTEGER NOT NULL
);
CREATE UNIQUE INDEX entry_key ON entry (document_id, line, rule_id, revision);

-- +goose StatementBegin
CREATE TRIGGER entry_never_updated BEFORE UPDATE ON entry
BEGIN
  SELECT RAISE (ABORT, 'entries are never updated');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER entry_never_deleted BEFORE DELETE ON entry
BEGIN
  SELECT RAISE (ABORT, 'entries are never deleted');
END;
-- +goose StatementEnd

-- What is left of the points that a document earned for an account.
CREATE TABLE lot (
  id          INTEGER PRIMARY KEY,
  account_id  INTEGER NOT NULL,
  document_id INTEGER NOT NULL,
  earned_on   INTEGER NOT NULL,
  lapses_on   INTEGER,                    -- last day on which the points may be spent
  active_at   INTEGER,                    -- when points of it first became active
  pending     INTEGER NOT NULL CHECK (pending >= 0),
  active      INTEGER NOT NULL CHECK (active >= 0),
  UNIQUE (document_id, account_id)
);
CREATE INDEX lot_spendable ON lot (account_id, lapses_on, earned_on, id) WHERE active > 0;

CREATE INDEX lot_pending ON lot (account_id) WHERE pending > 0;

CREATE TABLE account (
  id         INTEGER PRIMARY KEY REFERENCES contractor (id),
  program_id INTEGER NOT NULL REFERENCES program (id),
  pending    INTEGER NOT NULL DEFAULT 0 CHECK (pending >= 0),
  active     INTEGER NOT NULL DEFAULT 0 CHECK (active >= 0),
  held       INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
  spent      INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0),
  lapsed     INTEGER NOT NULL DEFAULT 0 CHECK (lapsed >= 0),
  debt       INTEGER NOT NULL DEFAULT 0 CHECK (debt >= 0),
  scored     INTEGER NOT NULL DEFAULT 0,
  rewards    INTEGER NOT NULL DEFAULT 0,
  seq        INTEGER NOT NULL DEFAULT 0   -- the last entry that changed it
);
CREATE INDEX account_seq ON account (program_id, seq);
