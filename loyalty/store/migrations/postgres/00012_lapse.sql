-- +goose Up
-- Points of a lot that were posted as lapsed and not taken back since. Lots with
-- points that will lapse are found by their feed, the soonest first.
ALTER TABLE lot ADD COLUMN lapsed BIGINT NOT NULL DEFAULT 0 CHECK (lapsed >= 0);
ALTER TABLE lot ADD COLUMN feed_id BIGINT NOT NULL DEFAULT 0;
UPDATE lot SET feed_id = coalesce((SELECT d.feed_id FROM document d WHERE d.id = lot.document_id), 0);
CREATE INDEX lot_lapsing ON lot (feed_id, lapses_on, id) WHERE active > 0 AND lapses_on IS NOT NULL;
