-- +goose Up
-- Recomputes of the documents of a feed under a version of the rules, and what each
-- original was pinned to before.
CREATE TABLE recompute (
  id          INTEGER PRIMARY KEY,
  feed_id     INTEGER NOT NULL REFERENCES feed (id),
  rule_set_id INTEGER NOT NULL REFERENCES rule_set (id),
  from_on     INTEGER,                    -- NULL is from the beginning
  to_on       INTEGER,                    -- NULL is without end
  state       INTEGER NOT NULL,
  position    INTEGER NOT NULL DEFAULT 0, -- the last document that the state has come to
  actor       TEXT    NOT NULL,
  reason      TEXT    NOT NULL,
  created_at  INTEGER NOT NULL,
  undone_by   TEXT    NOT NULL DEFAULT '',
  undone_at   INTEGER,
  undo_reason TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX recompute_feed ON recompute (feed_id, id);

CREATE TABLE recompute_pin (
  recompute_id INTEGER NOT NULL REFERENCES recompute (id),
  document_id  INTEGER NOT NULL,
  rule_set_id  INTEGER,
  inputs       TEXT    NOT NULL,          -- '' is none
  date         INTEGER NOT NULL,          -- of the document then, and its party: what they are now decides, if it is another
  party        TEXT    NOT NULL,
  waits        INTEGER NOT NULL,          -- what its points waited for
  PRIMARY KEY (recompute_id, document_id)
) WITHOUT ROWID;
