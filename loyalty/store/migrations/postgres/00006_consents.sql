-- What sqlite/00006_consents.sql makes; columns are explained there.
-- +goose Up
ALTER TABLE representative ADD COLUMN preferred  BIGINT NOT NULL DEFAULT 0;
ALTER TABLE representative ADD COLUMN consents   TEXT COLLATE "C" NOT NULL DEFAULT '[]';
ALTER TABLE representative ADD COLUMN attributes TEXT COLLATE "C" NOT NULL DEFAULT '{}';
