-- +goose Up
-- How far a platform was compared with the ledger in an epoch of the store: before
-- anything is sent to it after a backup was put back.
CREATE TABLE reconciled (
  platform TEXT    NOT NULL,
  feed_id  INTEGER NOT NULL REFERENCES feed (id),
  epoch    INTEGER NOT NULL,
  after    TEXT    NOT NULL,              -- the last item that was compared
  done     INTEGER NOT NULL,
  PRIMARY KEY (platform, feed_id)
) WITHOUT ROWID;

-- What an item moved, to be told to whoever sent it. Of those that came before, it is
-- the sum of their entries: up to those of the next item, within one call.
ALTER TABLE received_item ADD COLUMN points INTEGER NOT NULL DEFAULT 0;
UPDATE received_item SET points = s.points FROM (
  SELECT w.feed_id, w.id, sum(e.amount) AS points
  FROM (SELECT feed_id, id, entry_id, lead(entry_id) OVER (ORDER BY entry_id) AS next FROM received_item WHERE entry_id > 0) w
  JOIN entry f ON f.id = w.entry_id
  JOIN entry e ON e.id >= w.entry_id AND e.id < coalesce(w.next, w.entry_id + 3) AND e.batch_id = f.batch_id
  GROUP BY w.feed_id, w.id
) s WHERE s.feed_id = received_item.feed_id AND s.id = received_item.id;
