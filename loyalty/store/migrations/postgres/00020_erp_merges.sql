-- What sqlite/00020_erp_merges.sql makes; columns are explained there.
-- +goose Up
CREATE TABLE erp_merge (
  feed_id  BIGINT NOT NULL REFERENCES feed (id),
  from_key TEXT COLLATE "C" NOT NULL,
  into_key TEXT COLLATE "C" NOT NULL,
  seen_at  BIGINT NOT NULL,
  PRIMARY KEY (feed_id, from_key)
);
CREATE INDEX erp_merge_into ON erp_merge (feed_id, into_key);

CREATE TABLE document_moved (
  document_id BIGINT NOT NULL REFERENCES document (id),
  from_key    TEXT COLLATE "C" NOT NULL,
  seen_at     BIGINT NOT NULL,
  PRIMARY KEY (document_id, from_key)
);

UPDATE contractor SET hash = '' WHERE active = 0;
