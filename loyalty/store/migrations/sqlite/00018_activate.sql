-- +goose Up
-- What the pending points of a released chain wait for, on its original: the first day
-- on which they are active, 2147483647 for payment, 0 for nothing. Those that wait are
-- found by it, the soonest first.
ALTER TABLE document ADD COLUMN waits INTEGER NOT NULL DEFAULT 0;
CREATE INDEX document_waiting ON document (feed_id, waits, id) WHERE waits > 0;
