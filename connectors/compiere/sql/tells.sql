-- tells.sql: whether the server lets this login ask which transactions are over,
-- and who it is.
SELECT bool_and(coalesce(has_function_privilege(f.oid, 'EXECUTE'), false))
FROM (VALUES (to_regprocedure('pg_catalog.txid_current_snapshot()')),
             (to_regprocedure('pg_catalog.pg_control_system()')),
             (to_regprocedure('pg_catalog.pg_control_checkpoint()'))) AS f (oid)
