-- What sqlite/00005_received.sql makes; columns are explained there.
-- +goose Up
CREATE TABLE received_version (
  feed_id BIGINT NOT NULL REFERENCES feed (id),
  kind    TEXT COLLATE "C" NOT NULL,
  erp_key TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (feed_id, kind, erp_key)
);

CREATE TABLE received_item (
  feed_id     BIGINT NOT NULL REFERENCES feed (id),
  id          TEXT COLLATE "C" NOT NULL,
  fingerprint TEXT COLLATE "C" NOT NULL,
  document    TEXT COLLATE "C" NOT NULL,
  of_item     TEXT COLLATE "C" NOT NULL,
  entry_id    BIGINT NOT NULL,
  body        TEXT COLLATE "C",
  PRIMARY KEY (feed_id, id)
);
CREATE INDEX received_item_waiting ON received_item (feed_id, document) WHERE entry_id = 0;
CREATE INDEX received_item_waiting_of ON received_item (feed_id, of_item) WHERE entry_id = 0;
