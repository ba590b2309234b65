-- +goose Up
-- Accounts that have entries of a document or an operation (a negative ID) which is not
-- theirs, or not theirs any more: with these, those of the account itself and no others,
-- all entries of an account are found without looking at the whole ledger.
CREATE TABLE account_document (
  account_id  INTEGER NOT NULL REFERENCES contractor (id),
  document_id INTEGER NOT NULL,
  PRIMARY KEY (account_id, document_id)
) WITHOUT ROWID;
INSERT INTO account_document (account_id, document_id)
  SELECT DISTINCT e.account_id, e.document_id FROM entry e
  LEFT JOIN document d ON d.id = e.document_id LEFT JOIN operation o ON o.id = -e.document_id
  WHERE e.account_id <> coalesce(d.account_id, o.account_id, 0);

-- What is held for an account.
CREATE INDEX operation_held ON operation (account_id) WHERE state = 1;
