-- +goose Up
-- See the file of the same name for SQLite.
CREATE TABLE account_document (
  account_id  BIGINT NOT NULL REFERENCES contractor (id),
  document_id BIGINT NOT NULL,
  PRIMARY KEY (account_id, document_id)
);
INSERT INTO account_document (account_id, document_id)
  SELECT DISTINCT e.account_id, e.document_id FROM entry e
  LEFT JOIN document d ON d.id = e.document_id LEFT JOIN operation o ON o.id = -e.document_id
  WHERE e.account_id <> coalesce(d.account_id, o.account_id, 0);

-- What is held for an account.
CREATE INDEX operation_held ON operation (account_id) WHERE state = 1;
