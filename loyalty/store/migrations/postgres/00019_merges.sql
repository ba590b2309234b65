-- What sqlite/00019_merges.sql makes; columns are explained there.
-- +goose Up
ALTER TABLE operation DROP CONSTRAINT operation_points_check;
ALTER TABLE operation ADD CONSTRAINT operation_points_check CHECK (points <> 0 OR kind = 5);

CREATE TABLE account_merge (
  operation_id BIGINT PRIMARY KEY REFERENCES operation (id),
  from_id      BIGINT NOT NULL REFERENCES contractor (id),
  into_id      BIGINT NOT NULL REFERENCES contractor (id),
  actor        TEXT COLLATE "C" NOT NULL,
  reason       TEXT COLLATE "C" NOT NULL,
  merged_at    BIGINT NOT NULL,
  undone_by    TEXT COLLATE "C" NOT NULL DEFAULT '',
  undone_at    BIGINT
);
CREATE UNIQUE INDEX account_merged ON account_merge (from_id) WHERE undone_at IS NULL;
CREATE INDEX account_merge_from ON account_merge (from_id, into_id);
CREATE INDEX account_merge_into ON account_merge (into_id, from_id);

CREATE TABLE merge_dismissed (
  low_id  BIGINT NOT NULL REFERENCES contractor (id),
  high_id BIGINT NOT NULL REFERENCES contractor (id),
  actor   TEXT COLLATE "C" NOT NULL,
  reason  TEXT COLLATE "C" NOT NULL,
  at      BIGINT NOT NULL,
  PRIMARY KEY (low_id, high_id)
);

CREATE INDEX contractor_tax ON contractor (feed_id, tax_id) WHERE tax_id <> '';
CREATE INDEX lot_lapsed ON lot (account_id) WHERE lapsed > 0;
