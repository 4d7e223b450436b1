-- DOWN
DO $$
DECLARE
    lost text;
BEGIN
    -- Nobody may add a row between the count and the drop.
    LOCK TABLE u, t IN ACCESS EXCLUSIVE MODE;
    SELECT string_agg(number || ' ' || what, ', ') INTO lost
    FROM (
        SELECT count(*), 'rows of u' FROM u
        UNION ALL
        SELECT count(*), 'values of t.c' FROM t WHERE c IS NOT NULL
        UNION ALL
        SELECT count(*), 'values of t.b' FROM t WHERE b IS NOT NULL
    ) AS counted (number, what)
    WHERE number > 0;
    IF lost IS NOT NULL
        AND coalesce(current_setting('promptlib.allow_data_loss', true), '') <> 'on'
    THEN
        RAISE EXCEPTION 'this would delete %', lost
            USING HINT = 'back them up first if they matter; '
                'alembic -x allow_data_loss=on downgrade ... deletes them for good';
    END IF;
END
$$;

-- drops the table u: its rows are lost
DROP TABLE u;

-- drops the column c of t: its values are lost
ALTER TABLE t DROP COLUMN c;

-- drops the column b of t: its values are lost
ALTER TABLE t DROP COLUMN b;

ALTER TABLE t ALTER COLUMN a DROP DEFAULT;

DROP SEQUENCE u_numbers;
DROP SEQUENCE numbers;
DROP SEQUENCE "of c";
