-- +goose Up
-- What contractors were merged into in the ERP, as it tells, by its keys. One that was
-- merged into another is never named by into_key: the last of a chain is.
CREATE TABLE erp_merge (
  feed_id  INTEGER NOT NULL REFERENCES feed (id),
  from_key TEXT    NOT NULL,
  into_key TEXT    NOT NULL,
  seen_at  INTEGER NOT NULL,
  PRIMARY KEY (feed_id, from_key)
);
CREATE INDEX erp_merge_into ON erp_merge (feed_id, into_key);

-- Contractors that documents were of before the ERP gave them to another: where many
-- documents go the same way, it has merged the two, though it keeps no record of that.
CREATE TABLE document_moved (
  document_id INTEGER NOT NULL REFERENCES document (id),
  from_key    TEXT    NOT NULL,
  seen_at     INTEGER NOT NULL,
  PRIMARY KEY (document_id, from_key)
);

-- Contractors that are not active are written anew by the next listing: it tells of which
-- of them the ERP has merged.
UPDATE contractor SET hash = '' WHERE active = 0;
