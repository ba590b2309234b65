-- +goose Up
-- Tiers of contractors by day. The row without superseded_at is in force; the others
-- are history.
CREATE TABLE tier (
  id            INTEGER PRIMARY KEY,
  contractor_id INTEGER NOT NULL REFERENCES contractor (id),
  tier          TEXT    NOT NULL,
  from_on       INTEGER NOT NULL,
  to_on         INTEGER,                  -- last day that counts; NULL until another begins
  actor         TEXT    NOT NULL,
  set_at        INTEGER NOT NULL,
  superseded_at INTEGER
);
CREATE UNIQUE INDEX tier_in_force ON tier (contractor_id, from_on) WHERE superseded_at IS NULL;
