-- What sqlite/00018_activate.sql makes; columns are explained there.
-- +goose Up
ALTER TABLE document ADD COLUMN waits BIGINT NOT NULL DEFAULT 0;
CREATE INDEX document_waiting ON document (feed_id, waits, id) WHERE waits > 0;
