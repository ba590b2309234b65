-- +goose Up
-- How many points were given of what caps limit: by rule (0: all rules of the
-- program together), account (0: all accounts) and period from a first day on.
CREATE TABLE cap_use (
  program_id INTEGER NOT NULL REFERENCES program (id),
  rule_id    INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  period     TEXT    NOT NULL,
  starts_on  INTEGER NOT NULL,
  used       INTEGER NOT NULL CHECK (used >= 0),
  PRIMARY KEY (program_id, rule_id, account_id, period, starts_on)
) WITHOUT ROWID;

-- Sales of a contractor are looked through for what a return brings back.
DROP INDEX document_party;
CREATE INDEX document_party ON document (feed_id, party, date);
