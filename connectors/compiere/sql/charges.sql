-- charges.sql: the names of the charges named.
SELECT charge.c_charge_id, charge.name
FROM c_charge charge
WHERE charge.c_charge_id = ANY (@ids::text[]::{{key}}[])
