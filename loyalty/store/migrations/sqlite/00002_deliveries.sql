-- How far each platform has come, and what it will not take. Points are not
-- queued: a position counts over entry.id, over contractor.version and
-- representative.version, or over account.seq.

-- +goose Up
CREATE TABLE delivery_position (
  platform TEXT    NOT NULL,
  feed_id  INTEGER NOT NULL REFERENCES feed (id),
  kind     TEXT    NOT NULL,              -- contractors, representatives, points, accounts
  position INTEGER NOT NULL,
  PRIMARY KEY (platform, feed_id, kind)
);

CREATE TABLE dead_letter (
  id         INTEGER PRIMARY KEY,
  platform   TEXT    NOT NULL,
  feed_id    INTEGER NOT NULL REFERENCES feed (id),
  kind       TEXT    NOT NULL,
  item       TEXT    NOT NULL,            -- ID of the item, the same at every sending
  ref        INTEGER NOT NULL,            -- entry, contractor, representative or account
  account_id INTEGER NOT NULL,            -- whose points; 0 for people
  code       TEXT    NOT NULL,
  message    TEXT    NOT NULL,
  attempts   INTEGER NOT NULL,
  first_at   INTEGER NOT NULL,
  last_at    INTEGER NOT NULL,
  state      TEXT    NOT NULL CHECK (state IN ('dead', 'requeued')),
  UNIQUE (platform, feed_id, kind, item)
);
CREATE INDEX dead_letter_account ON dead_letter (account_id) WHERE account_id <> 0;

CREATE TABLE platform_state (
  platform      TEXT PRIMARY KEY,
  blocked_since INTEGER NOT NULL,
  reason        TEXT    NOT NULL
);

-- Where each epoch of the store begins: an entry keeps the epoch it was posted
-- in, so what is sent under it has one ID for ever.
CREATE TABLE store_epoch (
  epoch       INTEGER PRIMARY KEY,
  first_entry INTEGER NOT NULL
);
INSERT INTO store_epoch (epoch, first_entry) SELECT epoch, 0 FROM store_meta;
