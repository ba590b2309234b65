-- What other ledgers have sent to this home. IDs of items are kept for ever: the
-- same item may come again at any time.

-- +goose Up
CREATE TABLE received_version (
  feed_id INTEGER NOT NULL REFERENCES feed (id),
  kind    TEXT    NOT NULL,               -- contractors, representatives
  erp_key TEXT    NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (feed_id, kind, erp_key)
) WITHOUT ROWID;

CREATE TABLE received_item (
  feed_id     INTEGER NOT NULL REFERENCES feed (id),
  id          TEXT    NOT NULL,
  fingerprint TEXT    NOT NULL,           -- of what never changes about it
  document    TEXT    NOT NULL,
  of_item     TEXT    NOT NULL,
  entry_id    INTEGER NOT NULL,           -- 0: waits for what it is about
  body        TEXT,                       -- while it waits
  PRIMARY KEY (feed_id, id)
) WITHOUT ROWID;
CREATE INDEX received_item_waiting ON received_item (feed_id, document) WHERE entry_id = 0;
CREATE INDEX received_item_waiting_of ON received_item (feed_id, of_item) WHERE entry_id = 0;
