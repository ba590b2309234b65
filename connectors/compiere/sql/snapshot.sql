-- snapshot.sql: this moment in the server's transactions. Whatever is not committed
-- yet has a number from the first on; whatever can be seen has one below the second.
-- They mean something only on this server (its system identifier), on its timeline
-- (another one after a standby took over) and in this database. The txid functions
-- are those that every version has, and work on a standby. How often headers were
-- written is counted per table, after the commit; a standby counts nothing, and a
-- table with others below it not theirs.
SELECT s.system_identifier::text || ' ' || c.timeline_id::text || ' ' || d.oid::text,
       txid_snapshot_xmin(txid_current_snapshot()),
       txid_snapshot_xmax(txid_current_snapshot()),
       (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
       CASE WHEN pg_is_in_recovery() OR current_setting('track_counts') <> 'on' OR t.relhassubclass THEN ''
           ELSE concat_ws('/', t.oid, pg_stat_get_tuples_inserted(t.oid), pg_stat_get_tuples_updated(t.oid), pg_stat_get_tuples_deleted(t.oid))
       END
FROM pg_control_system() s
CROSS JOIN pg_control_checkpoint() c
JOIN pg_catalog.pg_database d ON d.datname = current_database()
JOIN pg_catalog.pg_namespace n ON n.nspname = @schema
JOIN pg_catalog.pg_class t ON t.relnamespace = n.oid AND t.relname = 'c_invoice'
