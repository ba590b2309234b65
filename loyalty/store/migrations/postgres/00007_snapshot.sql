-- What sqlite/00007_snapshot.sql makes; columns are explained there.
-- +goose Up
ALTER TABLE cursor ADD COLUMN snapshot TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE cursor ADD COLUMN taken    TEXT COLLATE "C" NOT NULL DEFAULT '';
