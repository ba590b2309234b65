-- +goose Up

-- Jobs that operators keep here; those of the configuration file are not.
CREATE TABLE job (
  name       TEXT PRIMARY KEY,
  definition TEXT    NOT NULL,            -- JSON
  changed_by TEXT    NOT NULL,
  changed_at INTEGER NOT NULL
);

-- What is remembered about a job by name, wherever it is defined.
CREATE TABLE job_state (
  job        TEXT PRIMARY KEY,
  schedule   TEXT    NOT NULL,
  anchor     INTEGER NOT NULL,            -- what intervals count from, or when a once job is due
  horizon    INTEGER NOT NULL,            -- every tick up to here has run or is recorded as missed
  paused     INTEGER NOT NULL DEFAULT 0,
  paused_by  TEXT    NOT NULL DEFAULT '',
  pause      TEXT    NOT NULL DEFAULT '{}',
  paused_at  INTEGER,
  failures   INTEGER NOT NULL DEFAULT 0,
  backoff    INTEGER,
  success    INTEGER,
  seen       INTEGER NOT NULL,
  guarded    INTEGER NOT NULL DEFAULT 0   -- run that waits for a person
);

CREATE TABLE run (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  job        TEXT    NOT NULL,
  kind       TEXT    NOT NULL,
  source     TEXT    NOT NULL DEFAULT '',
  program    TEXT    NOT NULL DEFAULT '',
  tick       INTEGER,                     -- NULL: by hand
  first_tick INTEGER,
  ticks      INTEGER NOT NULL DEFAULT 1,
  state      TEXT    NOT NULL CHECK (state IN
    ('queued', 'running', 'succeeded', 'failed', 'guarded', 'rejected', 'interrupted', 'missed', 'cancelled')),
  reason     TEXT    NOT NULL DEFAULT '',
  actor      TEXT    NOT NULL,
  options    TEXT    NOT NULL DEFAULT '{}',
  owner      TEXT    NOT NULL DEFAULT '',
  lease      TEXT    NOT NULL DEFAULT '',
  token      INTEGER NOT NULL DEFAULT 0,
  attempt    INTEGER NOT NULL DEFAULT 0,
  previous   INTEGER NOT NULL DEFAULT 0,
  stop       INTEGER NOT NULL DEFAULT 0,  -- a person asked it to stop
  queued     INTEGER NOT NULL,
  started    INTEGER,
  finished   INTEGER,
  progress   TEXT    NOT NULL DEFAULT '{}',
  counts     TEXT    NOT NULL DEFAULT '{}',
  error      TEXT    NOT NULL DEFAULT '{}',
  log        TEXT    NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX run_tick ON run (job, tick) WHERE tick IS NOT NULL AND state <> 'missed';
CREATE INDEX run_job ON run (job, id);
CREATE INDEX run_open ON run (state, id) WHERE state IN ('queued', 'running');
CREATE INDEX run_queued ON run (queued);

-- What a person was told, once; pending says that the last change of state has
-- still to be sent.
CREATE TABLE alert_state (
  kind     TEXT    NOT NULL,
  subject  TEXT    NOT NULL,
  cured    INTEGER NOT NULL DEFAULT 0,
  message  TEXT    NOT NULL,
  hint     TEXT    NOT NULL,
  since    INTEGER NOT NULL,
  pending  INTEGER NOT NULL DEFAULT 1,
  tries    INTEGER NOT NULL DEFAULT 0,
  next_try INTEGER NOT NULL,
  PRIMARY KEY (kind, subject)
);
