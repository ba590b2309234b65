-- +goose Up
-- Tables of points of single items, which rule sets name by hash.
CREATE TABLE rule_table (
  hash TEXT PRIMARY KEY,
  body TEXT NOT NULL
) WITHOUT ROWID;
