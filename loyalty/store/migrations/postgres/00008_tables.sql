-- What sqlite/00008_tables.sql makes; columns are explained there.
-- +goose Up

CREATE TABLE rule_table (
  hash TEXT COLLATE "C" PRIMARY KEY,
  body TEXT COLLATE "C" NOT NULL
);
