-- snapshot.sql: this moment in the server's transactions. Whatever is not committed
-- yet has a number from the first on; whatever can be seen has one below the second.
-- They mean something only on this server (its system identifier), on its timeline
-- (another one after a standby took over) and in this database. The txid functions
-- are those that every version has, and work on a standby.
SELECT s.system_identifier::text || ' ' || c.timeline_id::text || ' ' || d.oid::text,
       txid_snapshot_xmin(txid_current_snapshot()),
       txid_snapshot_xmax(txid_current_snapshot())
FROM pg_control_system() s
CROSS JOIN pg_control_checkpoint() c
JOIN pg_catalog.pg_database d ON d.datname = current_database()
