-- results.sql: where statement.sql writes.
DROP TABLE IF EXISTS loyalsync_bench_entry, loyalsync_bench_balance;
CREATE TABLE loyalsync_bench_entry (
    document bigint NOT NULL, line bigint NOT NULL, rule integer NOT NULL, contractor bigint NOT NULL, day date NOT NULL,
    pending boolean NOT NULL, points bigint NOT NULL, PRIMARY KEY (document, line, rule));
CREATE TABLE loyalsync_bench_balance (contractor bigint PRIMARY KEY, active bigint NOT NULL, pending bigint NOT NULL)
