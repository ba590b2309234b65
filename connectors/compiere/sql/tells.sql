-- tells.sql: whether the server lets this login ask which transactions are over,
-- who it is, and which transaction wrote a document.
SELECT bool_and(coalesce(has_function_privilege(f.oid, 'EXECUTE'), false))
       AND (SELECT has_column_privilege(c.oid, 'xmin', 'SELECT')
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = @schema AND c.relname = 'c_invoice')
FROM (VALUES (to_regprocedure('pg_catalog.txid_current_snapshot()')),
             (to_regprocedure('pg_catalog.age(xid)')),
             (to_regprocedure('pg_catalog.pg_control_system()')),
             (to_regprocedure('pg_catalog.pg_control_checkpoint()'))) AS f (oid)
