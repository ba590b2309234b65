-- +goose Up
ALTER TABLE cursor ADD COLUMN snapshot TEXT NOT NULL DEFAULT ''; -- what the source had committed before the last completed pass
ALTER TABLE cursor ADD COLUMN taken    TEXT NOT NULL DEFAULT ''; -- the same for the pass under way
