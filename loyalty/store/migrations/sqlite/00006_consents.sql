-- +goose Up
ALTER TABLE representative ADD COLUMN preferred  INTEGER NOT NULL DEFAULT 0;    -- the contractor's own choice among its people
ALTER TABLE representative ADD COLUMN consents   TEXT    NOT NULL DEFAULT '[]'; -- ways in which the person may be written to
ALTER TABLE representative ADD COLUMN attributes TEXT    NOT NULL DEFAULT '{}';
