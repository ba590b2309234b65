-- What sqlite/00015_restore.sql makes; columns are explained there.
-- +goose Up
CREATE TABLE reconciled (
  platform TEXT COLLATE "C" NOT NULL,
  feed_id  BIGINT NOT NULL REFERENCES feed (id),
  epoch    BIGINT NOT NULL,
  after    TEXT COLLATE "C" NOT NULL,
  done     BIGINT NOT NULL,
  PRIMARY KEY (platform, feed_id)
);

ALTER TABLE received_item ADD COLUMN points BIGINT NOT NULL DEFAULT 0;
UPDATE received_item SET points = s.points FROM (
  SELECT w.feed_id, w.id, sum(e.amount) AS points
  FROM (SELECT feed_id, id, entry_id, lead(entry_id) OVER (ORDER BY entry_id) AS next FROM received_item WHERE entry_id > 0) w
  JOIN entry f ON f.id = w.entry_id
  JOIN entry e ON e.id >= w.entry_id AND e.id < coalesce(w.next, w.entry_id + 3) AND e.batch_id = f.batch_id
  GROUP BY w.feed_id, w.id
) s WHERE s.feed_id = received_item.feed_id AND s.id = received_item.id;
