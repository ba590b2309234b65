-- What sqlite/00009_caps.sql makes; columns are explained there.
-- +goose Up
CREATE TABLE cap_use (
  program_id BIGINT NOT NULL REFERENCES program (id),
  rule_id    BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  period     TEXT COLLATE "C" NOT NULL,
  starts_on  BIGINT NOT NULL,
  used       BIGINT NOT NULL CHECK (used >= 0),
  PRIMARY KEY (program_id, rule_id, account_id, period, starts_on)
);
